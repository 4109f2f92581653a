"""How are the rows drawn on the map: where they lie, coloured by what is asked for?

Takes the points and the places to draw; gives one WebGL figure, its numbers as typed arrays.
Whatever has a colour has a sign or a number too.
"""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from finine_app import theme
from finine_app.components.map.points import DECISIONS, Points

HEIGHT = 560  # pixels
MOST_LABELS = len(theme.SYMBOLS)  # further ones share a sign: more cannot be told apart
SCALE_QUANTILE = 0.99  # a few extreme rows would leave one colour for all others
COLOURS = {
    "mu": "influence μ",
    "label": "label",
    "decision": "decision",
    "loss": "mean loss",
    "disagree": "label ≠ prediction",
}
# The same where a number is learned.
NUMBER_COLOURS = {**COLOURS, "disagree": "error (predicted − given)"}
# Streamlit tells of clicked points only while dragging moves the map.
DRAW, CLICK = "draw", "click"
MOUSE = {DRAW: "draws around rows", CLICK: "picks a row, moves the map"}
_SIGNED = [[0.0, theme.HURTS], [0.5, "#9A9A9A"], [1.0, theme.HELPS]]  # grey is seen on both grounds
_SIGNED_MU = "μ: − hurts, + helps"
_OTHER = "other labels"
_DECISIONS = {
    "": ("undecided", 8, "circle"),
    "delete": ("✕ delete", 4, "x"),
    "keep": ("✓ keep", 2, "square"),
    "review": ("? review", 1, "diamond"),
    "relabel": ("label corrected", 3, "triangle-up"),
}
_LABEL_LETTERS = 24
# What else is said of the point under the mouse.
_MORE = {
    "mu": "", "label": "", "loss": "<br>mean loss %{marker.color:.3g}",
    "decision": "<br>%{fullData.name}", "disagree": "<br>%{fullData.name}",
}  # fmt: skip
_NUMBERS = {
    "label": "<br>given %{marker.color:.5g}",
    "disagree": "<br>predicted − given %{marker.color:+.4g}",
}
# Contents under the mouse are sent for every point; more letters would be most of what the page
# sends, and most of the server's time.
HOVER_LETTERS, PREVIEW_LETTERS, LEAST_PREVIEW = 150_000, 40, 12
EXACT_FLOAT32 = 2**24  # whole numbers from here on need more than 32 bits
Window = tuple[float, float, float, float]  # what is seen: x from, to, y from, to


