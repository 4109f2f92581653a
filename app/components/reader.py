"""What does the app read of a finished run, and what of it is kept between reruns?

Takes a run; gives its review table, its rows' curves and signals, and the names of the columns
that hold a row's content. Scores and signals never change once a run is done, so they are cached;
decisions do change, and the review table reads them afresh.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from finine_app.components import learned
from finine_app.components.content import Content, data_name
from finine_core import api
from finine_core.curation import comparing
from finine_core.curation.comparing import NUMBERS, Place
from finine_core.curation.group_filter import asks_for_groups
from finine_core.curation.review import DECISION, NEW_LABEL, ReviewTable
from finine_core.influence import GroupCurve, RowCurve, Slice
from finine_core.runs import RunFolder

OPEN_TABLES = 8  # each holds a small in-memory database
KEPT_ROWS = 500  # curves and signals kept; about 10 kB each
KEPT_IMAGES, IMAGE_SECONDS = 50, 60.0  # some 100 kB each; the input may change meanwhile
KEPT_COUNTS = 500  # counts of the Review page's lists, of as many states of the log
KEPT_PAGES = 100  # of up to 100 lines with their data
KEPT_LISTS = 30  # lists of row numbers; 8 bytes a row
# A condition with one of these words may ask for decisions, as COLUMNS('d.*') does.
_DECIDED = (DECISION, NEW_LABEL, "columns")


def review_table(run: api.Run) -> ReviewTable:
    """The ranked table of a run; opened once, shared by all pages."""
    return _review_table(str(run.folder.path), _written(run))


def curve(run: api.Run, row: int, target: str) -> RowCurve:
    """The trade-off curve of a row."""
    return _curve(str(run.folder.path), _written(run), row, target)


def signals(run: api.Run, row: int, target: str) -> pd.DataFrame:
    """What was recorded on a row: step, signal, deviation, loss."""
    return _signals(str(run.folder.path), _written(run), row, target)


def learned_in(run: api.Run, row: int) -> tuple[int, ...]:
    """The trainings of the run that learned from a row."""
    return _learned_in(str(run.folder.path), _written(run), row)


def has_images(run: api.Run) -> bool:
    """Whether the run learned from images."""
    return run.has_images


def thumbnails(run: api.Run, rows: Sequence[int]) -> dict[int, bytes]:
    """Small copies of the images of some rows."""
    return _thumbnails(str(run.folder.path), _written(run), tuple(int(row) for row in rows))


def image(run: api.Run, row: int) -> bytes | None:
    """The image of a row itself; None where the input has it no more, or has none."""
    return _image(str(run.folder.path), _written(run), row)


def prediction(run: api.Run, row: int) -> pd.DataFrame:
    """The likeliest classes of a row."""
    return _prediction(str(run.folder.path), _written(run), row)


def places(
    run: api.Run,
    line: Mapping[str, Any],
    columns: Sequence[str],
    labels: Sequence[str],
    target: str,
) -> dict[str, list[Place]]:
    """Where a row's values lie among the other rows of each label."""
    folder, written, row = str(run.folder.path), _written(run), int(line["row_number"])
    return _places(folder, written, row, tuple(columns), tuple(labels), target, _line=line)


def lines(
    run: api.Run, rows: Sequence[int] | NDArray[np.int64], target: str
) -> list[dict[str, Any]]:
    """The lines of the review table with these row numbers, in their order, with their data."""
    folder, written, version = str(run.folder.path), _written(run), run.log.version()
    return _lines(folder, written, tuple(int(row) for row in rows), target, version)


def labels_said(run: api.Run, record: Mapping[str, Any]) -> Sequence[str]:
    """What rows may have as label or prediction: classes or sets of labels; nothing for numbers."""
    if learned.learns_number(record):
        return ()
    if not learned.learns_labels(record):
        return list(record["dataset"]["classes"])
    return _sets_said(str(run.folder.path), _written(run), run.targets[0])


