"""How far off is a predicted number? Of one row in words, and of all rows as two charts.

Takes a line of the review table of a run that learned numbers; the shown row stands out in both
charts, by its size and shape as well as by its colour.
"""

from __future__ import annotations

from typing import Any

import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from finine_app import theme
from finine_app.components import reader
from finine_app.components.curve_charts import CHART_HEIGHT, CONFIG
from finine_app.components.messages import plain
from finine_core import api

ERROR = "error"
POINT, SHOWN_POINT = 5, 14  # pixels: of a row, of the shown one


def learned_number(line: dict[str, Any]) -> bool:
    """Whether the run of this line learned a number."""
    return line.get(ERROR) is not None


def error_words(error: float) -> str:
    """An error as a person reads it, with its sign.

    Examples:
        >>> error_words(-106.237), error_words(0.5)
        ('−106.2', '+0.5')
    """
    return f"{error:+.4g}".replace("-", "−")


def verdict(run: api.Run, line: dict[str, Any], target: str) -> None:
    """Given against predicted number, and how many rows are further off."""
    errors = reader.errors(run, target)
    place = 1 + int((errors[ERROR].abs() > abs(line[ERROR])).sum())
    st.markdown(
        f"Predicted **{plain(line['predicted'])}** instead of **{plain(line['label'])}** "
        f"(error {error_words(line[ERROR])}): "
        f"{'the largest' if place == 1 else f'number {place:,}'} of {len(errors):,} errors by size."
    )


def charts(run: api.Run, line: dict[str, Any], target: str) -> None:
    """Predicted against given numbers, and errors by μ."""
    errors = reader.errors(run, target)
    shown = errors["row_number"] == line["row_number"]
    said = f"row {line['row_number']}: given {line['label']}, predicted {line['predicted']}"
    figure = _points(errors, shown, "label", "predicted")
    ends = [min(errors["label"].min(), errors["predicted"].min()),
            max(errors["label"].max(), errors["predicted"].max())]  # fmt: skip
    figure.add_scatter(
        x=ends, y=ends, mode="lines", hoverinfo="skip",
        line={"color": theme.lines()[1], "dash": "dash", "width": 1},
    )  # fmt: skip
    figure.update_layout(xaxis_title="given", yaxis_title="predicted")
    st.plotly_chart(
        figure, key="row_residual", config=CONFIG, alt=f"Predicted against given numbers; {said}"
    )
    st.caption("On the dashed line the model is right. The diamond is this row.")
    by_mu = _points(errors, shown, "mu", ERROR)
    by_mu.add_hline(y=0, line={"color": theme.lines()[1], "dash": "dash", "width": 1})
    by_mu.update_layout(xaxis_title="μ", yaxis_title="predicted − given")
    st.plotly_chart(by_mu, key="row_error_by_mu", config=CONFIG, alt=f"Errors by μ; {said}")


def _points(errors: pd.DataFrame, shown: pd.Series, x: str, y: str) -> go.Figure:
    figure = go.Figure()
    for rows, size, symbol, place in (
        (errors[~shown], POINT, "circle", 0),
        (errors[shown], SHOWN_POINT, "diamond", 2),
    ):
        figure.add_scatter(
            x=rows[x].to_numpy(),
            y=rows[y].to_numpy(),
            mode="markers",
            customdata=rows["row_number"].to_numpy(),
            marker={"size": size, "symbol": symbol, "color": theme.lines()[place], "opacity": 0.8},
            hovertemplate="row %{customdata}<br>%{x:.4g} · %{y:.4g}<extra></extra>",
        )
    figure.update_layout(
        height=CHART_HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        showlegend=False,
        uirevision="keep",
    )
    return figure
