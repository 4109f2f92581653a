"""Are these the images that were meant? Some of them with their labels, before anything is trained.

Takes a path and the chosen columns; the images are read where they lie, by the same code that a run
reads them with.
"""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from finine_app.components import pictures
from finine_app.components.data.file_facts import KEPT_FILES, FileFacts, Label, stamp
from finine_app.components.messages import show_problem
from finine_core.dataset.preview import some_images
from finine_core.errors import FinineError

SHOWN = 14  # two lines on a laptop


def show_images(path: Path, facts: FileFacts, image: str, label: Label) -> bool:
    """A grid of images from all over the data; gives whether damaged ones are to be left out."""
    st.subheader("Images")
    found = _some(str(path), image, label, *stamp(path))
    if isinstance(found, FinineError):
        show_problem(found)
    else:
        cells = [
            pictures.Cell(str(row), picture, pictures.short(said)) for row, said, picture in found
        ]
        pictures.grid(cells, "data_images")
        st.caption(f"{len(found):,} of {facts.rows:,} images, from all over the data.")
    return st.checkbox(
        "Leave damaged images out of the run",
        key="skip_corrupt",
        bind="query-params",
        help="Otherwise a run with damaged images does not begin, and each of them is named. Rows "
        "left out get no μ; they stay in the exported file.",
    )


@st.cache_resource(max_entries=KEPT_FILES, show_spinner="Looking at the images…")
def _some(
    path: str,
    image: str,
    label: Label,
    changed: int,  # noqa: ARG001
    size: int,  # noqa: ARG001
) -> list[tuple[int, object, bytes | None]] | FinineError:
    try:
        return some_images(Path(path), image, label, SHOWN)
    except FinineError as error:
        return error