def errors(run: api.Run, target: str) -> pd.DataFrame:
    """Of a run that learned numbers: given and predicted number, error and μ of each row."""
    return _errors(str(run.folder.path), _written(run), target)


def same_rows(run: api.Run, row: int) -> NDArray[np.int64]:
    """The other training rows that say the same."""
    return _same_rows(str(run.folder.path), _written(run), row)


def neighbours(run: api.Run, row: int, k: int) -> pd.DataFrame:
    """The training rows that the model puts next to a row."""
    return _neighbours(str(run.folder.path), _written(run), row, k)


def group_curve(run: api.Run, group_id: int, target: str) -> GroupCurve:
    """The trade-off curve of a saved group, with its influence."""
    return _group_curve(str(run.folder.path), _written(run), group_id, target)


def curve_of_rows(run: api.Run, rows: NDArray[np.int64], target: str) -> GroupCurve:
    """The trade-off curve of any rows taken out together, with its influence."""
    return _curve_of_rows(str(run.folder.path), _written(run), rows.tobytes(), target)


def group_signals(run: api.Run, group_id: int, target: str) -> pd.DataFrame:
    """What was recorded on the rows of a saved group, on average."""
    return _group_signals(str(run.folder.path), _written(run), group_id, target)


def slices(run: api.Run, target: str) -> list[Slice]:
    """The kinds of rows, the most harmful first."""
    return _slices(str(run.folder.path), _written(run), target)


def listed(
    run: api.Run, target: str, where: str | None, sort: tuple[str, bool] = ("rank", False)
) -> NDArray[np.int64]:
    """The row numbers of a list, in order; asked again only when it, or a decision in it, changed.

    Args:
        where: a condition on the review table; None for all rows.
        sort: a column, and whether it is descending.
    """
    asked = f"{where or ''} {sort[0]}".casefold()
    version = (
        run.log.version() if any(one in asked for one in _DECIDED) else 0,
        run.groups.version() if asks_for_groups(where) else (),
    )
    folder, written = str(run.folder.path), _written(run)
    return _listed(folder, written, target, where, sort, version)


def tally(run: api.Run, target: str, conditions: Mapping[str, str]) -> dict[str, int]:
    """How many rows meet each condition; counted again when a decision was made."""
    asked = tuple(conditions.items())
    return _tally(str(run.folder.path), _written(run), target, asked, run.log.version())


def content_of(run: api.Run, table: ReviewTable) -> Content:
    """Which columns hold the content of a row, under the names that the table gives them."""
    roles: dict[str, Any] = run.record()["dataset"]["roles"]
    data = table.data_columns()
    image = roles.get("image")  # its path is what can be read of a row with an image
    text = tuple(data_name(data, name) for name in ([image] if image else roles["text"]))
    features = tuple(data_name(data, name) for name in roles["features"])
    shown = {*text, *features}
    kinds = dict(table.columns())
    return Content(
        text,
        features,
        tuple(name for name in data if name not in shown),
        frozenset(name for name in data if kinds[name].split("(")[0] in NUMBERS),
    )


def _written(run: api.Run) -> int:
    """When the run's scores were written; 0 where there are none, which the core then explains."""
    scores = run.folder.scores
    return scores.stat().st_mtime_ns if scores.exists() else 0


# Caches are keyed by the folder and by when its scores were written, so that another home, or a
# run made again under the same id, is never mistaken for this one.


@st.cache_resource(max_entries=OPEN_TABLES, show_spinner=False)
def _review_table(folder: str, written: int) -> ReviewTable:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).review(in_memory=True)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _curve(folder: str, written: int, row: int, target: str) -> RowCurve:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).curve(row, target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _signals(folder: str, written: int, row: int, target: str) -> pd.DataFrame:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).signals(row, target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _learned_in(folder: str, written: int, row: int) -> tuple[int, ...]:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).learned_in(row)


