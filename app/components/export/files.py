"""Which files does an export have, what is each for, and what does its manifest say?

Also asks whether a copy for spreadsheets is wanted, with the reason why there is one.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import streamlit as st

from finine_core import api
from finine_core.curation.export import ExportResult
from finine_core.formats import is_image_tree

SHOWN_ITEMS = 20  # of a list in the manifest's preview; a browser is slow with 50,000 numbers
SPREADSHEET_SAFE, IMAGE_TREE = "spreadsheet_safe", "image_tree"  # keys of the boxes
_KEEPS = "Keeps the format, the columns and every byte that no decision is about."


def ask_spreadsheet_copy(run: api.Run) -> bool:
    """Whether a copy for spreadsheets is wanted; says how many cells it is about."""
    formulas = _formula_cells(run.run_id, run)
    if formulas:
        begins = "cell begins" if formulas == 1 else "cells begin"
        st.warning(
            f"**{formulas:,} {begins} like a formula** (with =, +, -, @, a tab or a line break). "
            "Opened in a spreadsheet, the cleaned file would show something else than the data "
            "there, or run it. The data itself is fine and is not changed.",
            icon=":material/table_chart:",
        )
    wanted = st.checkbox(
        "Add a copy that is safe to open in a spreadsheet",
        key=SPREADSHEET_SAFE,
        bind="query-params",
        help="In the copy an apostrophe stands before each cell that begins like a formula; "
        "numbers such as -3.5 stay numbers. It is UTF-8 with a byte order mark, so that Excel "
        "reads accents right. It is for looking at: train on the cleaned file.",
    )
    if not formulas:
        st.caption("No cell of this data begins like a formula, so no copy is needed.")
    return bool(wanted)


def ask_tree(data: Path) -> bool:
    """Whether the images themselves are wanted, too; asked only of a folder or zip of them."""
    if not is_image_tree(data):
        return False
    return bool(
        st.checkbox(
            "Add the images themselves, in a folder per class",
            key=IMAGE_TREE,
            bind="query-params",
            help="Copies of the images that are kept. One whose label was corrected lies in the "
            "folder of its new class. Without them the export has the list of the images alone.",
        )
    )


@st.cache_data(show_spinner=False, max_entries=8)
def _formula_cells(run_id: str, _run: api.Run) -> int:  # noqa: ARG001  the id is the cache's key
    return _run.formula_cells()


def show_files(result: ExportResult) -> None:
    """Each file of the export, in one line."""
    lines = [
        (result.cleaned, f"The data to train on. {_KEEPS}"),
        (result.removed, "The rows that were taken out, as they stood in the input."),
        (result.removed_scores, "Why they went: μ, rank, reason and who decided, per row."),
        (result.corrected_labels, "The corrected labels: old, new, reason and who decided."),
        (result.spreadsheet, f"To look at in a spreadsheet; {result.neutralised:,} cells differ."),
        (result.manifest, "What was done, by whom, from which file; `finine apply` reads it."),
    ]
    st.table(
        pd.DataFrame(
            {
                "What it is": [text for path, text in lines if path],
            },
            index=pd.Index([path.name for path, _ in lines if path], name="In the zip"),
        )
    )


def show_manifest(path: Path) -> None:
    """The manifest, its long lists cut."""
    with st.expander("The manifest", icon=":material/data_object:"):
        content = json.loads(path.read_text(encoding="utf-8"))
        st.json(_cut(content), expanded=1)
        st.caption(f"Of long lists the first {SHOWN_ITEMS} are shown; the file has all.")


def _cut(content: Any) -> Any:
    """The same with the first items of each list, and how many more there are.

    Examples:
        >>> _cut({"a": list(range(22))})["a"][-1]
        '… 2 more'
    """
    if isinstance(content, dict):
        return {name: _cut(value) for name, value in content.items()}
    if isinstance(content, list):
        rest = len(content) - SHOWN_ITEMS
        more = [f"… {rest:,} more"] if rest > 0 else []
        return [*(_cut(value) for value in content[:SHOWN_ITEMS]), *more]
    return content
