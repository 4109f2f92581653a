"""What does this browser remember from one visit to the next: who decides, and the tour's end?

A browser reload empties Streamlit's session, and the address is shared with others. So what is
about the person lies in cookies of this site, which only they send. Nothing secret is kept there.
"""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

import streamlit as st

PREFIX = "finine_"
YEAR_SECONDS = 365 * 24 * 3600
_NEW = "_new_cookies"


def remembered(name: str) -> str:
    """What was kept under a name; '' when nothing was."""
    new = st.session_state.get(_NEW, {})
    if name in new:
        return str(new[name])
    return unquote(st.context.cookies.get(PREFIX + name, ""))


def remember(name: str, value: str) -> None:
    """Keep a value; written to the browser when the page is drawn."""
    st.session_state[_NEW] = {**st.session_state.get(_NEW, {}), name: value}


def write_cookies() -> None:
    """Send what is new to the browser. Once a page."""
    new = st.session_state.get(_NEW, {})
    if new:
        lines = "".join(f"document.cookie = {_cookie(*one)};" for one in new.items())
        st.html(f"<script>{lines}</script>", unsafe_allow_javascript=True)


def _cookie(name: str, value: str) -> str:
    """A JavaScript string; percent signs leave no letter that could end it or the script.

    Examples:
        >>> _cookie("reviewer", "</script>;é")
        '"finine_reviewer=%3C%2Fscript%3E%3B%C3%A9; path=/; max-age=31536000; SameSite=Strict"'
    """
    return json.dumps(
        f"{PREFIX}{name}={quote(value, safe='')}; path=/; max-age={YEAR_SECONDS}; SameSite=Strict"
    )
