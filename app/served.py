"""The app as its server sees it: Streamlit's pages, behind the gate, with our script in them."""

from __future__ import annotations

import os
import socket
from pathlib import Path
from urllib.parse import urlsplit

import streamlit as st
from starlette.middleware import Middleware

from finine_app.early import Early
from finine_app.gate import LOCAL_NAMES, Gate
from finine_core.access import ADDRESS_VARIABLE, WILDCARDS, login_origin
from finine_core.runs.home import default_home


def _gate() -> Middleware:
    """The gate for the address that `finine app` was given, and for the login's."""
    address = os.environ.get(ADDRESS_VARIABLE, LOCAL_NAMES[0])
    everywhere = address in WILDCARDS
    hosts = {*LOCAL_NAMES, address}
    if everywhere:
        hosts |= {socket.gethostname(), socket.getfqdn()}
    origin = login_origin(default_home())
    if origin:
        hosts.add(urlsplit(origin).hostname or "")
    return Middleware(Gate, hosts=hosts, origins=[origin] if origin else [], addresses=everywhere)


app = st.App(Path(__file__).with_name("main.py"), middleware=[_gate(), Middleware(Early)])
