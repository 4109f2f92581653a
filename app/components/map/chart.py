"""How are the rows drawn on the map: where they lie, coloured by what is asked for?

Takes the table of points and the places to draw; gives one WebGL figure. Whatever has a colour has
a sign or a number too.
"""

from __future__ import annotations

from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
from numpy.typing import NDArray

from finine_app import theme

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
# Streamlit tells of clicked points only while dragging moves the map.
DRAW, CLICK = "draw", "click"
MOUSE = {DRAW: "draws around rows", CLICK: "picks a row, moves the map"}
_SIGNED = [[0.0, theme.HURTS], [0.5, "#9A9A9A"], [1.0, theme.HELPS]]  # grey is seen on both grounds
_OTHER = "other labels"
_DECISIONS = {
    "": ("undecided", 8, "circle"),
    "delete": ("🗑 delete", 4, "x"),
    "keep": ("✓ keep", 2, "square"),
    "review": ("? review", 1, "diamond"),
    "relabel": ("label corrected", 3, "triangle-up"),
}
_LABEL_LETTERS = 24


def figure(
    frame: pd.DataFrame,
    places: NDArray[np.int64],
    said: list[str],
    colour: str,
    target: str,
    *,
    mouse: str = DRAW,
    outline: NDArray[np.floating] | None = None,
    chosen: int | None = None,
) -> go.Figure:
    """The map.

    Args:
        frame: as `points.load` gives it.
        places: which of its lines are drawn.
        said: the beginning of their content.
        colour: one of `COLOURS`.
        mouse: one of `MOUSE`: what dragging does.
        outline: corners of the selected area.
        chosen: the place of the row that is looked at.
    """
    drawn = frame.iloc[places].assign(said=said)
    found = go.Figure()
    if colour in ("mu", "loss"):
        _by_number(found, drawn, frame, colour, target)
    else:
        for name, mask, hue, symbol in _kinds(drawn, colour):
            if mask.any():
                found.add_trace(_points(drawn[mask], name, {"color": hue, "symbol": symbol}))
    if outline is not None:
        path = " L ".join(f"{x:.6g},{y:.6g}" for x, y in outline)
        found.add_shape(
            type="path", path=f"M {path} Z", line={"color": _ink(), "width": 1.5, "dash": "dot"},
            fillcolor=theme.translucent("#7F7F7F"), layer="below",
        )  # fmt: skip
    if chosen is not None:
        _ring(found, frame.iloc[chosen])
    found.update_layout(
        height=HEIGHT,
        margin={"l": 4, "r": 4, "t": 36, "b": 4},  # room for the tools above
        dragmode="pan" if mouse == CLICK else "lasso",
        hovermode="closest",
        xaxis={"visible": False},
        yaxis={"visible": False},
        showlegend=colour not in ("mu", "loss"),
        legend={"orientation": "h", "y": 0, "yanchor": "top", "x": 0, "itemsizing": "constant"},
    )
    return found


def _by_number(
    found: go.Figure, drawn: pd.DataFrame, frame: pd.DataFrame, colour: str, target: str
) -> None:
    signed = colour == "mu" and target != "self"
    column = "mu" if colour == "mu" else "mean_loss"
    most = float(frame[column].abs().quantile(SCALE_QUANTILE)) or 1.0
    marker = {
        "color": drawn[column].to_numpy(dtype=np.float32),
        "cmin": -most if signed else 0.0,
        "cmax": most,
        "colorscale": _SIGNED if signed else theme.MAGNITUDE,
        "colorbar": {
            "title": {
                "text": "μ: − hurts, + helps" if signed else COLOURS[colour],
                "side": "right",
            },
            "thickness": 12,
        },
    }
    found.add_trace(_points(drawn, COLOURS[colour], marker))


def _kinds(drawn: pd.DataFrame, colour: str) -> list[tuple[str, pd.Series, str, str]]:
    """Name, rows, colour and sign of each kind; the quiet ones first, so that others lie above."""
    hues = theme.lines()
    if colour == "disagree":
        differ = drawn["label"] != drawn["predicted"]
        return [
            ("the model agrees", ~differ, hues[0], "circle"),
            ("label ≠ prediction", differ, hues[1], "x"),
        ]
    if colour == "decision":
        return [
            (name, drawn["decision"] == word, theme.OKABE_ITO[hue], symbol)
            for word, (name, hue, symbol) in _DECISIONS.items()
        ]
    labels = drawn["label"].value_counts().index[:MOST_LABELS]
    kinds = [(_OTHER, ~drawn["label"].isin(labels), theme.OKABE_ITO[8], "circle-open")]
    for place, label in enumerate(labels):
        kinds.append((str(label), drawn["label"] == label, hues[place], theme.SYMBOLS[place]))
    return kinds


def _points(drawn: pd.DataFrame, name: str, marker: dict[str, Any]) -> go.Scattergl:
    short = name if len(name) <= _LABEL_LETTERS else name[: _LABEL_LETTERS - 1] + "…"
    return go.Scattergl(
        x=drawn["x"].to_numpy(dtype=np.float32),
        y=drawn["y"].to_numpy(dtype=np.float32),
        mode="markers",
        name=escape(short) or "(empty)",
        customdata=drawn["row_number"].to_numpy(dtype=np.int32),
        text=[
            f"row {row} · {escape(str(label))}<br>μ {mu:.3g}<br>{escape(words)}"
            for row, label, mu, words in zip(
                drawn["row_number"], drawn["label"], drawn["mu"], drawn["said"], strict=True
            )
        ],
        hovertemplate="%{text}<extra></extra>",
        marker={"size": 6, "opacity": 0.8, **marker},
    )


def _ring(found: go.Figure, line: pd.Series) -> None:
    found.add_annotation(
        x=float(line["x"]), y=float(line["y"]), text=f"<b>row {line['row_number']}</b>",
        showarrow=True, arrowhead=2, arrowwidth=1.5, arrowcolor=_ink(), ax=30, ay=-34,
        bgcolor=theme.GROUND_DARK if theme.is_dark() else theme.GROUND_LIGHT,
        font={"color": _ink()}, bordercolor=_ink(), borderpad=3,
    )  # fmt: skip


def _ink() -> str:
    return "#dddddd" if theme.is_dark() else "#333333"
