"""What does the app read of a finished run, and what of it is kept between reruns?

Takes a run; gives its review table, its rows' curves and signals, and the names of the columns
that hold a row's content. Scores and signals never change once a run is done, so they are cached;
decisions do change, and the review table reads them afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_core import api
from finine_core.curation.group_filter import asks_for_groups
from finine_core.curation.review import DECISION, NEW_LABEL, ReviewTable
from finine_core.influence import GroupCurve, RowCurve, Slice
from finine_core.runs import RunFolder

OPEN_TABLES = 8  # each holds a small in-memory database
KEPT_ROWS = 500  # curves and signals kept; about 10 kB each
KEPT_COUNTS = 500  # numbers of rows, one for each filter somebody tried
PREVIEW_LENGTH = 40  # letters; a full text in each line would be most of what the page sends
PREVIEW_FEATURES = 3
DATA_PREFIX, MOST_PREFIXES = "data_", 3  # how the review table renames; more never happened


@dataclass(frozen=True)
class Content:
    """The columns of the review table that hold what a row says.

    Attributes:
        text: columns with text, as the table names them.
        features: columns with values that the model saw.
        other: the rest of the input (label, id, ignored).
    """

    text: tuple[str, ...]
    features: tuple[str, ...]
    other: tuple[str, ...]

    @property
    def searched(self) -> tuple[str, ...]:
        """Where a text search looks: everything the input says about a row."""
        return (*self.text, *self.features, *self.other)


def review_table(run: api.Run) -> ReviewTable:
    """The ranked table of a run; opened once, shared by all pages."""
    return _review_table(str(run.folder.path), _written(run))


def curve(run: api.Run, row: int, target: str) -> RowCurve:
    """The trade-off curve of a row."""
    return _curve(str(run.folder.path), _written(run), row, target)


def signals(run: api.Run, row: int, target: str) -> pd.DataFrame:
    """What was recorded on a row: step, signal, deviation, loss."""
    return _signals(str(run.folder.path), _written(run), row, target)


def prediction(run: api.Run, row: int) -> pd.DataFrame:
    """The likeliest classes of a row."""
    return _prediction(str(run.folder.path), _written(run), row)


def same_rows(run: api.Run, row: int) -> NDArray[np.int64]:
    """The other training rows that say the same."""
    return _same_rows(str(run.folder.path), _written(run), row)


def neighbours(run: api.Run, row: int, k: int) -> pd.DataFrame:
    """The training rows that the model puts next to a row."""
    return _neighbours(str(run.folder.path), _written(run), row, k)


def group_curve(run: api.Run, group_id: int, target: str) -> GroupCurve:
    """The trade-off curve of a saved group, with its influence."""
    return _group_curve(str(run.folder.path), _written(run), group_id, target)


def group_signals(run: api.Run, group_id: int, target: str) -> pd.DataFrame:
    """What was recorded on the rows of a saved group, on average."""
    return _group_signals(str(run.folder.path), _written(run), group_id, target)


def slices(run: api.Run, target: str) -> list[Slice]:
    """The kinds of rows, the most harmful first."""
    return _slices(str(run.folder.path), _written(run), target)


def count(run: api.Run, target: str, where: str | None) -> int:
    """How many rows meet a condition; counted again only when it, or a decision in it, changed."""
    by_decision = where is not None and any(
        one in where.casefold() for one in (DECISION, NEW_LABEL)
    )
    groups = run.groups.version() if asks_for_groups(where) else ()
    version = (run.log.version() if by_decision else 0, groups)
    folder, written = str(run.folder.path), _written(run)
    return _count(folder, written, target, where, version)


def tally(run: api.Run, target: str, conditions: Mapping[str, str]) -> dict[str, int]:
    """How many rows meet each condition; counted again when a decision was made."""
    asked = tuple(conditions.items())
    return _tally(str(run.folder.path), _written(run), target, asked, run.log.version())


def content_of(run: api.Run, table: ReviewTable) -> Content:
    """Which columns hold the content of a row, under the names that the table gives them."""
    roles: dict[str, Any] = run.record()["dataset"]["roles"]
    data = table.data_columns()
    text = tuple(data_name(data, name) for name in roles["text"])
    features = tuple(data_name(data, name) for name in roles["features"])
    shown = {*text, *features}
    return Content(text, features, tuple(name for name in data if name not in shown))


def data_name(data_columns: Sequence[str], name: str) -> str:
    """What the review table calls the input's column `name`: a score's name is not free.

    Examples:
        >>> data_name(["data_label", "text"], "label"), data_name(["data_label", "text"], "text")
        ('data_label', 'text')
    """
    renamed = (DATA_PREFIX * times + name for times in range(MOST_PREFIXES + 1))
    return next((alias for alias in renamed if alias in data_columns), name)


def preview(line: dict[str, Any], content: Content) -> str:
    """The beginning of a row's content, on one line.

    Examples:
        >>> preview({"text": "a\\n b" * 20}, Content(("text",), (), ()))
        'a ba ba ba ba ba ba ba ba ba ba ba ba b…'
        >>> preview({"width": 1.5, "kind": None}, Content((), ("width", "kind"), ()))
        'width 1.5, kind –'
    """
    if content.text:
        said = " · ".join(str(line[name]) for name in content.text if line[name] is not None)
        said = " ".join(said[: 4 * PREVIEW_LENGTH].split())
    else:
        names = content.features[:PREVIEW_FEATURES]
        said = ", ".join(f"{name} {value_words(line[name])}" for name in names)
    return said if len(said) <= PREVIEW_LENGTH else said[: PREVIEW_LENGTH - 1] + "…"


def value_words(value: object) -> str:
    """A cell as a person reads it.

    Examples:
        >>> value_words(None), value_words(0.1 + 0.2), value_words(7)
        ('–', '0.3', '7')
    """
    if value is None:
        return "–"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _written(run: api.Run) -> int:
    """When the run's scores were written; 0 where there are none, which the core then explains."""
    scores = run.folder.scores
    return scores.stat().st_mtime_ns if scores.exists() else 0


