"""Would a run on this choice work, and what is odd about the data?

`check` asks the core, by the same code that a run begins with, so what passes here passes there.
What it gives is kept, and is small: counts, findings, and the few rows that those are about.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import streamlit as st

from finine_app.components.data.choice import DataChoice
from finine_app.components.data.file_facts import (
    KEPT_FILES,
    PREVIEW_LETTERS,
    cut_short,
    split_column,
    stamp,
)
from finine_core.api import Finding, Report
from finine_core.dataset import Dataset, check_dataset, load_dataset
from finine_core.dataset.folds import without_rows
from finine_core.dataset.tasks import MULTI_LABEL, REGRESSION
from finine_core.dataset.tasks.base import NO_LABEL
from finine_core.errors import FinineError

_OPTIONS = (
    "label", "text", "features", "id", "ignore", "image", "skip_corrupt", "task", "group", "time",
)  # fmt: skip
CONCERNED_COLUMNS = 8  # of the rows a finding is about, the label included: what fits a screen


@dataclass(frozen=True, eq=False)
class Checked:
    """A dataset that can be run, without its tables, and what is odd about it.

    `rows_concerned` holds a small table for each finding of the report, in the same order.
    """

    dataset: Dataset
    report: Report
    rows_concerned: tuple[pd.DataFrame, ...]


def check(choice: DataChoice) -> Checked:
    """The dataset a run would learn from, and what is odd about it.

    Raises:
        FinineError: a run would be refused, and why.
    """
    stamps: tuple[int, ...] = stamp(Path(choice.data))
    if isinstance(choice.validation, str) and split_column(choice.validation) is None:
        stamps += stamp(Path(choice.validation))
    found = _checked(choice, stamps)
    if isinstance(found, FinineError):
        raise found
    return found


@st.cache_resource(max_entries=4 * KEPT_FILES, show_spinner="Checking the data…")
def _checked(choice: DataChoice, stamps: tuple[int, ...]) -> Checked | FinineError:  # noqa: ARG001
    options = {k: getattr(choice, k) for k in _OPTIONS}
    try:
        found = load_dataset(choice.data, validation=choice.validation, **options)
    except FinineError as error:
        return error
    except (OSError, ValueError) as error:
        return FinineError(f"{choice.data} cannot be read ({error}).", "Check the path.")
    report = check_dataset(found)
    concerned = tuple(rows_concerned(found, finding) for finding in report.findings)
    return Checked(without_rows(found), report, concerned)


def class_counts(dataset: Dataset) -> list[tuple[str, int, int]]:
    """(class, training rows, validation rows), the class with most rows first."""
    if dataset.task == MULTI_LABEL.name:
        return _label_counts(dataset)
    train, held_out = (
        Counter(dataset.train.labels.tolist()),
        Counter(dataset.validation.labels.tolist()),
    )
    counts = [(name, train[code], held_out[code]) for code, name in enumerate(dataset.classes)]
    if dataset.task == REGRESSION.name:
        return counts  # bands, in the order of their numbers
    return sorted(counts, key=lambda one: -(one[1] + one[2]))


def _label_counts(dataset: Dataset) -> list[tuple[str, int, int]]:
    """Rows that have each label, in the order of the labels, and those that have none."""
    names = (*dataset.answers, NO_LABEL)
    parts = [
        [*part.values.sum(axis=0).tolist(), int((part.values.sum(axis=1) == 0).sum())]
        for part in (dataset.train, dataset.validation)
    ]
    return list(zip(names, *parts, strict=True))


def rows_concerned(dataset: Dataset, finding: Finding) -> pd.DataFrame:
    """The rows that a finding names, with the label and the columns it is about."""
    held_out = set(dataset.validation.row_numbers.tolist())
    labels = dataset.roles.labels
    names = [*labels, *(name for name in finding.columns if name not in labels)][:CONCERNED_COLUMNS]
    own = dataset.table.take(pa.array([row for row in finding.rows if row >= 0], pa.int64()))
    second = [-row - 1 for row in finding.rows if row < 0]
    other = dataset.validation.table.take(pa.array(second, pa.int64()))
    lines = {row: own.slice(i, 1) for i, row in enumerate(r for r in finding.rows if r >= 0)}
    lines |= {-row - 1: other.slice(i, 1) for i, row in enumerate(second)}
    table: dict[str, list[object]] = {
        "row": [_row_words(row) for row in finding.rows],
        "part": ["validation" if row in held_out else "training" for row in finding.rows],
    }
    for name in names:
        values = (lines[row].column(name)[0].as_py() for row in finding.rows)
        table[_free(name, table)] = [
            None if v is None else cut_short(v, PREVIEW_LETTERS) for v in values
        ]
    return pd.DataFrame(table)


def _row_words(row: int) -> str:
    return str(row) if row >= 0 else f"{-row - 1} (second file)"


def _free(name: str, taken: Collection[str]) -> str:
    """A column's name in a table that has names of its own."""
    return name if name not in taken else f"{name} (column)"