def preview_letters(points: int) -> int:
    """How many letters of its content are sent for each of so many points.

    Examples:
        >>> preview_letters(1000), preview_letters(10_000), preview_letters(20_000)
        (40, 15, 0)
    """
    each = min(HOVER_LETTERS // max(points, 1), PREVIEW_LETTERS)
    return each if each >= LEAST_PREVIEW else 0


def figure(
    known: Points,
    places: NDArray[np.int64],
    decided: NDArray[np.int8],
    said: NDArray[np.object_] | None,
    colour: str,
    target: str,
    *,
    mouse: str = DRAW,
    outline: NDArray[np.floating] | None = None,
    chosen: int | None = None,
    window: Window | None = None,
) -> go.Figure:
    """The map.

    Args:
        known: every training row.
        places: which of them are drawn.
        decided: on every row, as its place in `DECISIONS`.
        said: the beginning of the drawn rows' content; None where that would be too much.
        colour: one of `COLOURS`.
        mouse: one of `MOUSE`: what dragging does.
        outline: corners of the selected area.
        chosen: the place of the row that is looked at.
        window: the part of the map that is seen; None for all.
    """
    values = _values(known, colour)
    more = _MORE[colour] if colour not in _NUMBERS or values is None else _NUMBERS[colour]
    traces = [
        trace
        for name, mask, marker in _kinds(known, places, decided, colour)
        for trace in _points(known, places, mask, said, name, marker, more, values)
    ]
    axis = {"visible": False, "type": "linear"}
    seen = (None, None) if window is None else (list(window[:2]), list(window[2:]))
    layout: dict[str, Any] = {
        "height": HEIGHT,
        "margin": {"l": 4, "r": 4, "t": 36, "b": 4},  # room for the tools above
        "dragmode": "pan" if mouse == CLICK else "lasso",
        "hovermode": "closest",
        "xaxis": {**axis, "range": seen[0]},
        "yaxis": {**axis, "range": seen[1]},
        "showlegend": values is None,
        "legend": {"orientation": "h", "y": 0, "yanchor": "top", "x": 0, "itemsizing": "constant"},
    }
    if values is not None:
        layout["coloraxis"] = _scale(values, colour, target, colours(known)[colour])
    if outline is not None:
        path = " L ".join(f"{x:.6g},{y:.6g}" for x, y in outline)
        layout["shapes"] = [
            {
                "type": "path", "path": f"M {path} Z", "layer": "below",
                "line": {"color": _ink(), "width": 1.5, "dash": "dot"},
                "fillcolor": theme.translucent("#7F7F7F"),
            }
        ]  # fmt: skip
    if chosen is not None:
        layout["annotations"] = [_ring(known, chosen)]
    return go.Figure({"data": traces, "layout": layout})


def colours(known: Points) -> dict[str, str]:
    """What the points can be coloured by."""
    return COLOURS if known.number is None else NUMBER_COLOURS


def _values(known: Points, colour: str) -> NDArray[np.float64] | None:
    """The numbers that are shown as colours; None where kinds are."""
    return {
        "mu": known.mu, "loss": known.mean_loss, "label": known.number, "disagree": known.error
    }.get(colour)  # fmt: skip


def _scale(values: NDArray[np.floating], colour: str, target: str, title: str) -> dict[str, Any]:
    """The colours of numbers; its ends hold for all rows and not only for the drawn ones."""
    hurts_or_helps = colour == "mu" and target != "self"
    signed = hurts_or_helps or colour == "disagree"
    most = float(np.quantile(np.abs(values), SCALE_QUANTILE)) or 1.0
    least = 0.0
    if colour == "label":  # a number of the data, which may begin anywhere
        least, most = np.quantile(values, [1 - SCALE_QUANTILE, SCALE_QUANTILE]).tolist()
    return {
        "cmin": -most if signed else least,
        "cmax": most,
        "colorscale": _SIGNED if signed else theme.MAGNITUDE,
        "colorbar": {
            "title": {"text": _SIGNED_MU if hurts_or_helps else title, "side": "right"},
            "thickness": 12,
        },
    }


def _kinds(
    known: Points, places: NDArray[np.int64], decided: NDArray[np.int8], colour: str
) -> list[tuple[str, NDArray[np.bool_], dict[str, Any]]]:
    """Name, rows and marker of each kind; the quiet ones first, so that others lie above."""
    hues = theme.lines()
    label = known.label[places]
    if _values(known, colour) is not None:
        return [(colours(known)[colour], np.ones(len(places), dtype=bool), {})]
    if colour == "disagree":
        differs = known.differs[places]
        return [
            ("the model agrees", ~differs, {"color": hues[0], "symbol": "circle"}),
            ("label ≠ prediction", differs, {"color": hues[1], "symbol": "x"}),
        ]
    if colour == "decision":
        codes = decided[places]
        return [
            (
                name,
                codes == DECISIONS.index(word),
                {"color": theme.OKABE_ITO[hue], "symbol": symbol},
            )
            for word, (name, hue, symbol) in _DECISIONS.items()
        ]
    other = {"color": theme.OKABE_ITO[8], "symbol": "circle-open"}
    return [
        (_OTHER, label >= MOST_LABELS, other),
        *(
            (name, label == place, {"color": hues[place], "symbol": theme.SYMBOLS[place]})
            for place, name in enumerate(known.labels[:MOST_LABELS])
        ),
    ]


def _points(
    known: Points,
    places: NDArray[np.int64],
    mask: NDArray[np.bool_],
    said: NDArray[np.object_] | None,
    name: str,
    marker: dict[str, Any],
    more: str,
    values: NDArray[np.floating] | None,
) -> Iterator[dict[str, Any]]:
    """The points of one kind: a trace for each label, so that no point has to carry its label.

    The most frequent label comes first: the rare ones lie above it. `values`, of all rows, are
    coloured along the figure's scale.
    """
    label = np.minimum(known.label[places], MOST_LABELS)
    present = np.unique(label[mask])
    for one in present:
        within = mask & (label == one)
        part = places[within]
        rows = known.row_number[part]
        exact = np.float32 if rows.max() < EXACT_FLOAT32 else np.float64
        if values is not None:
            marker = {"color": values[part].astype(np.float32), "coloraxis": "coloraxis"}
        words = _hover_words(known, part, None if said is None else said[within], one)
        shown = "%{text}" if one == MOST_LABELS else _literal(known.labels[one])
        below = "" if words is None or one == MOST_LABELS else "<br>%{text}"
        yield {
            "type": "scattergl",
            "x": known.places[part, 0],
            "y": known.places[part, 1],
            "mode": "markers",
            "name": escape(_cut(name)) or "(empty)",
            "legendgroup": escape(name),
            "showlegend": bool(one == present[0]),
            "customdata": np.column_stack([rows, known.mu[part]]).astype(exact),
            "text": words,
            "hovertemplate": f"row %{{customdata[0]:d}} · {shown}<br>μ %{{customdata[1]:.3g}}"
            f"{more}{below}<extra></extra>",
            "marker": {"size": 6, "opacity": 0.8, **marker},
        }


def _hover_words(
    known: Points, part: NDArray[np.int64], said: NDArray[np.object_] | None, label: int
) -> list[str] | None:
    """What is written at each point itself: its content, and its label where that is a rare one."""
    contents = None if said is None else [escape(one) for one in said]
    if label < MOST_LABELS:
        return contents
    labels = [escape(_cut(known.labels[one])) for one in known.label[part]]
    if contents is None:
        return labels
    return [f"{one}<br>{content}" for one, content in zip(labels, contents, strict=True)]


def _literal(label: str) -> str:
    """A label in a template for the mouse, where braces would ask for a value."""
    return escape(_cut(label)).replace("{", "&#123;") or "(empty)"


def _cut(words: str) -> str:
    return words if len(words) <= _LABEL_LETTERS else words[: _LABEL_LETTERS - 1] + "…"


def _ring(known: Points, chosen: int) -> dict[str, Any]:
    x, y = known.places[chosen]
    return {
        "x": float(x), "y": float(y), "text": f"<b>row {known.row_number[chosen]}</b>",
        "showarrow": True, "arrowhead": 2, "arrowwidth": 1.5, "arrowcolor": _ink(),
        "ax": 30, "ay": -34, "font": {"color": _ink()}, "bordercolor": _ink(), "borderpad": 3,
        "bgcolor": theme.GROUND_DARK if theme.is_dark() else theme.GROUND_LIGHT,
    }  # fmt: skip


def _ink() -> str:
    return "#dddddd" if theme.is_dark() else "#333333"
