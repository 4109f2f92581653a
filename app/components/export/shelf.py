"""Where exports lie until they are downloaded: a folder of this process, gone when it is.

It lies among the machine's temporary files, readable by this user alone. A process that ends takes
it away; of one that was killed the next export does, which sees that nobody holds its lock.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import shutil
import tempfile
from pathlib import Path

import streamlit as st

PREFIX = "finine-export-"


def new_place() -> Path:
    """An empty folder for one export."""
    return Path(tempfile.mkdtemp(dir=_shelf()))


@st.cache_resource
def _shelf() -> Path:
    return open_shelf()


def open_shelf() -> Path:
    """Clear away what killed processes left, and make a folder that this one holds."""
    for left in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        if left.is_dir() and not left.is_symlink() and left.stat().st_uid == os.getuid():
            _drop_if_left(left)
    made = Path(tempfile.mkdtemp(prefix=PREFIX))
    fcntl.flock(os.open(made, os.O_RDONLY), fcntl.LOCK_EX)  # held as long as the process lives
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _drop_if_left(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder, ignore_errors=True)
    except BlockingIOError:
        pass  # its process lives
    finally:
        os.close(handle)
