"""What did the retrainings find? A conclusion in words, every training as a point, the curve.

Takes a `Verification`; the random rows stand beside the marked ones everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import numpy as np
import pandas as pd
import plotly.graph_objects as go
import streamlit as st

from finine_app import theme
from finine_app.components.curve_charts import CONFIG, square
from finine_app.components.messages import plain
from finine_core.measures import MEASURES
from finine_core.tradeoff import gaussian_beta
from finine_core.verification import (
    MARKED_LOSS,
    VALIDATION_LOSS,
    Arm,
    Verification,
    headline,
    sentences,
    validation_of,
)
from finine_core.verification.believed import BELIEVED, RECALL
from finine_core.verification.result import is_share
from finine_core.verification.verdict import JUDGED_BY, Said, has_verdict, verdict

HEIGHT = 320
SPREAD = 0.16  # of the points of an arm, sideways
ARM_WORDS = {
    Arm.WITH: "all rows",
    Arm.WITHOUT: "without the marked",
    Arm.RANDOM: "without random ones",
}
# Where labels are corrected, an arm is not only without something.
CORRECTED_WORDS = {
    Arm.WITH: "as it is",
    Arm.WITHOUT: "with the marks",
    Arm.RANDOM: "marks on random rows",
}
LOSS_WORDS = {
    VALIDATION_LOSS: "Validation loss",
    MARKED_LOSS: "Loss of the marked rows",
}


def arm_words(found: Verification) -> dict[Arm, str]:
    """What each kind of training is called."""
    return CORRECTED_WORDS if found.corrected_labels else ARM_WORDS


def measure_words(found: Verification) -> dict[str, str]:
    """What was measured, the measures of the verdict first."""
    qualities = {validation_of(one): f"Validation {one.words}" for one in found.qualities}
    had = found.arms[Arm.WITH]
    believed = {
        name: believed_words(name, list(found.removed_by_label))
        for name in had
        if name.startswith(BELIEVED)
    }
    losses = {name: words for name, words in LOSS_WORDS.items() if name in had}
    return believed | qualities | losses


def believed_words(name: str, classes: Sequence[str]) -> str:
    """A measure on the held-out rows whose label is not doubted.

    Examples:
        >>> believed_words("believed_auc", ()), believed_words("believed_recall_1", ("cat", "dog"))
        ('AUC, without doubted rows', 'Recall of dog, without doubted rows')
    """
    measure = name.removeprefix(BELIEVED)
    if measure.startswith(RECALL):
        words = f"Recall of {classes[int(measure.removeprefix(RECALL))]}"
    else:
        words = MEASURES[measure].words
    return f"{words[:1].upper()}{words[1:]}, without doubted rows"


def show_result(found: Verification, key: str) -> None:
    """The conclusion, the trainings behind it, and what it does not show."""
    conclusion, *more, limits = sentences(found)
    sign, icon = _verdict(found)
    sign(f"**{plain(headline(found))}**  \n{plain(conclusion)}", icon=icon)
    for sentence in more:
        st.write(plain(sentence))
    measures = measure_words(found)
    chosen = next(iter(measures))
    if len(measures) > 1:
        chosen = st.selectbox(
            "Measured after each training",
            list(measures),
            index=list(measures).index(JUDGED_BY) if JUDGED_BY in measures else 0,
            format_func=measures.__getitem__,
            key=f"measure_{key}",
        )
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
    if has_verdict(found):
        one = verdict(found)
        if one.worse_for or one.said is Said.WORSE:
            return st.warning, ":material/trending_down:"
        if one.said is Said.BETTER:
            return st.success, ":material/trending_up:"
        return st.info, ":material/drag_handle:"
    change, beyond = found.gain(Arm.WITHOUT), found.gain(Arm.WITHOUT, Arm.RANDOM)
    loss = found.change(found.statistic, Arm.WITHOUT)
    loss_beyond = found.change(found.statistic, Arm.WITHOUT, Arm.RANDOM)
    if change.high < 0 or (loss.low > 0 and loss_beyond.low > 0):
        return st.warning, ":material/trending_down:"
    if change.low > 0 and beyond.low > 0:
        return st.success, ":material/trending_up:"
    return st.info, ":material/drag_handle:"


def _trainings(found: Verification, measure: str, key: str) -> None:
    """Each training as a point, each arm's mean as a line."""
    figure = go.Figure()
    percent, name = _a_share(found, measure), measure_words(found)[measure]
    said = []
    for place, (arm, words) in enumerate(arm_words(found).items()):
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
            "tickvals": list(range(len(arm_words(found)))),
            "ticktext": [words.replace(" ", "<br>", 1) for words in arm_words(found).values()],
        },
        yaxis={"title": escape(name) + unit},  # Plotly reads a little HTML in titles
        uirevision="keep",
    )
    st.plotly_chart(
        figure, key=key, config=CONFIG, alt=f"{name} of each training. {'; '.join(said)}."
    )
    st.caption(f"{found.repeats} trainings of each kind; the line is their mean.")


def _curves(found: Verification, key: str) -> None:
    """Empirical trade-off curves of both removals, with the band of the marked rows'."""
    figure, alpha = square(HEIGHT, []), np.linspace(0, 1, 101)
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
            x=one.alpha, y=one.beta, mode="lines", name=arm_words(found)[arm],
            line={"color": colour, "dash": theme.DASHES[place - 1], "width": 2},
            hovertemplate=f"{arm_words(found)[arm]}<br>α %{{x:.2f}} · β %{{y:.2f}}<extra></extra>",
        )  # fmt: skip
        if arm is Arm.WITHOUT and one.mu is not None:
            figure.add_scatter(
                x=alpha, y=gaussian_beta(one.mu, alpha), mode="lines",
                name="Gaussian with the same μ",
                line={"color": colour, "width": 1, "dash": "dash"}, hoverinfo="skip",
            )  # fmt: skip
        said.append(
            f"{arm_words(found)[arm]}: μ {'unknown' if one.mu is None else f'{one.mu:.2f}'}"
        )
    st.plotly_chart(figure, key=key, config=CONFIG, alt=f"Trade-off curves. {'; '.join(said)}.")
    whose = "validation loss" if found.validation_rows else "loss of the marked rows"
    st.caption(
        f"How well the {whose} alone tells trainings with the rows from trainings without: the "
        "lower the curve, the better they are told apart. This is f-influence by its definition."
    )


def _a_share(found: Verification, measure: str) -> bool:
    return measure in measure_words(found) and is_share(measure)


def _changes(found: Verification, key: str) -> None:
    """Every paired change with its interval."""
    lines, words = [], measure_words(found)
    for one in found.changes:
        percent = _a_share(found, one.measure)
        size, digits = (100, "2f") if percent else (1, "4f" if one.measure in LOSS_WORDS else "4g")
        lines.append(
            {
                "Measure": words[one.measure] + (" (points)" if percent else ""),
                "Compared": f"{arm_words(found)[one.after]} − {arm_words(found)[one.before]}",
                "Change": f"{size * one.mean:+.{digits}}",
                "95 % interval": f"{size * one.low:+.{digits}} to {size * one.high:+.{digits}}",
                "Shown": "yes" if one.shown else "no",
            }
        )
    with st.expander("All changes, with their intervals", icon=":material/table_rows:"):
        st.dataframe(
            pd.DataFrame(lines), hide_index=True, key=f"changes_{key}",
            alt="Changes between the kinds of training",
        )  # fmt: skip
        st.caption("Paired by seed. Shown: the interval leaves 0 out.")
