"""How are images shown? Thumbnails of a run's rows, beside their labels, alone or in a grid.

They come from the run's folder by row number; nothing that a browser sends is ever a path.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import streamlit as st

from finine_app.components.messages import plain

CELL = 112  # pixels: seven beside the details on a laptop, three on a telephone
LARGE = 256  # pixels of the image in the details
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


def large(picture: bytes | None, said: str) -> None:
    """One image, as large as the details have room for."""
    _sharp("large_picture")
    with st.container(key="large_picture"):
        _picture(picture, LARGE, said)


def short(label: object) -> str:
    """A label beneath an image."""
    text = str(label)
    return plain(text if len(text) <= LABEL_LETTERS else text[: LABEL_LETTERS - 1] + "…")


def _picture(picture: bytes | None, width: int, said: str) -> None:
    if picture is None:
        st.caption(f":material/broken_image: {plain(said)}: no image")
    else:
        st.image(picture, width=width)


def _sharp(key: str) -> None:
    """Tiny images are shown with the pixels they have, not washed out; all on one height."""
    st.html(
        f"<style>.st-key-{key} img {{image-rendering: pixelated; object-fit: contain;"
        " max-height: 16rem; background: rgba(127,127,127,0.12)}</style>"
    )
