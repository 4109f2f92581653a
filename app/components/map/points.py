"""Where do the rows of a run lie on the map, what is known of each, and which of them are drawn?

Takes a run's map, scores and decisions; gives arrays with a place for each training row, and the
places to draw: all decided rows, the rows with the largest |μ|, and a rest that keeps each label's
share. What the run wrote never changes, so it is read once and shared by all visitors.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app.components import learned, reader
from finine_app.components.content import PREVIEW_FEATURES, Content, preview
from finine_app.components.map.areas import frame_of
from finine_app.components.review.residuals import ERROR
from finine_core import api
from finine_core.dataset.tasks.bands import numeric_target
from finine_core.runs import RunFolder

MOST_DRAWN = 20_000  # points; a browser stays quick, and the figure weighs about 0.6 MB
TOP_SHARE = 4  # one drawn point in so many is there for its |μ|
KEPT_MAPS = 4  # each about 5 MB at 100,000 rows
STEPS = 32_000  # of the map's width and height: whole numbers of two bytes, finer than any screen
DECISIONS = ("", "delete", "keep", "review", "relabel")


@dataclass(frozen=True)
class Points:
    """The training rows of a run on one kind of map, in one order; the arrays are read-only.

    Attributes:
        kind, target: which map, and what influence is measured on.
        row_number: shape (n,).
        places: x and y in `STEPS` of the map's width and height, shape (n, 2).
        mu, mean_loss: of each row on the target.
        label: the place of its label in `labels`.
        labels: the labels in words, the most frequent first; of numbers, bands.
        differs: whether the model predicts another label.
        number, error: the given number, and what the model predicts too much; None of classes.
    """

    kind: str
    target: str
    row_number: NDArray[np.int64]
    places: NDArray[np.int16]
    mu: NDArray[np.float64]
    mean_loss: NDArray[np.float64]
    label: NDArray[np.int64]
    labels: tuple[str, ...]
    differs: NDArray[np.bool_]
    number: NDArray[np.float64] | None = None
    error: NDArray[np.float64] | None = None

    def __len__(self) -> int:
        return len(self.row_number)

    def place_of(self, row: int | None) -> int | None:
        """Where in the arrays a row stands; None when it is not on the map."""
        if row is None:
            return None
        found = np.flatnonzero(self.row_number == row)
        return int(found[0]) if len(found) else None


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
    labels: NDArray[np.int64],
    *,
    most: int = MOST_DRAWN,
    always: int | None = None,
) -> Drawn:
    """Which of n rows to draw: all when they are few enough.

    Args:
        decided: whether somebody decided on the row.
        labels: of each row, as a number.
        always: a place that is drawn whatever comes.

    Examples:
        >>> mu, labels = np.arange(8.0), np.repeat([0, 1], 4)
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
    places: NDArray[np.int64], labels: NDArray[np.int64], count: int
) -> NDArray[np.int64]:
    """`count` of the places, each label by its share, evenly over the rows of the label."""
    by_label = places[np.lexsort((places, labels[places]))]  # a label's rows together
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
        f"Showing {len(drawn.places):,} of {total:,} points: all {drawn.decided:,} decided rows "
        f"when it was drawn, the {drawn.top:,} with the largest influence (|μ|), and "
        f"{drawn.rest:,} of the others, each label by its share. "
        "A lasso also takes the rows inside it that are not drawn."
    )


def load(run: api.Run, kind: str, target: str) -> Points:
    """Every training row of the run on the map of that kind."""
    return _load(str(run.folder.path), _written(run, kind), kind, target)


def decisions(run: api.Run, known: Points, version: int) -> NDArray[np.int8]:
    """What is decided on each row, as its place in `DECISIONS`; `version` is the log's now."""
    return _decisions(str(run.folder.path), _written(run, known.kind), version, known)


def drawn_now(run: api.Run, known: Points, chosen: int | None) -> Drawn:
    """The places to draw as things stand, with one that is drawn whatever comes."""
    version = run.log.version()
    return _drawn(str(run.folder.path), _written(run, known.kind), version, known, chosen)


