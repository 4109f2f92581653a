"""How do loss and accuracy (or RMSE) go, epoch by epoch? On the rows learned from, and held out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from finine_app import theme
from finine_app.components.charts import QUIET
from finine_core.measures import Measure, measured

DRAWN_EPOCHS = 500  # of a curve; a screen has no more room, and the latest is among them
SHOWN_MARKERS = 20  # signs on a curve: enough to tell it by, few enough to see the line
NARROWEST = "20rem"  # of a chart; below it they go under each other
# What is drawn: title of the axis, and for each curve its name, field, line and sign.
LOSS = (
    "mean loss",
    (
        ("training loss", "loss", "solid", "circle"),
        ("validation loss", "validation_loss", "dash", "square"),
    ),
)
Curves = tuple[str, tuple[tuple[str, str, str, str], ...]]


def epoch_charts(history: Sequence[dict[str, Any]]) -> None:
    """Loss and quality side by side; runs from before qualities were kept show what there is."""
    measure = measured(history[-1] if history else {})[0]
    theme.side_by_side("epoch_charts", NARROWEST)
    with st.container(key="epoch_charts"):
        left, right = st.columns(2)
        with left:
            _chart(history, LOSS, key="losses", whole=False)
        with right:
            _chart(history, _curves_of(measure), key="accuracies", whole=measure.a_share)
    st.caption(
        "After each epoch. The figures on training rows are taken while they are learned from; "
        "held-out rows are never learned from."
    )


def _curves_of(measure: Measure) -> Curves:
    return measure.words, (
        (f"training {measure.words}", measure.name, "solid", "circle"),
        (f"validation {measure.words}", f"validation_{measure.name}", "dash", "square"),
    )


def _chart(history: Sequence[dict[str, Any]], curves: Curves, *, key: str, whole: bool) -> None:
    """One picture; `whole` shows shares of 1 as percent, from 0 to 100."""
    title, series = curves
    figure = go.Figure()
    said = []
    colours = theme.lines()
    for (name, field, dash, symbol), colour in zip(series, colours, strict=False):
        points = [(e["epoch"], e[field]) for e in history if e.get(field) is not None]
        if not points:
            continue
        every = -(-len(points) // DRAWN_EPOCHS)
        epochs, values = np.asarray(points[::-1][::every][::-1], dtype=float).T
        shown = "%{y:.1%}" if whole else "%{y:.4f}"
        figure.add_scatter(
            x=epochs,
            y=values,
            name=name,
            mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2},
            marker={"symbol": symbol, "size": 7, "maxdisplayed": SHOWN_MARKERS},
            hovertemplate=f"epoch %{{x:.0f}}<br>{name} {shown}<extra></extra>",
        )
        said.append(f"{name} from {values[0]:.3f} to {values[-1]:.3f}")
    figure.update_layout(
        height=260,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        xaxis={"title": "epoch", "rangemode": "tozero"},
        yaxis={"title": title, "rangemode": "tozero"},
        legend={"orientation": "h", "y": 1.02, "yanchor": "bottom", "x": 0},
        showlegend=True,
    )
    if whole:
        figure.update_yaxes(range=[0, 1.02], tickformat=".0%")
    st.plotly_chart(
        figure, key=key, config=QUIET, alt=f"{title} by epoch: {', '.join(said) or 'none yet'}"
    )
