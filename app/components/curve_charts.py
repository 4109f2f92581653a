"""How are trade-off curves, signals and losses of a few rows drawn?

Takes curves and signals; gives Plotly figures in SVG (few lines, no WebGL context needed). Rows
and groups are told apart by marker and hatch as well as by colour.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from finine_app import theme
from finine_app.components.named_curve import NamedCurve
from finine_app.components.words import mu_words, number_words

CONFIG: dict[str, Any] = {"displayModeBar": False}
CHART_HEIGHT, BIG_CHART_HEIGHT = 290, 460
LABEL_LENGTH = 32  # letters of a name in a legend
BAND_AMONG_OTHERS, HATCH_OPACITY = 0.08, 0.35  # so that lines below a band are still seen
HATCHES = ("/", "\\", "-", "|", "x", "+", ".")
MARKED_POINTS = 9  # markers along a curve: enough to tell it from its neighbours
_MARGIN = {"l": 10, "r": 10, "t": 24, "b": 10}
# Both anchors: an update keeps one it does not name, and a legend left of the plot pushes it aside.
_LEGEND = {"orientation": "h", "y": 1.06, "yanchor": "bottom", "x": 0, "xanchor": "left"}


def trade_off(
    curves: Sequence[NamedCurve],
    *,
    alpha: float,
    key: str,
    height: int = CHART_HEIGHT,
    bands: bool = True,
) -> None:
    """Empirical curves with their bands and G_μ behind each, pure guessing, and a line at α.

    Args:
        curves: one for each row or group, at most ten.
        alpha: the false-alarm rate that is looked at.
        key: of the chart.
        height: in pixels.
        bands: whether bands are drawn.
    """
    alone = len(curves) == 1
    drawn: list[dict[str, Any]] = []
    if bands:  # all of them below all lines
        drawn += [_band(place, one, alone) for place, one in enumerate(curves)]
    for place, one in enumerate(curves):
        style = _style(place, len(one.alpha))
        name = _label(one.name)
        drawn.append(
            {
                "x": one.alpha.astype(np.float32),
                "y": one.gaussian_beta.astype(np.float32),
                "name": "Gaussian with the same μ" if alone else f"G_μ of {name}",
                "legendgroup": name,
                "showlegend": alone,
                "mode": "lines",
                "line": {"color": style["line"]["color"], "width": 1, "dash": "dash"},
                "hovertemplate": f"{name}, G_μ<br>α %{{x:.2f}} · β %{{y:.2f}}<extra></extra>",
            }
        )
        drawn.append(
            {
                "x": one.alpha.astype(np.float32),
                "y": one.beta.astype(np.float32),
                "name": "from what was recorded"
                if alone
                else f"{name} · μ {number_words(one.mu, one.mu)}",
                "legendgroup": name,
                "customdata": np.column_stack([one.beta_low, one.beta_high]).astype(np.float32),
                "hovertemplate": f"{name}<br>α %{{x:.2f}} · β %{{y:.2f}} "
                "(band %{customdata[0]:.2f} … %{customdata[1]:.2f})<extra></extra>",
                **style,
            }
        )
    line = {"type": "line", "x0": alpha, "x1": alpha, "y0": 0, "y1": 1, "yref": "paper",
            "line": {"color": theme.QUIET_LINE, "width": 1.5}}  # fmt: skip
    at_line = {
        "x": alpha,
        "y": 1,
        "yref": "paper",
        "yanchor": "bottom",
        "showarrow": False,
        "text": f"α = {alpha:.2f}",
        "xanchor": "left" if alpha < 0.8 else "right",  # inside the picture at either end
    }
    more: dict[str, Any] = {"shapes": [line], "annotations": [at_line], "showlegend": True}
    figure = square(height, drawn, **more, **({} if alone else {"legend": _LEGEND}))
    said = "; ".join(
        f"{one.name} with μ {_mu(one)} has β {float(one.curve().at(alpha)):.2f}, "
        f"band {' … '.join(f'{edge:.2f}' for edge in one.band_at(alpha))}"
        for one in curves
    )
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=f"Trade-off curves. At α {alpha:.2f}: {said}."
    )


def square(height: int, curves: Sequence[Mapping[str, Any]], **layout: object) -> go.Figure:
    """A picture of trade-off curves: α against β, the line of pure guessing, and the curves.

    It is made in one go: each later change of a Plotly figure costs as much as all of it.

    Args:
        height: in pixels.
        curves: scatter traces.
        layout: what else the layout says.
    """
    guessing = {
        "x": np.array([0.0, 1.0], dtype=np.float32),
        "y": np.array([1.0, 0.0], dtype=np.float32),
        "name": "nobody can tell: 1 − α",
        "mode": "lines",
        "line": {"color": theme.QUIET_LINE, "dash": "dot", "width": 1.5},
        "hoverinfo": "skip",
    }
    common: dict[str, object] = {
        "height": height,
        "margin": _MARGIN,
        "xaxis": {"title": {"text": "false alarms α (Type I error)"}, "range": [-0.01, 1.01]},
        "yaxis": {"title": {"text": "misses β (Type II error)"}, "range": [-0.02, 1.04]},
        # Curves lie below the diagonal, so a short legend fits above it.
        "legend": {"x": 1, "xanchor": "right", "y": 1, "yanchor": "top"},
        "uirevision": "keep",
    }
    traces = [{"type": "scatter", **one} for one in (guessing, *curves)]
    return go.Figure(data=traces, layout=common | layout)


def signals(rows: Mapping[str, pd.DataFrame], *, key: str, height: int = CHART_HEIGHT) -> None:
    """What is left of each row's signals at the end; for one row alone also what is mere chance.

    These are what μ is made of: with SGD the carried signals, else the signals themselves.

    Args:
        rows: name ("row 17") to its lines of epoch (of an earlier finine's runs: step), signal,
            deviation and loss.
    """
    drawn: list[dict[str, Any]] = []
    alone = len(rows) == 1
    place_name = _places(rows)
    carried = all("carried_signal" in found for found in rows.values())
    signal, deviation = (f"{'carried_' * carried}{name}" for name in ("signal", "deviation"))
    for place, (row, found) in enumerate(rows.items()):
        style = _style(place, len(found))
        places = found[place_name].to_numpy()
        if alone:
            band = found[deviation].to_numpy(dtype=np.float32)
            drawn.append(
                {
                    "x": np.concatenate([places, places[::-1]]),
                    "y": np.concatenate([band, -band[::-1]]),
                    "name": "chance: ± one deviation",
                    "fill": "toself",
                    "fillcolor": theme.translucent(style["line"]["color"]),
                    "line": {"width": 0},
                    "mode": "lines",
                    "hoverinfo": "skip",
                }
            )
        drawn.append(
            {
                "x": places,
                "y": found[signal].to_numpy(dtype=np.float32),
                "name": "signal of the row" if alone else _label(row),
                "hovertemplate": f"{_label(row)}, {place_name} %{{x}}<br>"
                "signal %{y:.4g}<extra></extra>",
                **style,
            }
        )
    figure = _over_training(
        drawn, place_name, {"text": "what a step takes off the target's loss"}, height
    )
    said = "; ".join(f"{row} sums to {one[signal].sum():.3g}" for row, one in rows.items())
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=f"Signals over recorded {place_name}s: {said}."
    )


def losses(rows: Mapping[str, pd.DataFrame], *, key: str, height: int = CHART_HEIGHT) -> None:
    """Each row's own loss in each recorded epoch."""
    place_name = _places(rows)
    drawn = [
        {
            "x": found[place_name].to_numpy(),
            "y": found["loss"].to_numpy(dtype=np.float32),
            "name": _label(row),
            "hovertemplate": f"{_label(row)}, {place_name} %{{x}}<br>"
            "loss %{y:.4g}<extra></extra>",
            **_style(place, len(found)),
        }
        for place, (row, found) in enumerate(rows.items())
    ]
    figure = _over_training(
        drawn, place_name, {"text": "loss of the row"}, height, rangemode="tozero"
    )
    figure.update_layout(showlegend=len(rows) > 1)
    said = "; ".join(
        f"{row} from {one['loss'].iloc[0]:.2f} to {one['loss'].iloc[-1]:.2f}"
        for row, one in rows.items()
    )
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=f"Loss over recorded {place_name}s: {said}."
    )


