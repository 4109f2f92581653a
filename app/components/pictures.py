"""How are images shown? Thumbnails of a run's rows, beside their labels, alone or in a grid.

They come from the run's folder by row number; nothing that a browser sends is ever a path.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from finine_app.components import reader
from finine_app.components.messages import plain
from finine_core import api
from finine_core.formats.images.decoding import read_header

CELL = 112  # pixels: seven beside the details on a laptop, three on a telephone
LARGE, LARGEST = 256, 512  # pixels of the image in the details, least and most
LABEL_LETTERS = 14  # beneath an image; the whole label is in the details


@dataclass(frozen=True)
class Cell:
    """One image of a grid.

    Attributes:
        name: of its button, unique on the page.
        picture: None when there is none to show.
        said: its label, and what is to be told of it, in markdown.
        button: what its button says; none without.
    """

    name: str
    picture: bytes | None
    said: str
    button: str = ""


def grid(
    cells: Sequence[Cell],
    key: str,
    on_click: Callable[[str], None] | None = None,
    chosen: str = "",
) -> None:
    """Images side by side, as many in a line as there is room for.

    Args:
        on_click: called with the name of the cell whose button was pressed.
        chosen: the name of the one that is looked at.
    """
    _sharp(key)
    with st.container(horizontal=True, key=key, gap="small"):
        for cell in cells:
            with st.container(width=CELL, gap="xxsmall", key=f"{key}_{cell.name}"):
                _picture(cell.picture, CELL, f"Image {cell.name}")
                if cell.button:
                    st.button(
                        cell.button,
                        key=f"{key}_button_{cell.name}",
                        type="primary" if cell.name == chosen else "secondary",
                        on_click=on_click,
                        args=(cell.name,),
                        width="stretch",
                    )
                st.caption(cell.said)


def of_row(run: api.Run, row: int) -> None:
    """The image of a row itself; the run's small copy where the input has it no more."""
    itself = reader.image(run, row)
    small = reader.thumbnails(run, [row]).get(row) if itself is None else None
    _sharp("large_picture", LARGEST)
    with st.container(key="large_picture"):
        picture = itself or small
        wide = LARGE if picture is None else read_header(picture).width
        _picture(picture, min(max(wide, LARGE), LARGEST), f"Row {row}")
        if small is not None:
            st.caption("The run's small copy: the image itself is gone, or another now.")


def of_rows(run: api.Run, rows: Sequence[int], labels: Mapping[int, object], key: str) -> None:
    """Small copies of the images of some rows side by side."""
    found = reader.thumbnails(run, rows)
    grid(
        [
            Cell(str(row), found.get(row), f"**Row {row}**  \n{short(labels.get(row, ''))}")
            for row in rows
        ],
        key,
    )


def short(label: object) -> str:
    """A label beneath an image."""
    text = str(label)
    return plain(text if len(text) <= LABEL_LETTERS else text[: LABEL_LETTERS - 1] + "…")


def _picture(picture: bytes | None, width: int, said: str) -> None:
    if picture is None:
        st.caption(f":material/broken_image: {plain(said)}: no image")
    else:
        st.image(picture, width=width)


def _sharp(key: str, most: int = LARGE) -> None:
    """Tiny images are shown with the pixels they have, not washed out; all on one height."""
    st.html(
        f"<style>.st-key-{key} img {{image-rendering: pixelated; object-fit: contain;"
        f" max-height: {most}px; background: rgba(127,127,127,0.12)}}</style>"
    )
