"""Which groups hurt and which help, at a glance? A forest plot: μ with its interval, line by line.

Takes groups with their influence, in the order to be shown; draws each as a sign on its interval.
Helping, hurting and neither differ by sign as well as by colour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from finine_app import theme
from finine_app.components.pressing import whole
from finine_app.components.words import number_words
from finine_core.influence import GroupInfluence

LINE_HEIGHT, HEAD_HEIGHT = 30, 84  # pixels
LABEL_LENGTH = 30  # letters of a name beside its line
PLAIN_SCALE = 3.0  # up to this |μ| the axis is even; beyond, it is compressed as asinh μ
TICKS = (0.0, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0, 1000.0)
CONFIG: dict[str, Any] = {"displayModeBar": False}
HURTS, HELPS, NEITHER = "▼ hurts", "▲ helps", "○ cannot be told from chance"


@dataclass(frozen=True)
class Line:
    """One group: its name as it stands, its influence, one of the three readings, its number."""

    name: str
    influence: GroupInfluence
    reading: str
    number: int


def reading_of(words: str) -> str:
    """The sign that goes with short words about a group.

    Examples:
        >>> reading_of("▼ hurts"), reading_of("cannot be told")
        ('▼ hurts', '○ cannot be told from chance')
    """
    return words if words in (HURTS, HELPS) else NEITHER


def forest(lines: Sequence[Line], *, key: str, pick: Callable[[int], None]) -> None:
    """Draw the groups, the first on top.

    Args:
        lines: what is shown.
        key: of the chart.
        pick: called with the number of a line that a person clicks on.
    """
    ends = np.array([[one.influence.low, one.influence.high] for one in lines])
    compressed = float(np.abs(ends).max()) > PLAIN_SCALE
    figure = go.Figure()
    figure.add_vline(x=0, line={"color": theme.QUIET_LINE, "dash": "dot", "width": 1.5})
    styles = {
        HURTS: ("triangle-down", theme.lines()[1]),
        HELPS: ("triangle-up", theme.lines()[0]),
        NEITHER: ("circle-open", theme.QUIET_LINE),
    }
    for reading, (symbol, colour) in styles.items():
        places = [place for place, one in enumerate(lines) if one.reading == reading]
        if places:
            figure.add_scatter(**_trace(lines, places, reading, symbol, colour, compressed))
    figure.update_layout(
        height=HEAD_HEIGHT + LINE_HEIGHT * len(lines),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={
            "title": "μ: hurts ◀ 0 ▶ helps" + (" (compressed beyond 1)" if compressed else ""),
            **_ticks(ends, compressed),
        },
        yaxis={
            "tickvals": list(range(len(lines))),
            "ticktext": [_label(one) for one in lines],
            "range": [len(lines) - 0.5, -0.5],
        },
        legend={"orientation": "h", "y": 1, "yanchor": "bottom", "x": 0},
        showlegend=True,
        clickmode="event+select",
        dragmode=False,
    )

    @whole
    def take() -> None:
        points = st.session_state[key].selection.points
        if points:
            pick(int(points[0]["customdata"][0]))

    said = "; ".join(
        f"{one.name}: {number_words(one.influence.mu, one.influence.mu)}, {one.reading[2:]}"
        for one in lines
    )
    st.plotly_chart(
        figure,
        key=key,
        config=CONFIG,
        on_select=take,
        selection_mode="points",
        alt=f"Influence of groups with intervals. {said}",
    )


def _trace(
    lines: Sequence[Line],
    places: Sequence[int],
    reading: str,
    symbol: str,
    colour: str,
    compressed: bool,
) -> dict[str, Any]:
    parts = [lines[place].influence for place in places]
    scale = np.arcsinh if compressed else np.asarray
    mu, low, high = (
        scale(np.array(values))
        for values in zip(*((one.mu, one.low, one.high) for one in parts), strict=True)
    )
    words = [
        f"{_cut(lines[place].name)}<br>μ {number_words(one.mu, one.mu)} "
        f"({number_words(one.low, one.mu)} … {number_words(one.high, one.mu)}), {one.rows:,} rows"
        for place, one in zip(places, parts, strict=True)
    ]
    return {
        "x": mu,
        "y": np.array(places),
        "error_x": {
            "type": "data",
            "symmetric": False,
            "array": high - mu,
            "arrayminus": mu - low,
            "color": colour,
            "thickness": 2,
            "width": 5,
        },
        "name": reading[2:],
        "mode": "markers",
        "marker": {"symbol": symbol, "size": 12, "color": colour, "line": {"width": 2}},
        "customdata": [[lines[place].number] for place in places],
        "text": words,
        "hovertemplate": "%{text}<extra></extra>",
    }


def _ticks(ends: np.ndarray, compressed: bool) -> dict[str, Any]:
    """Marks on the axis, at their true μ."""
    if not compressed:
        return {}
    shown = [sign * tick for tick in TICKS for sign in (-1, 1) if sign > 0 or tick > 0]
    shown = [tick for tick in shown if 1.5 * ends.min() <= tick <= 1.5 * ends.max()]
    return {"tickvals": np.arcsinh(shown), "ticktext": [f"{tick:g}" for tick in shown]}


def _label(one: Line) -> str:
    return f"{_cut(one.name)} · {one.influence.rows:,} rows"


def _cut(name: str) -> str:
    """A name for Plotly, which reads a little HTML in labels."""
    return escape(name if len(name) <= LABEL_LENGTH else name[: LABEL_LENGTH - 1] + "…")