def _places(rows: Mapping[str, pd.DataFrame]) -> str:
    """What lines stand for: an epoch; in runs of an earlier finine a step."""
    return "epoch" if all("epoch" in found for found in rows.values()) else "step"


def _over_training(
    drawn: Sequence[Mapping[str, Any]],
    places: str,
    title: Mapping[str, str],
    height: int,
    **axis: str,
) -> go.Figure:
    return go.Figure(
        data=[{"type": "scatter", **one} for one in drawn],
        layout={
            "height": height,
            "margin": _MARGIN,
            "xaxis": {"title": {"text": f"{places} of the training"}},
            "yaxis": {"title": title, "exponentformat": "power", **axis},
            "legend": _LEGEND,
            "showlegend": True,
            "uirevision": "keep",
        },
    )


def _style(place: int, points: int) -> dict[str, Any]:
    """Line and markers of the place-th row: no two of ten look alike without colour."""
    colour = theme.lines()[place % len(theme.LINES_LIGHT)]
    again = place // len(theme.SYMBOLS)
    # Empirical lines are solid and broad; a shape every so many points tells them apart.
    return {
        "mode": "lines+markers",
        "line": {"color": colour, "width": 2.2},
        "marker": {
            "symbol": theme.SYMBOLS[place % len(theme.SYMBOLS)] + "-open" * again,
            "size": 8,
            "color": colour,
            "maxdisplayed": min(points, MARKED_POINTS),
        },
    }


def _band(place: int, one: NamedCurve, alone: bool) -> dict[str, Any]:
    """The area of a band: translucent, with edges, and hatched in a way of its own among others."""
    colour = theme.lines()[place % len(theme.LINES_LIGHT)]
    area: dict[str, Any] = {"fillcolor": theme.translucent(colour)}
    if not alone:
        shape = HATCHES[place % len(HATCHES)]
        area["fillpattern"] = {
            "shape": shape,
            "fgcolor": theme.translucent(colour, HATCH_OPACITY),
            "bgcolor": theme.translucent(colour, BAND_AMONG_OTHERS),
            "size": 10,
            "solidity": 0.1,
        }
    return {
        "x": np.concatenate([one.alpha, one.alpha[::-1]]).astype(np.float32),
        "y": np.concatenate([one.beta_high, one.beta_low[::-1]]).astype(np.float32),
        "name": "band: μ within its interval",
        "legendgroup": _label(one.name),
        "showlegend": alone,
        "mode": "lines",
        "line": {"color": colour, "width": 0.8, "dash": "dot"},
        "fill": "toself",
        "hoverinfo": "skip",
        **area,
    }


def _label(name: str) -> str:
    """A name for Plotly, which reads a little HTML in labels; a long one is cut."""
    return escape(name if len(name) <= LABEL_LENGTH else name[: LABEL_LENGTH - 1] + "…")


def _mu(curve: NamedCurve) -> str:
    return mu_words(curve.mu, curve.mu_low, curve.mu_high)
