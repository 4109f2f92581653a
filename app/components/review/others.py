"""How does the row compare with others? What the model makes of it, its twins, its neighbours.

Takes a line of the review table; draws probabilities, rows that say the same, the nearest rows in
the model's embedding, and how usual each value is among the rows of a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd
import streamlit as st

from finine_app.components import reader
from finine_app.components.content import Content, preview, value_words
from finine_app.components.messages import plain
from finine_app.components.pressing import whole
from finine_app.components.review.row_table import go_to
from finine_app.theme import DECISION_SIGN
from finine_core import api
from finine_core.curation.expressions import literal
from finine_core.errors import FinineError
from finine_core.runs.results.thumbnails import data_url

FEATURES_HEIGHT = 248  # pixels; six values and the head
FEATURE_WIDTH, VALUE_WIDTH, SHARE_WIDTH = 125, 70, 95  # pixels; all of it beside the table
ODD = 0.95  # from this oddness on a value is said to be unusual: beyond 97.5 % of the rows
FEWEST_ROWS = 40  # of a label, below which its extremes are no news: one in 40 lies beyond ODD
LISTED_TWINS = 20
NEIGHBOURS = 6
IMAGE_HEIGHT = 64  # pixels of an image in a line: more would leave no room for the others


def probabilities(run: api.Run, row: int) -> None:
    """The likeliest classes, or each label that may hold, as bars with numbers."""
    try:
        found = reader.prediction(run, row)
    except FinineError as error:
        st.caption(f"{plain(error.problem)} {plain(error.mend)}")
        return
    st.dataframe(
        found,
        hide_index=True,
        key="row_probabilities",
        column_config={
            "class": st.column_config.TextColumn("label" if "given" in found else "class"),
            "given": st.column_config.CheckboxColumn("the row has it"),
            "probability": st.column_config.ProgressColumn(
                "the model's probability", format="percent", min_value=0.0, max_value=1.0
            ),
        },
        alt="; ".join(
            f"{one} {share:.0%}"
            for one, share in zip(found["class"], found["probability"], strict=True)
        ),
    )


def values(run: api.Run, line: dict[str, Any], names: Sequence[str], target: str) -> None:
    """Each value, and where it lies among the rows of the label and of the predicted class."""
    if (
        line.get("error") is not None
    ):  # few rows share a number, so there is nothing to compare with
        st.dataframe(
            pd.DataFrame({"feature": names, "value": [value_words(line[one]) for one in names]}),
            hide_index=True,
            height=min(FEATURES_HEIGHT, 37 + 35 * len(names)),
            alt=f"Values of row {line['row_number']}",
        )
        return
    label, predicted = line["label"], line["predicted"]
    compared = list(dict.fromkeys([label, predicted]))
    found = reader.places(run, line, names, compared, target)
    order = {one.column: one.oddness for one in found[label]}
    listed = sorted(names, key=lambda name: -order.get(name, -1.0))
    frame = pd.DataFrame({"feature": listed, "value": [value_words(line[name]) for name in listed]})
    config: dict[str, Any] = {
        "feature": st.column_config.TextColumn(width=FEATURE_WIDTH),
        "value": st.column_config.TextColumn(width=VALUE_WIDTH),
    }
    for one in compared:
        shares = {place.column: place for place in found[one]}
        column = f"among {one}"
        frame[column] = [shares[name].share if name in shares else None for name in listed]
        config[column] = st.column_config.ProgressColumn(
            column,
            width=SHARE_WIDTH,
            format="percent",
            min_value=0.0,
            max_value=1.0,
            help=f"Of a number: the share of the other rows labelled {plain(one)} that have less. "
            "Of a word: the share that has the same.",
        )
    st.dataframe(
        frame,
        hide_index=True,
        height=min(FEATURES_HEIGHT, 37 + 35 * len(names)),
        column_config=config,
        alt=f"Values of row {line['row_number']}",
    )
    st.caption(
        "Bars: the share of the other rows with that label whose value is smaller, 0 % the "
        "smallest, 100 % the largest; of words, the share with the same."
    )
    others = len(reader.listed(run, target, f"label = {literal(label)}")) - 1
    odd = sum(one.oddness >= ODD for one in found[label])
    if others < FEWEST_ROWS:
        rows = "row has" if others == 1 else "rows have"
        st.caption(f"Only {others} other {rows} the label {plain(label)}: too few to call a value "
                   "unusual.")  # fmt: skip
    elif odd:
        kind = "value is" if odd == 1 else "values are"
        values, by_chance = len(found[label]), (1 - ODD) * len(found[label])
        st.caption(
            f"{odd} {kind} unusual among rows labelled {plain(label)} (beyond {(1 + ODD) / 2:.1%} "
            f"of them; of {values} values about {by_chance:.0f} are so by chance)."
        )


def twins(run: api.Run, line: dict[str, Any], target: str) -> None:
    """The other rows that say exactly the same, with their labels."""
    row = int(line["row_number"])
    found = reader.same_rows(run, row)
    if not len(found):
        return
    lines = reader.lines(run, found[:LISTED_TWINS], target)
    others = sorted({one["label"] for one in lines} - {line["label"]})
    words = "1 other row says" if len(found) == 1 else f"{len(found):,} other rows say"
    said = f" with the label {', '.join(plain(one) for one in others)}" if others else ""
    st.warning(f"{words} exactly the same{said}.", icon=":material/content_copy:")
    _rows(run, lines, None, f"row_twins_{row}", None)


def neighbours(run: api.Run, line: dict[str, Any], content: Content, target: str) -> None:
    """The rows that look most alike to the model, with their labels."""
    try:
        found = reader.neighbours(run, int(line["row_number"]), NEIGHBOURS)
    except FinineError as error:
        st.caption(f"{plain(error.problem)} {plain(error.mend)}")
        return
    rows = found["row_number"].to_numpy()
    lines = reader.lines(run, rows, target)
    key = f"row_neighbours_{line['row_number']}"
    if line.get("error") is not None:
        numbers = [float(one["label"]) for one in lines]
        st.markdown(
            f"**The {len(lines)} nearest rows** have {min(numbers):g} to {max(numbers):g}; this row"
            f" has {plain(line['label'])}."
        )
        _rows(run, lines, content, key, found["distance"].tolist())
        return
    same = sum(one["label"] == line["label"] for one in lines)
    st.markdown(
        f"**{same} of the {len(lines)} nearest rows** have this row's label, "
        f"{plain(line['label'])}."
    )
    _rows(run, lines, content, key, found["distance"].tolist())


def _rows(
    run: api.Run,
    lines: list[dict[str, Any]],
    content: Content | None,
    key: str,
    distances: list[float] | None,
) -> None:
    """Some rows as a table; a click goes to one. The key names whose they are: see `row_table`."""
    frame = pd.DataFrame(
        {
            "row": [one["row_number"] for one in lines],
            "label": [one["label"] for one in lines],
            "predicted": [one["predicted"] for one in lines],
            "decision": [DECISION_SIGN[one["decision"]] for one in lines],
        }
    )
    if content is not None:
        frame["content"] = [preview(one, content) for one in lines]
    if distances is not None:
        frame["distance"] = distances
    rows = [int(one["row_number"]) for one in lines]
    if reader.has_images(run):
        found = reader.thumbnails(run, rows)
        frame.insert(0, "image", [data_url(found[one]) if one in found else None for one in rows])

    @whole
    def take() -> None:
        picked = st.session_state[key].selection.rows
        if picked and picked[0] < len(rows):
            go_to(rows[picked[0]], "")

    st.dataframe(
        frame,
        hide_index=True,
        key=key,
        on_select=take,
        selection_mode="single-row",
        height="content",
        row_height=IMAGE_HEIGHT if "image" in frame else None,
        column_config={
            "distance": st.column_config.NumberColumn(format="%.2f"),
            "image": st.column_config.ImageColumn(width=IMAGE_HEIGHT + 8),
        },
        alt="Rows to compare with; pick one to see it",
    )