# Caches are keyed by the folder and by when its scores were written, so that another home, or a
# run made again under the same id, is never mistaken for this one.


@st.cache_resource(max_entries=OPEN_TABLES, show_spinner=False)
def _review_table(folder: str, written: int) -> ReviewTable:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).review()


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _curve(folder: str, written: int, row: int, target: str) -> RowCurve:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).curve(row, target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _signals(folder: str, written: int, row: int, target: str) -> pd.DataFrame:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).signals(row, target)


@st.cache_data(max_entries=KEPT_COUNTS, show_spinner=False)
def _count(folder: str, written: int, target: str, where: str | None, version: object) -> int:  # noqa: ARG001
    return _review_table(folder, written).count(target=target, where=where)


@st.cache_data(max_entries=KEPT_COUNTS, show_spinner=False)
def _tally(
    folder: str,
    written: int,
    target: str,
    asked: tuple[tuple[str, str], ...],
    version: int,  # noqa: ARG001
) -> dict[str, int]:
    return _review_table(folder, written).tally(dict(asked), target=target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _prediction(folder: str, written: int, row: int) -> pd.DataFrame:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).prediction(row)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _same_rows(folder: str, written: int, row: int) -> NDArray[np.int64]:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).same_rows(row)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _neighbours(folder: str, written: int, row: int, k: int) -> pd.DataFrame:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).neighbours(row, k)


# The rows of a saved group never change, nor is its number given to another.


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _group_curve(folder: str, written: int, group_id: int, target: str) -> GroupCurve:  # noqa: ARG001
    run = api.Run(RunFolder(Path(folder)))
    return run.group_curve(rows=run.groups.rows_of(group_id).tolist(), target=target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _group_signals(folder: str, written: int, group_id: int, target: str) -> pd.DataFrame:  # noqa: ARG001
    run = api.Run(RunFolder(Path(folder)))
    return run.group_signals(rows=run.groups.rows_of(group_id).tolist(), target=target)


@st.cache_data(max_entries=OPEN_TABLES, show_spinner=False)
def _slices(folder: str, written: int, target: str) -> list[Slice]:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).slices(target)