def previews(run: api.Run, target: str, rows: NDArray[np.int64]) -> list[str]:
    """The beginning of each row's content, in the order of `rows`."""
    content = reader.content_of(run, reader.review_table(run))
    return _previews(str(run.folder.path), _written(run, "pca"), target, rows, content)


def _written(run: api.Run, kind: str) -> int:
    """When what the map stands on was written."""
    folder = run.folder
    paths = [folder.scores, folder.projection, *sorted((folder.path / "map").glob(f"{kind}.*"))]
    return hash(tuple(path.stat().st_mtime_ns for path in paths if path.exists()))


@st.cache_resource(max_entries=KEPT_MAPS, show_spinner=False)
def _load(folder: str, written: int, kind: str, target: str) -> Points:  # noqa: ARG001
    run = api.Run(RunFolder(Path(folder)))
    number = learned.learns_number(run.record())
    names = ["row_number", "mu", "mean_loss", "label", "predicted", *([ERROR] if number else [])]
    frame = run.projection(kind).merge(
        run.scores(target)[names], on="row_number", validate="one_to_one"
    )
    label = _bands(frame["label"]) if number else _classes(frame["label"])
    found = Points(
        kind=kind,
        target=target,
        row_number=frame["row_number"].to_numpy(dtype=np.int64),
        places=_whole(frame[["x", "y"]].to_numpy()),
        mu=frame["mu"].to_numpy(dtype=np.float64),
        mean_loss=frame["mean_loss"].to_numpy(dtype=np.float64),
        label=label.codes.astype(np.int64),
        labels=tuple(map(str, label.categories)),
        differs=(frame["label"] != frame["predicted"]).to_numpy(dtype=bool),
        number=pd.to_numeric(frame["label"]).to_numpy(dtype=np.float64) if number else None,
        error=frame[ERROR].to_numpy(dtype=np.float64) if number else None,
    )
    for one in vars(found).values():
        if isinstance(one, np.ndarray):
            one.setflags(write=False)
    return found


def _classes(labels: pd.Series) -> pd.Categorical:
    return pd.Categorical(labels, labels.value_counts().index)


def _bands(labels: pd.Series) -> pd.Categorical:
    found = numeric_target(pd.to_numeric(labels).to_numpy(dtype=np.float64))
    return pd.Categorical(np.array(found.bands)[found.codes], list(found.bands))


def _whole(places: NDArray[np.floating]) -> NDArray[np.int16]:
    low, size = frame_of(places)
    return np.rint((places - low) / size * STEPS).astype(np.int16)


# With the folder and the time of writing, these tell points from all others.
_TOLD_BY: dict[str | type, Callable[[Any], object]] = {
    Points: lambda known: (known.kind, known.target)
}


@st.cache_resource(max_entries=KEPT_MAPS, show_spinner=False, hash_funcs=_TOLD_BY)
def _drawn(folder: str, written: int, version: int, known: Points, chosen: int | None) -> Drawn:
    decided = _decisions(folder, written, version, known) > 0
    return choose_drawn(decided, known.mu, known.label, always=chosen)


@st.cache_resource(max_entries=KEPT_MAPS, show_spinner=False, hash_funcs=_TOLD_BY)
def _decisions(
    folder: str,
    written: int,  # noqa: ARG001
    version: int,  # noqa: ARG001
    known: Points,
) -> NDArray[np.int8]:
    marks = api.Run(RunFolder(Path(folder))).log.current()
    codes = pd.Index(DECISIONS).get_indexer(marks.column("decision").to_pandas())
    by_row = pd.Series(codes, index=marks.column("row_number").to_numpy())
    found = by_row.reindex(known.row_number, fill_value=0).to_numpy(dtype=np.int8)
    found.setflags(write=False)
    return found


@st.cache_resource(max_entries=KEPT_MAPS, show_spinner=False)
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
    names = ["row_number", *content.text, *content.features[:PREVIEW_FEATURES]]
    said = {
        line["row_number"]: preview(line, content)
        for line in found.select(list(dict.fromkeys(names))).to_pylist()
    }
    return [said[row] for row in rows.tolist()]
