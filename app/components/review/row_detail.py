"""What is there to know about one row: what it says, what the model makes of it, and its influence.

Takes a line of the review table; draws its content in full, its scores in words, and its curves.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

import streamlit as st

from finine_app import state
from finine_app.components import curve_charts, learned, pictures, reader
from finine_app.components.content import Content, value_words
from finine_app.components.messages import plain, show_problem
from finine_app.components.named_curve import of_row
from finine_app.components.review import label_sets, others, residuals
from finine_app.components.review.row_table import decision_words
from finine_app.components.words import (
    BAND_WORDS,
    EXAMPLE_ALPHA,
    INTERVAL_WORDS,
    NOT_IN_INTERVAL,
    effect_words,
    miss_words,
    mu_words,
)
from finine_core import api
from finine_core.curation.derived import SUSPICIOUS_BECAUSE
from finine_core.errors import FinineError
from finine_core.runs.columns import FOLD, SUSPICION

TEXT_HEIGHT = "16rem"  # of a long text before it scrolls
LONGEST_TEXT = 200_000  # letters sent to the page; beyond that the page itself would stall


def heading(line: dict[str, Any], rows: int) -> None:
    """Which row this is."""
    decided = decision_words(line)
    st.markdown(
        f"#### Row {line['row_number']}"
        + (f" · {plain(decided)}" if decided else "")
        + f"  \nrank {line['rank']:,} of {rows:,} · id {plain(line['row_id'])}"
        + (" · held out" if line["mu"] is None else "")
        + (f" · fold {line[FOLD]}" if line.get(FOLD) else "")
        + (", which the trained model has not seen" if line.get(FOLD) == 1 else "")
    )


def image(run: api.Run, line: dict[str, Any]) -> None:
    """The row's image, where it has one."""
    if reader.has_images(run):
        pictures.of_row(run, int(line["row_number"]))


def texts(line: dict[str, Any], content: Content, searched: str) -> None:
    """The row's whole texts, with what was searched for marked."""
    for name in content.text:
        if len(content.text) > 1:
            st.caption(plain(name))
        _text(line[name], searched)


def values(run: api.Run, line: dict[str, Any], content: Content, target: str) -> None:
    """The row's values beside those of others, its other columns, and the way to the map."""
    if content.features:
        others.values(run, line, content.features, target)
    if content.other:
        # With a label and an id alone this is a short line; it keeps ignored columns at hand.
        shown = " · ".join(f"{plain(n)}: {plain(value_words(line[n]))}" for n in content.other[:8])
        st.caption(shown + (" · …" if len(content.other) > 8 else ""))
    st.page_link(
        state.page("map"),
        label="Show on the map",
        icon=":material/scatter_plot:",
        query_params={"row": str(line["row_number"])},
    )


def verdict(run: api.Run, line: dict[str, Any], target: str) -> None:
    """Label against prediction."""
    if (because := line.get(SUSPICIOUS_BECAUSE)) and line.get(SUSPICION) is None:
        st.caption(f"Suspicious: {plain(because)}.")
    if residuals.learned_number(line):
        residuals.verdict(run, line, target)
        return
    if learned.learns_labels(run.record()):
        label_sets.verdict(run, line)
        return
    label, predicted = plain(line["label"]), plain(line["predicted"])
    given, other = line.get("probability"), line.get("predicted_probability")
    sure = "" if given is None else f", to which the trained model gives {100 * given:.0f} %"
    if line["label"] == line["predicted"]:
        st.markdown(f"Label **{label}**{sure}. The model agrees.")
        return
    instead = "" if other is None else f" ({100 * other:.0f} %)"
    st.markdown(f"Label **{label}**{sure}. The model predicts **{predicted}** instead{instead}.")


def _course(line: dict[str, Any]) -> str:
    """How the row was learned; runs of an earlier finine have nothing of it."""
    early, forgotten = line.get("early_loss"), line.get("forgotten")
    if early is None:
        return ""
    said = f" (early {early:.2f})"
    if "forgotten" not in line:  # no classes, which a model could be right about
        return said
    if forgotten is None:
        return said + " · never learned"
    times = "once" if forgotten == 1 else f"{forgotten:g} times"
    return said + (" · learned, never forgotten" if forgotten == 0 else f" · forgotten {times}")


