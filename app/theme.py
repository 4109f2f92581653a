"""Colours and shapes, chosen so that no meaning hangs on colour alone.

Categories: Okabe–Ito, told apart with the common colour-vision deficiencies; magnitude: Cividis;
signed μ: blue (helps) to orange (hurts).
"""

from __future__ import annotations

import numpy as np
import streamlit as st
from PIL import Image

OKABE_ITO = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00",
    "#56B4E9", "#F0E442", "#000000", "#7F7F7F", "#882255",
)  # fmt: skip
DASHES = ("solid", "dash", "dot", "dashdot", "longdash", "longdashdot")
SYMBOLS = ("circle", "square", "diamond", "triangle-up", "cross", "x", "star", "hexagon")
HELPS, HURTS = "#0072B2", "#D55E00"
MAGNITUDE = "Cividis"
# Decisions carry a word and a sign beside their colour.
DECISION_SIGN = {
    "delete": "✕ delete", "keep": "✓ keep", "review": "? review", "relabel": "✎ relabel", "": "",
}  # fmt: skip


# Lines of a curve on a light and on a dark ground: Okabe–Ito hues, shifted where needed so that
# each has a contrast of 3:1 or more on its ground.
GROUND_LIGHT, GROUND_DARK = "#FFFFFF", "#0E1117"
LINES_LIGHT = (
    "#0072B2", "#D55E00", "#008060", "#B0508C", "#A06A00",
    "#3A87B7", "#7F7F7F", "#882255", "#7A7A00", "#222222",
)  # fmt: skip
LINES_DARK = (
    "#56B4E9", "#FF8A4C", "#2BC59B", "#E39AC4", "#E69F00",
    "#9FB4FF", "#B0B0B0", "#E5727F", "#F0E442", "#FFFFFF",
)  # fmt: skip
QUIET_LINE = "rgba(127,127,127,0.75)"  # guides; seen on both grounds
BAND_OPACITY = 0.18


def is_dark() -> bool:
    """Whether the reader's browser shows the dark theme."""
    return st.context.theme.type == "dark"


def lines() -> tuple[str, ...]:
    """Line colours for the reader's theme, one for each of up to ten rows."""
    return LINES_DARK if is_dark() else LINES_LIGHT


def translucent(colour: str, opacity: float = BAND_OPACITY) -> str:
    """A colour for an area behind lines.

    Examples:
        >>> translucent("#0072B2")
        'rgba(0,114,178,0.18)'
    """
    red, green, blue = (int(colour[i : i + 2], 16) for i in (1, 3, 5))
    return f"rgba({red},{green},{blue},{opacity})"


def icon() -> Image.Image:
    """The sign in the browser's tab, a funnel.

    It is drawn here because Streamlit has the browser fetch its own icons from another server.
    """
    y, x = np.mgrid[:32, :32]
    half = np.where(y < 18, 14 - 0.72 * (y - 4), 3.5)  # of the funnel's width, at each height
    inside = (abs(x - 15.5) <= half) & (y >= 4) & (y < 28)
    red, green, blue = (int(LINES_LIGHT[0][i : i + 2], 16) for i in (1, 3, 5))
    pixels = np.where(inside[..., None], [red, green, blue, 255], 0).astype(np.uint8)
    return Image.fromarray(pixels)


def focus_ring() -> None:
    """Show where the keyboard is on links too: Streamlit draws a ring around buttons alone."""
    st.html(
        "<style>a:focus-visible"
        " {outline: 2px solid currentColor !important; outline-offset: 2px}</style>"
    )


def compact() -> None:
    """Give a page with a table and details beside it the room that wide margins would take."""
    st.html(
        "<style>.stMainBlockContainer {padding: 3.2rem 2rem 2rem}"
        " .stMainBlockContainer h1 {font-size: 1.75rem; padding: 0.2rem 0; line-height: 1.3}"
        "</style>"
    )


def side_by_side(key: str, narrowest: str) -> None:
    """Let the columns in the container `key` go below each other when they get narrow.

    Args:
        key: of a container that holds st.columns.
        narrowest: the least width of a column, as CSS; Streamlit itself only stacks columns on
            telephones.
    """
    row = f'.st-key-{key} > div > [data-testid="stHorizontalBlock"]'
    row = f'{row}, .st-key-{key} > [data-testid="stHorizontalBlock"]'
    columns = ", ".join(f'{one.strip()} > [data-testid="stColumn"]' for one in row.split(","))
    st.html(
        f"<style>{row} {{flex-wrap: wrap}} {columns} {{min-width: min(100%, {narrowest})}}</style>"
    )
