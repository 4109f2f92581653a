"""What is there to say of the pinned rows and groups beside their curves?

Draws a table of μ, size and misses at an α, each pair in words, and what was recorded over the
training.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import pandas as pd
import streamlit as st

from finine_app.components import curve_charts, pictures, reader
from finine_app.components.content import value_words
from finine_app.components.named_curve import NamedCurve
from finine_app.components.words import (
    BAND_WORDS,
    NOT_IN_INTERVAL,
    interval_words,
    number_words,
    pair_words,
)
from finine_app.state import Pin
from finine_app.theme import DECISION_SIGN
from finine_core import api

LONGEST_VALUE = 400  # letters of a value; the Review page has all of it
VALUES_IN_SIGHT = 14  # lines of the table of values before it scrolls
PAIRS_AT_ONCE = 6  # sentences about pairs that are shown unfolded (all pairs of four)


def images(run: api.Run, curves: Mapping[Pin, NamedCurve], target: str) -> None:
    """What the pinned rows show; of groups nothing."""
    rows = [pin.number for pin in curves if not pin.group]
    if rows:
        labels = {line["row_number"]: line["label"] for line in reader.lines(run, rows, target)}
        pictures.of_rows(run, rows, labels, "compare_images")


def at_alpha(run: api.Run, curves: Mapping[Pin, NamedCurve], target: str, alpha: float) -> None:
    """The table of misses at the chosen α."""
    rows = [pin.number for pin in curves if not pin.group]
    lines = {line["row_number"]: line for line in reader.lines(run, rows, target)}
    beta = f"β at α = {alpha:.2f}"
    shown = []
    for pin, one in curves.items():
        line = {} if pin.group else lines[pin.number]
        shown.append(
            {
                "pinned": one.name,
                "rows": one.rows,
                "id": line.get("row_id", ""),
                "label": line.get("label", ""),
                "predicted": line.get("predicted", ""),
                "decision": DECISION_SIGN.get(line.get("decision", ""), ""),
                "μ": number_words(one.mu, one.mu),
                "90 % interval of μ": interval_words(one.mu_low, one.mu_high, one.mu),
                beta: float(one.curve().at(alpha)),
                "band of β": " … ".join(f"{edge:.2f}" for edge in one.band_at(alpha)),
                "β, Gaussian": float(one.gaussian_beta[_nearest(one, alpha)]),
            }
        )
    st.dataframe(
        pd.DataFrame(shown),
        hide_index=True,
        height="content",
        key="compare_table",
        column_config={
            "pinned": st.column_config.TextColumn(width=180),
            "90 % interval of μ": st.column_config.TextColumn(help=NOT_IN_INTERVAL),
            beta: st.column_config.NumberColumn(
                format="%.2f",
                help="How often the tester misses the presence of the row or group, from "
                f"what was recorded. Pure guessing: {1 - alpha:.2f}.",
            ),
            "band of β": st.column_config.TextColumn(help=BAND_WORDS),
            "β, Gaussian": st.column_config.NumberColumn(
                format="%.2f", help="The same by the Gaussian curve with this μ."
            ),
        },
        alt=f"Pinned rows and groups with their misses at α {alpha:.2f}",
    )


def pairs(curves: Sequence[NamedCurve]) -> None:
    """Each pair in words."""
    found = list(combinations(curves, 2))
    if not found:
        st.caption("Pin another row or group to compare the two in words.")
        return
    st.subheader("In words")
    with st.container(key="compare_words"):
        _sentences(found[:PAIRS_AT_ONCE])
        if rest := found[PAIRS_AT_ONCE:]:
            with st.expander(f"{len(rest)} more pairs"):
                _sentences(rest)


def over_steps(run: api.Run, curves: Mapping[Pin, NamedCurve], target: str) -> None:
    """Signals and losses over each other; of a group, on average over its rows."""
    st.subheader("Over the training")
    signals, losses = st.tabs(["Signals", "Loss"], key="compare_over", on_change="rerun")
    recorded = {
        one.name: reader.group_signals(run, pin.number, target)
        if pin.group
        else reader.signals(run, pin.number, target)
        for pin, one in curves.items()
    }
    groups = any(pin.group for pin in curves)
    if run.folds > 1:
        st.caption(
            "Of a row: as the first of the trainings that learned from it recorded it. Of a group: "
            "as the first training did, of the rows that it learned from."
        )
    if signals.open:
        with signals:
            curve_charts.signals(recorded, key="compare_signals")
            st.caption(
                "What a step on each row, taken at each recorded moment, takes off the target's "
                "loss at the end of the training: is a row influential throughout, or only early or"
                " late?"
                + (
                    " Of a group: the mean of its rows less that of all other rows, which is what "
                    "its μ is made of."
                    if groups
                    else ""
                )
            )
    if losses.open:
        with losses:
            curve_charts.losses(recorded, key="compare_losses")
            st.caption(
                "How badly the model fitted each row each time it was recorded."
                + (" Of a group, the mean of its rows." if groups else "")
            )


def values(run: api.Run, curves: Mapping[Pin, NamedCurve], target: str) -> None:
    """What the pinned rows say, side by side; where they differ comes first."""
    rows = [pin.number for pin in curves if not pin.group]
    if not rows:
        return
    content = reader.content_of(run, reader.review_table(run))
    lines = reader.lines(run, rows, target)
    columns = [*content.text, *content.features, *content.other]
    told = {name: [value_words(line[name])[:LONGEST_VALUE] for line in lines] for name in columns}
    differ = [name for name in columns if len(set(told[name])) > 1]
    listed = [*differ, *(name for name in columns if name not in differ)]
    st.subheader("What they say")
    st.dataframe(
        pd.DataFrame(
            {
                "column": listed,
                **{f"row {row}": [told[name][k] for name in listed] for k, row in enumerate(rows)},
            }
        ),
        hide_index=True,
        height="content" if len(listed) <= VALUES_IN_SIGHT else 35 * VALUES_IN_SIGHT,
        key="compare_values",
        column_config={"column": st.column_config.TextColumn(width=140, pinned=True)},
        alt=f"Values of the pinned rows in {len(listed)} columns",
    )
    if len(rows) > 1:
        many = "1 column differs" if len(differ) == 1 else f"{len(differ)} columns differ"
        st.caption(f"{many}, listed first; {len(listed) - len(differ)} are the same in all.")


def _sentences(found: Sequence[tuple[NamedCurve, NamedCurve]]) -> None:
    st.markdown("\n".join(f"- {pair_words(one, other)}" for one, other in found))


def _nearest(curve: NamedCurve, alpha: float) -> int:
    return int(abs(curve.alpha - alpha).argmin())
