"""Which rows are drawn on the map when there are more than a browser can draw, and what is known
of each?

Takes a run's map, scores and decisions; gives one table of points, and the places to draw: all
decided rows, the rows with the largest |μ|, and a rest that keeps each label's share.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app.components import reader
from finine_app.components.reader import Content
from finine_core import api
from finine_core.runs import RunFolder

MOST_DRAWN = 20_000  # points; a browser stays quick, and the page weighs under 2 MB
TOP_SHARE = 4  # one drawn point in so many is there for its |μ|
KEPT_MAPS = 4


@dataclass(frozen=True)
class Drawn:
    """Places of the rows that are drawn, ascending, and how many were taken for what."""

    places: NDArray[np.int64]
    decided: int
    top: int
    rest: int


def choose_drawn(
    decided: NDArray[np.bool_],
    mu: NDArray[np.floating],
    labels: NDArray[np.object_],
    *,
    most: int = MOST_DRAWN,
    always: int | None = None,
) -> Drawn:
    """Which of n rows to draw: all when they are few enough.

    Args:
        decided: whether somebody decided on the row.
        labels: of each row.
        always: a place that is drawn whatever comes.

    Examples:
        >>> mu, labels = np.arange(8.0), np.array(["a"] * 4 + ["b"] * 4, dtype=object)
        >>> chosen = choose_drawn(mu == 0, mu, labels, most=4)
        >>> chosen.places[[0, -1]].tolist(), chosen.decided, chosen.top, chosen.rest
        ([0, 7], 1, 1, 2)
    """
    n = len(mu)
    if n <= most:
        return Drawn(np.arange(n), int(decided.sum()), 0, n - int(decided.sum()))
    order = np.argsort(-np.abs(mu), kind="stable")  # where even the decided are too many
    chosen = np.zeros(n, dtype=bool)
    chosen[order[decided[order]][:most]] = True
    count = int(chosen.sum())
    others = order[~chosen[order]]
    top = min(most // TOP_SHARE, most - count)
    chosen[others[:top]] = True
    rest = _stratified(others[top:], labels, most - count - top)
    chosen[rest] = True
    if always is not None:
        chosen[always] = True
    return Drawn(np.flatnonzero(chosen), count, top, len(rest))


def _stratified(
    places: NDArray[np.int64], labels: NDArray[np.object_], count: int
) -> NDArray[np.int64]:
    """`count` of the places, each label by its share, evenly over the rows of the label."""
    codes = pd.factorize(labels[places], sort=True)[0]
    by_label = places[np.lexsort((places, codes))]  # a label's rows stand together, in row order
    if count == 0:
        return by_label[:0]
    # Every so manieth of such a list takes of each label its share, rounded.
    return by_label[(np.arange(count) * len(by_label)) // count]


def words_of(drawn: Drawn, total: int) -> str:
    """What is drawn, for a person; '' when it is everything.

    Examples:
        >>> words_of(Drawn(np.arange(20_000), 212, 5000, 14_788), 100_000)[:49]
        'Showing 20,000 of 100,000 points: all 212 decided'
    """
    if len(drawn.places) >= total:
        return ""
    return (
        f"Showing {len(drawn.places):,} of {total:,} points: all {drawn.decided:,} decided rows, "
        f"the {drawn.top:,} with the largest influence (|μ|), and {drawn.rest:,} of the others, "
        "each label by its share. A lasso also takes the rows inside it that are not drawn."
    )


def load(run: api.Run, kind: str, target: str) -> pd.DataFrame:
    """One line per training row: row_number, x, y, mu, mean_loss, label, predicted, decision."""
    frame = _placed(str(run.folder.path), _written(run, kind), kind, target)
    marks = run.log.current()
    decisions = pd.Series(
        marks.column("decision").to_numpy(zero_copy_only=False),
        index=marks.column("row_number").to_numpy(),
        dtype=object,
    )
    found = decisions.reindex(frame["row_number"]).fillna("")
    return frame.assign(decision=found.to_numpy(dtype=object))


def previews(run: api.Run, target: str, rows: NDArray[np.int64], content: Content) -> list[str]:
    """The beginning of each row's content, in the order of `rows`."""
    folder = str(run.folder.path)
    return _previews(folder, _written(run, "pca"), target, rows, content)


def _written(run: api.Run, kind: str) -> int:
    """When what the map stands on was written."""
    folder = run.folder
    paths = [folder.scores, folder.projection, *sorted((folder.path / "map").glob(f"{kind}.*"))]
    return hash(tuple(path.stat().st_mtime_ns for path in paths if path.exists()))


@st.cache_data(max_entries=KEPT_MAPS, show_spinner=False)
def _placed(folder: str, written: int, kind: str, target: str) -> pd.DataFrame:  # noqa: ARG001
    run = api.Run(RunFolder(Path(folder)))
    scores = run.scores(target)[["row_number", "mu", "mean_loss", "label", "predicted"]]
    return run.projection(kind).merge(scores, on="row_number", validate="one_to_one")


@st.cache_data(max_entries=KEPT_MAPS, show_spinner=False)
def _previews(
    folder: str,
    written: int,  # noqa: ARG001
    target: str,
    rows: NDArray[np.int64],
    content: Content,
) -> list[str]:
    table = reader.review_table(api.Run(RunFolder(Path(folder))))
    wanted = ", ".join(map(str, rows.tolist()))
    found = table.query(target=target, where=f"row_number IN ({wanted})", with_data=True)
    names = ["row_number", *content.text, *content.features[: reader.PREVIEW_FEATURES]]
    said = {
        line["row_number"]: reader.preview(line, content)
        for line in found.select(list(dict.fromkeys(names))).to_pylist()
    }
    return [said[row] for row in rows.tolist()]
