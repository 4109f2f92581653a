"""Small charts of counts, readable without colour: signs, hatches and numbers help."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from finine_app.theme import OKABE_ITO

SHOWN_CLASSES = 20  # more bars cannot be read; the rest is in the table or said in words
LABEL_LENGTH = 28  # letters of a class name beside its bar
BAR_HEIGHT = 26  # pixels a bar
QUIET: dict[str, Any] = {"displayModeBar": False}


def class_balance(labels: Sequence[str], counts: Sequence[int], key: str) -> None:
    """How many rows each class has, as bars with their counts, in the given order."""
    shown = min(len(labels), SHOWN_CLASSES)
    total = max(sum(counts), 1)
    figure = go.Figure(
        go.Bar(
            x=np.asarray(counts[:shown]),
            y=np.arange(shown),
            text=[f"{count:,} ({count / total:.0%})" for count in counts[:shown]],
            marker={"color": OKABE_ITO[0]},
            **_told_bars(),
        )
    )
    _bars(figure, labels[:shown], max(counts, default=1), 1)
    said = "; ".join(
        f"{label}: {count}" for label, count in zip(labels[:shown], counts, strict=False)
    )
    st.plotly_chart(figure, key=key, config=QUIET, alt=f"Rows of each class. {said}")
    _say_rest(len(labels))


def balance_before_after(
    labels: Sequence[str], before: Sequence[int], after: Sequence[int], key: str
) -> None:
    """Rows of each class before and after the removal, as pairs of bars."""
    shown = min(len(labels), SHOWN_CLASSES)
    figure = go.Figure()
    pairs = (("before", before, OKABE_ITO[8], "/"), ("after", after, OKABE_ITO[0], ""))
    for name, counts, colour, hatch in pairs:
        figure.add_bar(
            name=name,
            x=np.asarray(counts[:shown]),
            y=np.arange(shown),
            text=[f"{count:,} {name}" for count in counts[:shown]],
            marker={"color": colour, "pattern": {"shape": hatch}},
            **_told_bars(),
        )
    _bars(figure, labels[:shown], max(before, default=1), 2)
    figure.update_layout(
        barmode="group",
        showlegend=True,
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
    )
    said = "; ".join(
        f"{label}: {old} before, {new} after"
        for label, old, new in zip(labels[:shown], before, after, strict=False)
    )
    st.plotly_chart(
        figure, key=key, config=QUIET, alt=f"Rows of each class before and after. {said}"
    )
    _say_rest(len(labels))


def rows_before_after(stay: int, corrected: int, removed: int, key: str) -> None:
    """All rows of the file before and after, as two bars; corrected rows are part of what stays."""
    figure = go.Figure()
    pieces = (
        ("before", (stay + removed, 0), OKABE_ITO[8], "/"),
        ("unchanged", (0, stay - corrected), OKABE_ITO[0], ""),
        ("label corrected", (0, corrected), OKABE_ITO[1], "x"),
        ("removed", (0, removed), "rgba(0,0,0,0)", ""),
    )
    for name, counts, colour, hatch in pieces:
        if any(counts):
            figure.add_bar(
                name=name,
                x=np.asarray(counts),
                y=np.arange(2),
                orientation="h",
                marker={
                    "color": colour,
                    "pattern": {"shape": hatch},
                    "line": {"color": _ink(), "width": 1 if name == "removed" else 0},
                },
                hovertemplate=f"%{{x:,}} rows {name}<extra></extra>",
            )
    figure.add_scatter(
        x=np.full(2, stay + removed),
        y=np.arange(2),
        mode="text",
        text=[f" {stay + removed:,} rows", f" {stay:,} rows"],
        textposition="middle right",
        textfont={"color": _ink()},
        showlegend=False,
        hoverinfo="skip",
    )
    _bars(figure, ["before", "after"], stay + removed, 1)
    figure.update_layout(
        barmode="stack",
        showlegend=True,
        legend={
            "orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0, "traceorder": "normal",
        },
    )  # fmt: skip
    st.plotly_chart(
        figure,
        key=key,
        config=QUIET,
        alt=f"Rows of the file: {stay + removed} before; {stay} after, "
        f"{corrected} of them with a corrected label; {removed} removed",
    )


def _told_bars() -> dict[str, Any]:
    """Bars that lie, each with its text behind its end."""
    return {
        "orientation": "h", "textposition": "outside", "textfont": {"color": _ink()},
        "cliponaxis": False, "hoverinfo": "skip",
    }  # fmt: skip


def _bars(figure: go.Figure, labels: Sequence[str], longest: int, bars_each: int) -> None:
    """Horizontal bars: class names left, room for the counts right, largest class on top."""
    names = [_short(label) for label in labels]
    figure.update_layout(
        height=50 + BAR_HEIGHT * bars_each * len(names) + 12 * len(names),
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        showlegend=False,
        xaxis={"visible": False, "range": [0, longest * 1.3]},
        yaxis={"tickvals": list(range(len(names))), "ticktext": names, "autorange": "reversed"},
        bargap=0.3,
    )


def _ink() -> str:
    """The colour of counts: well above 3:1 on the theme's background."""
    return "#dddddd" if st.context.theme.type == "dark" else "#444444"


def _short(label: str) -> str:
    cut = label if len(label) <= LABEL_LENGTH else label[: LABEL_LENGTH - 1] + "…"
    return escape(cut) or "(empty)"  # Plotly reads a little HTML in labels


def _say_rest(classes: int) -> None:
    if classes > SHOWN_CLASSES:
        st.caption(f"The {SHOWN_CLASSES} largest of {classes:,} classes are shown.")
