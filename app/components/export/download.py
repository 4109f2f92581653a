"""How does the cleaned data leave? As a zip that the core makes, or by commands to copy.

The export is made into a temporary folder of this process and packed; the download reads it from
disk when it is clicked. A prepared zip is offered only as long as no decision was made after it
and the copy for spreadsheets is wanted or not, as it was then.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from finine_app import state
from finine_app.components.commands import apply_command, export_command
from finine_app.components.export.files import (
    IMAGE_TREE,
    SPREADSHEET_SAFE,
    ask_spreadsheet_copy,
    ask_tree,
    show_files,
    show_manifest,
)
from finine_app.components.messages import plain, show_problem
from finine_app.components.pressing import whole
from finine_core import api
from finine_core.curation.export import ExportResult, zip_export
from finine_core.errors import FinineError

_PREPARED, _PROBLEM, _DATA = "_prepared", "_export_problem", "export_data"


@dataclass(frozen=True)
class Prepared:
    """A zip on disk, and what it was made from: which decisions (by the log's newest event)."""

    run_id: str
    decisions: int
    verified: int
    spreadsheet_safe: bool
    tree: bool
    path: Path
    result: ExportResult


def download(run: api.Run) -> None:
    """The button that makes the zip, and then the one that downloads it."""
    moved = _moved_input(run)
    spreadsheet_safe = ask_spreadsheet_copy(run)
    tree = ask_tree(moved or Path(run.record()["config"]["data"]))
    prepared = _prepared(run, spreadsheet_safe, tree)
    st.button(
        "Prepare the download" if prepared is None else "Prepare it again",
        key="prepare_export",
        type="primary" if prepared is None else "secondary",
        icon=":material/inventory_2:",
        on_click=whole(_prepare),
        args=(run,),
    )
    if (problem := st.session_state.pop(_PROBLEM, None)) is not None:
        show_problem(problem)
    if prepared is not None:
        result = prepared.result
        corrected = result.labels_corrected
        labels = "label is" if corrected == 1 else "labels are"
        st.success(
            f"Ready: {result.rows_after:,} rows stay, {result.rows_removed:,} are taken out, "
            f"{corrected:,} {labels} corrected.",
            icon=":material/check_circle:",
        )
        st.download_button(
            "Download the zip",
            data=_reader(prepared.path),
            file_name=f"{run.run_id}-cleaned.zip",
            mime="application/zip",
            key="download_zip",
            type="primary",
            icon=":material/download:",
            on_click="ignore",
        )
        show_files(result)
        show_manifest(result.manifest)
    _commands(run, moved, spreadsheet_safe, tree)


def _moved_input(run: api.Run) -> Path | None:
    """Where the input is now, when it is not where the run found it."""
    original = Path(run.record()["config"]["data"])
    if original.exists() and not st.session_state.get(_DATA):
        with st.expander("The input file has been moved?", icon=":material/drive_file_move:"):
            text = _ask_path(original)
    else:
        if not original.exists():
            st.warning(f"The input is no longer at {plain(original)}. Say where it is now.")
        text = _ask_path(original)
    return _path(text)


def _path(text: str) -> Path | None:
    return Path(text.strip()).expanduser() if text.strip() else None


def _ask_path(original: Path) -> str:
    return st.text_input(
        "Where the input file is now",
        key=_DATA,
        placeholder=str(original),
        help="It must be the very file of the run; finine compares its SHA-256.",
    )


def _prepared(run: api.Run, spreadsheet_safe: bool, tree: bool) -> Prepared | None:
    found = st.session_state.get(_PREPARED)
    if found is None or found.run_id != run.run_id or not found.path.is_file():
        return None
    as_wanted = (run.log.version(), _verified(run), spreadsheet_safe, tree)
    made = (found.decisions, found.verified, found.spreadsheet_safe, found.tree)
    return found if made == as_wanted else None


def _verified(run: api.Run) -> int:
    """By how many retrainings the removal is verified; the manifest tells of it."""
    found = run.verification()
    return 0 if found is None else found.repeats


def _prepare(run: api.Run) -> None:
    # What stands in the fields when the button is pressed; the page may not have drawn it yet.
    data = _path(str(st.session_state.get(_DATA) or ""))
    spreadsheet_safe = bool(st.session_state.get(SPREADSHEET_SAFE))
    tree = bool(st.session_state.get(IMAGE_TREE))
    old = st.session_state.pop(_PREPARED, None)
    if old is not None:
        shutil.rmtree(old.path.parent, ignore_errors=True)
    # before the export: a decision or a training meanwhile makes it stale
    decisions, verified = run.log.version(), _verified(run)
    try:
        out = Path(tempfile.mkdtemp(dir=_shelf().name))
        result = run.export(
            out, data=data, spreadsheet_safe=spreadsheet_safe, tree="copy" if tree else None
        )
        path = zip_export(out)
    except FinineError as error:
        st.session_state[_PROBLEM] = error
        return
    except OSError as error:
        st.session_state[_PROBLEM] = FinineError(
            f"The export cannot be written ({error.strerror}).", "Make room, or use the command."
        )
        return
    st.session_state[_PREPARED] = Prepared(
        run.run_id, decisions, verified, spreadsheet_safe, tree, path, result
    )


@st.cache_resource
def _shelf() -> tempfile.TemporaryDirectory[str]:
    """One temporary folder for all exports of this process, removed when it ends."""
    return tempfile.TemporaryDirectory(prefix="finine-export-")


def _reader(path: Path) -> Callable[[], bytes]:
    """What the download calls: it knows only a path, because it runs outside the page."""
    return path.read_bytes


def _commands(run: api.Run, moved: Path | None, spreadsheet_safe: bool, tree: bool) -> None:
    st.subheader("The same on the command line")
    original = Path(run.record()["config"]["data"])
    st.write("Write the export into a folder:")
    command = export_command(run.run_id, state.home(), moved, spreadsheet_safe, tree)
    st.code(command, language="bash", wrap_lines=True)
    st.write("Rebuild the cleaned file elsewhere, bit for bit, from the original and the manifest:")
    st.code(apply_command(moved or original), language="bash", wrap_lines=True)