def influence(run: api.Run, line: dict[str, Any], target: str) -> None:
    """μ with its interval, the trade-off curve and what it means, signals and loss."""
    row = int(line["row_number"])
    if line["mu"] is None:
        st.caption(
            "This row was held out: the model was not trained on it, so it has no influence μ. "
            "What is said of its label comes from models that have not seen it."
        )
        return
    mu, low, high = line["mu"], line["mu_low"], line["mu_high"]
    with st.container(key="mu_line"):
        st.markdown(
            f"**μ = {mu_words(mu, low, high)}** · {INTERVAL_WORDS} interval · "
            f"mean loss {line['mean_loss']:.2f}{_course(line)}"
            f"{_auxiliary(line)}{_folds(run, line)}. "
            f"{effect_words(target, mu, low, high)}",
            help=NOT_IN_INTERVAL,
        )
    try:
        _charts(run, row, target)
    except FinineError as error:
        show_problem(error)
        return
    st.caption(NOT_IN_INTERVAL)


def _auxiliary(line: dict[str, Any]) -> str:
    """What an auxiliary run says, when there was one."""
    return (
        f" · in the auxiliary run μ = {line['mu_auxiliary']:.2f}" if "mu_auxiliary" in line else ""
    )


def _folds(run: api.Run, line: dict[str, Any]) -> str:
    """Of how many trainings these are the means, with folds."""
    if line.get(FOLD) is None:
        return ""
    times = len(reader.learned_in(run, int(line["row_number"])))
    return (
        " · of the training that learned from it"
        if times == 1
        else (f" · means of the {times} trainings that learned from it")
    )


def _told_by(run: api.Run, row: int) -> str:
    """With folds: which training recorded what is drawn."""
    if run.folds == 1:
        return ""
    return f" Recorded in training {reader.learned_in(run, row)[0]} of {run.folds}."


def compare_with_others(run: api.Run, line: dict[str, Any], content: Content, target: str) -> None:
    """Nearest rows, and probabilities or errors, drawn when somebody opens them."""
    number = residuals.learned_number(line)
    nearest, said = st.tabs(["Nearest rows", "Errors" if number else "Probabilities"],
                            key="row_others", on_change="rerun")  # fmt: skip
    if nearest.open:
        with nearest:
            others.neighbours(run, line, content, target)
    if said.open:
        with said:
            if number:
                residuals.charts(run, line, target)
                return
            others.probabilities(run, int(line["row_number"]))


def _charts(run: api.Run, row: int, target: str) -> None:
    """The chart of the open tab; the others are drawn when somebody opens them."""
    # Each click on a tab asks the server, so that a decision need not wait for three charts.
    trade_off, signals, losses = st.tabs(
        ["Trade-off curve", "Signals", "Loss"], key="row_charts", on_change="rerun"
    )
    if trade_off.open:
        with trade_off:
            curve = reader.curve(run, row, target)
            curve_charts.trade_off([of_row(curve)], alpha=EXAMPLE_ALPHA, key="row_curve")
            st.markdown(miss_words(curve), help=BAND_WORDS)
    if signals.open:
        with signals:
            recorded = {f"row {row}": reader.signals(run, row, target)}
            curve_charts.signals(recorded, key="row_signals")
            st.caption(
                "What a step on this row, taken at each recorded moment, takes off the target's "
                "loss at the end of the training (below 0: adds to it). μ is their sum, measured "
                "by the chance of all steps together; one step inside the band says little."
                + _told_by(run, row)
            )
    if losses.open:
        with losses:
            recorded = {f"row {row}": reader.signals(run, row, target)}
            curve_charts.losses(recorded, key="row_losses")
            st.caption(
                "How badly the model fitted this row each time it was recorded."
                + _told_by(run, row)
            )


def _text(value: object, searched: str = "") -> None:
    """A text as it stands: line breaks kept, its own direction, nothing read as markup."""
    if value is None or value == "":
        st.caption("(empty)")
        return
    text = str(value)
    if len(text) > LONGEST_TEXT:
        st.caption(f"The first {LONGEST_TEXT:,} of {len(text):,} letters:")
    shown = marked(text[:LONGEST_TEXT], searched)
    with st.container(border=True, key=None):
        st.html(
            f'<div dir="auto" style="white-space: pre-wrap; overflow-wrap: anywhere; '
            f'max-height: {TEXT_HEIGHT}; overflow-y: auto">{shown}</div>'
        )


def marked(text: str, searched: str) -> str:
    """HTML of a text in which every place that was searched for is marked, whatever its case.

    Examples:
        >>> marked("A <b> cat", "CAT"), marked("x", "")
        ('A &lt;b&gt; <mark>cat</mark>', 'x')
    """
    if not searched:
        return escape(text)
    parts = re.split(f"({re.escape(searched)})", text, flags=re.IGNORECASE)
    return "".join(
        f"<mark>{escape(part)}</mark>" if place % 2 else escape(part)
        for place, part in enumerate(parts)
    )
