"""How does a person take the rows of a list away, to look at them elsewhere?

A press writes them, as they stand in the input, into a temporary file; a second one downloads it.
Nothing is decided by it.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import streamlit as st

from finine_app import state
from finine_core import api
from finine_core.curation.export import file_ending
from finine_core.errors import FinineError

_READY = "_rows_ready"  # what was written, and for which rows


def take_rows(run: api.Run, key: str, total: int, **which: object) -> None:
    """Draw the button that writes the rows, then the one that downloads them.

    Args:
        key: of the place on the page.
        total: how many rows they are.
        which: as `Run.write_rows` takes it: where, target, rows.
    """
    asked = (run.run_id, key, total, str(which))
    ready = st.session_state.get(_READY)
    if ready is None or ready[0] != asked:
        st.button(
            f"Take {'this row' if total == 1 else f'these {total:,} rows'} away as a file",
            key=f"take_{key}",
            icon=":material/file_save:",
            type="tertiary",
            on_click=_write,
            args=(run, asked, which),
            help="In the format of your file, byte for byte. Nothing is decided by it.",
        )
        return
    st.download_button(
        f"Download {total:,} rows",
        data=_reader(ready[1]),
        file_name=ready[1].name,
        key=f"download_{key}",
        icon=":material/download:",
        on_click="ignore",
    )


def _write(run: api.Run, asked: Sequence[object], which: dict[str, object]) -> None:
    try:
        source = Path(run.record()["config"]["data"])
        folder = Path(tempfile.mkdtemp(prefix="finine-rows-"))
        out = folder / f"{run.run_id}-rows{file_ending(source)}"
        run.write_rows(out, **which)  # type: ignore[arg-type]
        if out.is_dir():  # a browser downloads files only
            out = Path(shutil.make_archive(str(out), "zip", folder, out.name))
    except FinineError as error:
        state.note_problem(error)
        return
    st.session_state[_READY] = (asked, out)


def _reader(path: Path) -> Callable[[], bytes]:
    return lambda: path.read_bytes()
