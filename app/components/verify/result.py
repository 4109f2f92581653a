"""What did the retrainings find? A conclusion in words, every training as a point, the curve.

Takes a `Verification`; the random rows stand beside the marked ones everywhere.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from finine_app import theme
from finine_app.components.curve_charts import CONFIG, empty_square
from finine_app.components.messages import plain
from finine_core.tradeoff import gaussian_beta
from finine_core.verification import Arm, Measure, Verification, headline, sentences

HEIGHT = 320
SPREAD = 0.16  # of the points of an arm, sideways
ARM_WORDS = {
    Arm.WITH: "all rows",
    Arm.WITHOUT: "without the marked",
    Arm.RANDOM: "without random ones",
}
MEASURE_WORDS = {
    Measure.VALIDATION_ACCURACY: "Validation accuracy",
    Measure.VALIDATION_LOSS: "Validation loss",
    Measure.MARKED_LOSS: "Loss of the marked rows",
}


def show_result(found: Verification, key: str) -> None:
    """The conclusion, the trainings behind it, and what it does not show."""
    conclusion, *more, limits = sentences(found)
    sign, icon = _verdict(found)
    sign(f"**{headline(found)}**  \n{plain(conclusion)}", icon=icon)
    for sentence in more:
        st.write(plain(sentence))
    measures = [one for one in MEASURE_WORDS if one in found.arms[Arm.WITH]]
    chosen = measures[0]
    if len(measures) > 1:
        words = st.segmented_control(
            "Measured after each training",
            [MEASURE_WORDS[one] for one in measures],
            default=MEASURE_WORDS[measures[0]],
            required=True,
            key=f"measure_{key}",
        )
        chosen = next(one for one in measures if MEASURE_WORDS[one] == words)
    left, right = st.columns(2)
    with left:
        _trainings(found, chosen, f"trainings_{key}")
    with right:
        _curves(found, f"curve_{key}")
    _changes(found, key)
    st.caption(
        "This μ is not that of the Groups page: there other rows take the marked ones' place, here "
        "they are missing; there one run is looked at, here many. The table's lines are not "
        "corrected for being several."
    )
    st.info(plain(limits), icon=":material/info:")


def _verdict(found: Verification) -> tuple:
    """How the conclusion is shown; as an improvement only if random rows did not do as much."""
    if not found.validation_rows:
        return st.info, ":material/info:"
    change = found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT)
    beyond = found.change(Measure.VALIDATION_ACCURACY, Arm.WITHOUT, Arm.RANDOM)
    loss = found.change(found.statistic, Arm.WITHOUT)
    loss_beyond = found.change(found.statistic, Arm.WITHOUT, Arm.RANDOM)
    if change.high < 0 or (loss.low > 0 and loss_beyond.low > 0):
        return st.warning, ":material/trending_down:"
    if change.low > 0 and beyond.low > 0:
        return st.success, ":material/trending_up:"
    return st.info, ":material/drag_handle:"


def _trainings(found: Verification, measure: Measure, key: str) -> None:
    """Each training as a point, each arm's mean as a line."""
    figure = go.Figure()
    percent = measure is Measure.VALIDATION_ACCURACY
    said = []
    for place, (arm, words) in enumerate(ARM_WORDS.items()):
        values = np.asarray(found.arms[arm][measure]) * (100 if percent else 1)
        colour, symbol = theme.lines()[place], theme.SYMBOLS[place]
        beside = np.linspace(-SPREAD, SPREAD, len(values)) if len(values) > 1 else np.zeros(1)
        figure.add_scatter(
            x=place + beside,
            y=values,
            mode="markers",
            name=words,
            marker={"color": colour, "symbol": symbol, "size": 8, "opacity": 0.75},
            hovertemplate=f"{words}<br>%{{y:.4g}}<extra></extra>",
        )
        figure.add_scatter(
            x=[place - 2 * SPREAD, place + 2 * SPREAD],
            y=[values.mean()] * 2,
            mode="lines",
            line={"color": colour, "width": 3},
            hovertemplate=f"mean {words}<br>%{{y:.4g}}<extra></extra>",
        )
        said.append(f"{words}: mean {values.mean():.4g}, {values.min():.4g} to {values.max():.4g}")
    unit = ", %" if percent else ""
    figure.update_layout(
        height=HEIGHT,
        margin={"l": 10, "r": 10, "t": 10, "b": 10},
        showlegend=False,
        xaxis={
            "tickvals": list(range(len(ARM_WORDS))),
            "ticktext": [words.replace(" ", "<br>", 1) for words in ARM_WORDS.values()],
        },
        yaxis={"title": MEASURE_WORDS[measure] + unit},
        uirevision="keep",
    )
    name = MEASURE_WORDS[measure]
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=f"{name} of each training. {'; '.join(said)}."
    )
    st.caption(f"{found.repeats} trainings of each kind; the line is their mean.")


