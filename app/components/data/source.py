"""Where does the data come from: a sample, an upload, or a file on this machine?

Each way ends in `state.choose_data_file`. Uploads are kept under `<home>/uploads`, by content, so
that the same file is stored once; a file on this machine is used where it lies, and never changed.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import BinaryIO

import streamlit as st

from finine_app import state
from finine_app.components.messages import plain, show_problem
from finine_core.access import require_choosable
from finine_core.errors import FinineError
from finine_core.files import HASH_CHUNK, make_private, write_atomically
from finine_sample_data import SAMPLES

SAMPLE, UPLOAD, PATH = "A sample", "Upload a file", "A file on this machine"
WAYS = {
    SAMPLE: "Try finine on data that comes with it.",
    UPLOAD: "A copy goes into finine's home; your file stays as it is.",
    PATH: "Used where it lies, and never changed.",
}
NAME_LETTERS = 100  # of an upload's file name; file systems take 255 bytes
_PROBLEM = "_data_source_problem"


def choose_source() -> None:
    """Three ways in, one shown at a time."""
    st.radio(
        "Where is your data?",
        list(WAYS),
        index=list(WAYS).index(_way_of(state.data_file())),
        captions=list(WAYS.values()),
        key="data_source",
        horizontal=True,
    )
    way = st.session_state["data_source"]
    if way == SAMPLE:
        _samples()
    elif way == UPLOAD:
        from finine_core.formats import FORMAT_NAMES

        st.file_uploader(
            f"{FORMAT_NAMES}, with a header that names the columns; or a zip with a folder of "
            "images per class",
            key="upload",
            on_change=_take_upload,
        )
    else:
        _path()
    problem = st.session_state.get(_PROBLEM)
    if problem is not None:
        show_problem(problem)


def save_upload(home: Path, name: str, content: BinaryIO) -> Path:
    """Keep an uploaded file as <home>/uploads/<first 12 of its sha256>/<name>.

    Raises:
        FinineError: its format is not known, or the home cannot be written.
    """
    from finine_core.formats import format_of

    safe = safe_name(name)
    format_of(Path(safe))
    digest = hashlib.sha256()
    content.seek(0)
    while chunk := content.read(HASH_CHUNK):
        digest.update(chunk)
    path = home / state.UPLOADS / digest.hexdigest()[:12] / safe
    try:
        make_private(path.parent)
        if not path.exists():
            content.seek(0)
            with write_atomically(path) as temporary, temporary.open("wb") as stream:
                while chunk := content.read(HASH_CHUNK):
                    stream.write(chunk)
    except OSError as error:
        raise FinineError(
            f"The upload cannot be kept in {home} ({error.strerror}).",
            "Choose another home: finine app --home FOLDER.",
        ) from error
    return path


def safe_name(name: str) -> str:
    """A file name without folders, white space or signs that a shell or URL would read.

    Examples:
        >>> safe_name("../my data (1).csv")
        'my_data_1.csv'
        >>> safe_name("….csv")
        'data.csv'
    """
    bare = Path(name.replace("\\", "/"))
    stem = re.sub(r"[^\w.-]+", "_", bare.stem).strip("._-")[:NAME_LETTERS]
    suffix = re.sub(r"[^\w.]", "", bare.suffix)
    return f"{stem or 'data'}{suffix}"


def _samples() -> None:
    chosen = state.data_file()
    for column, sample in zip(st.columns(len(SAMPLES)), SAMPLES.values(), strict=True):
        with column, st.container(border=True, height="stretch"):
            st.markdown(f"**{plain(sample.title)}**")
            st.write(plain(sample.description))
            st.caption(f"Predicts {plain(sample.label)} · {sample.rows:,} rows")
            is_chosen = chosen == sample.path
            st.button(
                "Chosen" if is_chosen else "Use this sample",
                key=f"sample_{sample.name}",
                icon=":material/check:" if is_chosen else None,
                type="secondary" if is_chosen else "primary",
                on_click=_choose,
                args=(sample.path,),
            )


def _path() -> None:
    from finine_core.formats import FORMAT_NAMES

    left, right = st.columns([5, 1], vertical_alignment="bottom")
    shown = state.data_file()
    left.text_input(
        f"Path of a {FORMAT_NAMES} file, of a folder of images by class, or of a folder from "
        "save_to_disk of the library datasets",
        value=str(shown) if shown and _way_of(shown) == PATH else "",
        key="data_path",
        placeholder="/home/you/reviews.csv",
        on_change=_take_path,
    )
    right.button("Use this file", key="use_path", on_click=_take_path, width="stretch")


def _choose(path: Path | None) -> None:
    st.session_state[_PROBLEM] = None
    if path != state.data_file():
        from finine_app.components.data.address import forget_choice

        state.choose_data(None)
        forget_choice()
    state.choose_data_file(path)


def _refuse(problem: FinineError) -> None:
    """Say what is wrong; an earlier file must not look as if it were the one asked for."""
    _choose(None)
    st.query_params.pop(state.DATA_IN_ADDRESS, None)
    st.session_state[_PROBLEM] = problem


def _take_upload() -> None:
    uploaded = st.session_state["upload"]
    if uploaded is None:  # taken out of the uploader; the copy in the home stays
        return
    try:
        _choose(save_upload(state.home(), uploaded.name, uploaded))
    except FinineError as error:
        _refuse(error)


def _take_path() -> None:
    text = st.session_state["data_path"].strip().strip("'\"")
    if not text:
        return
    try:
        path = Path(text).expanduser().resolve()
        require_choosable(path, state.data_roots())
        if not path.exists():
            raise FinineError(
                f"There is no file {path}.",
                "Check the path; it must be on the machine that runs finine.",
            )
    except (OSError, ValueError, RuntimeError) as error:  # too long, no access, no such user
        _refuse(FinineError(f"{text} is no path ({error}).", "Check it."))
    except FinineError as error:
        _refuse(error)
    else:
        _choose(path)


def _way_of(path: Path | None) -> str:
    if path is None or any(sample.path == path for sample in SAMPLES.values()):
        return SAMPLE
    return UPLOAD if path.is_relative_to(state.home() / state.UPLOADS) else PATH
