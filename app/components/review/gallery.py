"""The page of the ranked list as images: which of them look wrong at a glance?

The same rows, filters, pages and tabs as the table's; a press on an image's button shows the row.
"""

from __future__ import annotations

from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components import pictures, reader
from finine_app.components.messages import plain
from finine_app.components.pressing import whole
from finine_app.components.review.row_table import Listing, decision_words, go_to
from finine_core import api

TABLE, GALLERY = "table", "gallery"
_WORDS = {GALLERY: ":material/grid_view: Gallery", TABLE: ":material/table_rows: Table"}


def wanted(run: api.Run) -> bool:
    """Whether the list is shown as images; asked only where there are some."""
    if not reader.has_images(run):
        return False
    chosen = st.segmented_control(
        "Show the rows as",
        list(_WORDS),
        default=GALLERY,
        required=True,
        format_func=_WORDS.__getitem__,
        key="shown_as",
        label_visibility="collapsed",
        bind="query-params",
    )
    return chosen == GALLERY


def draw(run: api.Run, listing: Listing) -> None:
    """The images of a page with label, prediction, μ and decision."""
    found = reader.thumbnails(run, listing.rows)
    cells = [
        pictures.Cell(
            str(line["row_number"]),
            found.get(int(line["row_number"])),
            _said(line),
            f"Row {line['row_number']}",
        )
        for line in listing.lines
    ]
    pictures.grid(cells, "gallery", whole(_show), str(state.selected_row()))


def _show(name: str) -> None:
    go_to(int(name), "")


def _said(line: dict[str, Any]) -> str:
    """Label, what the model says instead, μ and decision."""
    label = f"**{pictures.short(line['label'])}**"
    if line["label"] != line["predicted"]:
        label += f" → {pictures.short(line['predicted'])}?"
    decided = decision_words(line)
    return f"{label}  \nμ {line['mu']:.2f}" + (f"  \n{plain(decided)}" if decided else "")