@st.cache_data(max_entries=KEPT_LISTS, show_spinner=False)
def _listed(
    folder: str,
    written: int,
    target: str,
    where: str | None,
    sort: tuple[str, bool],
    version: object,  # noqa: ARG001
) -> NDArray[np.int64]:
    table = _review_table(folder, written)
    return table.row_numbers(target=target, where=where, order_by=sort[0], descending=sort[1])


@st.cache_data(max_entries=KEPT_COUNTS, show_spinner=False)
def _tally(
    folder: str,
    written: int,
    target: str,
    asked: tuple[tuple[str, str], ...],
    version: int,  # noqa: ARG001
) -> dict[str, int]:
    return _review_table(folder, written).tally(dict(asked), target=target)


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False)
def _thumbnails(folder: str, written: int, rows: tuple[int, ...]) -> dict[int, bytes]:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).thumbnails(rows)


@st.cache_data(max_entries=KEPT_IMAGES, show_spinner=False, ttl=IMAGE_SECONDS)
def _image(folder: str, written: int, row: int) -> bytes | None:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).image(row)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _prediction(folder: str, written: int, row: int) -> pd.DataFrame:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).prediction(row)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _same_rows(folder: str, written: int, row: int) -> NDArray[np.int64]:
    return api.Run(RunFolder(Path(folder))).same_rows(row, _review_table(folder, written))


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _places(
    folder: str,
    written: int,
    row: int,  # noqa: ARG001
    columns: tuple[str, ...],
    labels: tuple[str, ...],
    target: str,
    _line: Mapping[str, Any],
) -> dict[str, list[Place]]:
    return comparing.places(_review_table(folder, written), _line, columns, labels, target)


@st.cache_data(max_entries=OPEN_TABLES, show_spinner=False)
def _sets_said(folder: str, written: int, target: str) -> list[str]:
    found = _review_table(folder, written).query(target=target)
    said = {one for name in ("label", "predicted") for one in found.column(name).to_pylist()}
    return sorted(said)


@st.cache_data(max_entries=OPEN_TABLES, show_spinner=False)
def _errors(folder: str, written: int, target: str) -> pd.DataFrame:
    found = _review_table(folder, written).query(target=target)
    frame = found.select(["row_number", "label", "predicted", "error", "mu"]).to_pandas()
    return frame.astype({"label": float, "predicted": float})


@st.cache_data(max_entries=KEPT_PAGES, show_spinner=False)
def _lines(
    folder: str,
    written: int,
    rows: tuple[int, ...],
    target: str,
    version: int,  # noqa: ARG001
) -> list[dict[str, Any]]:
    table = _review_table(folder, written)
    return table.lines(rows, target=target, with_data=True).to_pylist()


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _neighbours(folder: str, written: int, row: int, k: int) -> pd.DataFrame:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).neighbours(row, k)


# The rows of a saved group never change, nor is its number given to another.


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _group_curve(folder: str, written: int, group_id: int, target: str) -> GroupCurve:  # noqa: ARG001
    run = api.Run(RunFolder(Path(folder)))
    return run.group_curve(rows=run.groups.rows_of(group_id).tolist(), target=target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _curve_of_rows(folder: str, written: int, rows: bytes, target: str) -> GroupCurve:  # noqa: ARG001
    chosen = np.frombuffer(rows, dtype=np.int64)
    return api.Run(RunFolder(Path(folder))).group_curve(rows=chosen.tolist(), target=target)


@st.cache_data(max_entries=KEPT_ROWS, show_spinner=False)
def _group_signals(folder: str, written: int, group_id: int, target: str) -> pd.DataFrame:  # noqa: ARG001
    run = api.Run(RunFolder(Path(folder)))
    return run.group_signals(rows=run.groups.rows_of(group_id).tolist(), target=target)


@st.cache_data(max_entries=OPEN_TABLES, show_spinner=False)
def _slices(folder: str, written: int, target: str) -> list[Slice]:  # noqa: ARG001
    return api.Run(RunFolder(Path(folder))).slices(target)