def _curves(found: Verification, key: str) -> None:
    """Empirical trade-off curves of both removals, with the band of the marked rows'."""
    figure, alpha = empty_square(HEIGHT), np.linspace(0, 1, 101)
    said = []
    for place, arm in ((1, Arm.WITHOUT), (2, Arm.RANDOM)):
        one, colour = found.influence_of(arm), theme.lines()[place]
        if arm is Arm.WITHOUT and one.band_alpha:
            figure.add_scatter(
                x=[*one.band_alpha, *one.band_alpha[::-1]],
                y=[*one.beta_high, *one.beta_low[::-1]],
                fill="toself", fillcolor=theme.translucent(colour), line={"width": 0},
                mode="lines", name="95 % band", hoverinfo="skip",
            )  # fmt: skip
        figure.add_scatter(
            x=one.alpha, y=one.beta, mode="lines", name=ARM_WORDS[arm],
            line={"color": colour, "dash": theme.DASHES[place - 1], "width": 2},
            hovertemplate=f"{ARM_WORDS[arm]}<br>α %{{x:.2f}} · β %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
        if arm is Arm.WITHOUT and one.mu is not None:
            figure.add_scatter(
                x=alpha, y=gaussian_beta(one.mu, alpha), mode="lines",
                name="Gaussian with the same μ",
                line={"color": colour, "width": 1, "dash": "dash"}, hoverinfo="skip",
            )  # fmt: skip
        said.append(f"{ARM_WORDS[arm]}: μ {'unknown' if one.mu is None else f'{one.mu:.2f}'}")
    st.plotly_chart(figure, key=key, config=CONFIG, alt=f"Trade-off curves. {'; '.join(said)}.")
    whose = "validation loss" if found.validation_rows else "loss of the marked rows"
    st.caption(
        f"How well the {whose} alone tells trainings with the rows from trainings without: the "
        "lower the curve, the better they are told apart. This is f-influence by its definition."
    )


def _changes(found: Verification, key: str) -> None:
    """Every paired change with its interval."""
    lines = []
    for one in found.changes:
        percent = one.measure is Measure.VALIDATION_ACCURACY
        size, digits = (100, 2) if percent else (1, 4)
        lines.append(
            {
                "Measure": MEASURE_WORDS[one.measure] + (" (points)" if percent else ""),
                "Compared": f"{ARM_WORDS[one.after]} − {ARM_WORDS[one.before]}",
                "Change": f"{size * one.mean:+.{digits}f}",
                "95 % interval": f"{size * one.low:+.{digits}f} to {size * one.high:+.{digits}f}",
                "Shown": "yes" if one.shown else "no",
            }
        )
    with st.expander("All changes, with their intervals", icon=":material/table_rows:"):
        st.dataframe(
            pd.DataFrame(lines), hide_index=True, key=f"changes_{key}",
            alt="Changes between the kinds of training",
        )  # fmt: skip
        st.caption("Paired by seed. Shown: the interval leaves 0 out.")
