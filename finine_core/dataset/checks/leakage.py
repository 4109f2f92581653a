"""Does a single column nearly give the label away?

Takes the subject, gives one finding that names such columns. Each input column by itself guesses
the label: a column with few kinds of values by the most frequent label of each value, a column of
numbers by a small decision tree, a text by the class names that stand in it. What counts is how
often it is right on rows it was not fitted on (cross-validation), so that ids get no credit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.checks.base import (
    Check,
    Finding,
    Severity,
    Subject,
    counted,
    first_few,
    percent,
)
from finine_core.dataset.checks.one_column_tree import thresholds
from finine_core.errors import shown
from finine_core.formats.values import as_text

# The share of the largest class's mistakes that a column avoids. Strong but honest measurements
# stay below: a petal's width .93 (iris), the best of the breast cancer measurements .77.
GIVES_AWAY = 0.95
# With fewer rows outside the largest class, a column may be right about all of them by chance.
FEWEST_OTHERS = 10
FOLDS = 3
# Rows looked at: enough to tell .95 from .93. The time goes with rows × columns × classes, which
# are kept below a limit, so that a table of 500 columns does not take minutes.
MOST_ROWS, FEWEST_ROWS, MOST_CELLS = 20_000, 2_000, 2_000_000
SEED = 0  # the same file gives the same findings
# Numbers with at most so many different values are looked up value by value, as codes are.
FEW_NUMBERS = 50
# The tree and the search in texts go class by class: rarer classes are put together.
MOST_CLASSES = 20
LARGEST = 0  # the code of the most frequent class
# A class name in a text says something when it is a word.
CLASS_WORD = re.compile(r"\w*[^\W\d]\w*[^\W\d]\w*$")


@dataclass(frozen=True)
class _Rows:
    """The rows looked at: their positions, labels and folds, all (m,)."""

    positions: np.ndarray
    labels: np.ndarray
    folds: np.ndarray

    @property
    def others(self) -> int:
        """Rows that are not of the largest class: the mistakes of who always names it."""
        return int((self.labels != LARGEST).sum())

    @property
    def allowed(self) -> int:
        """Mistakes of a column that gives the label away, at most."""
        return int((1 - GIVES_AWAY) * self.others)


def find(subject: Subject) -> list[Finding]:
    """Columns that nearly determine the label; or one of several, each by itself."""
    if subject.task != "multi_label":
        return _giving_away(subject, "the label")
    alone = (
        (name, replace(subject, labels=values, classes=(name,)))
        for name, values in zip(subject.roles.labels, subject.values.T, strict=True)
    )
    return [
        finding for name, one in alone for finding in _giving_away(one, f"the label {shown(name)}")
    ]


def _giving_away(subject: Subject, what: str) -> list[Finding]:
    rows = _drawn(subject)
    if rows.others < FEWEST_OTHERS:
        return []
    right = {}
    names = subject.roles.text + subject.roles.features  # what an image shows is to give it away
    table = subject.table.select(list(names))
    if len(rows.positions) < len(subject):
        table = table.take(pa.array(rows.positions))
    for name in names:
        is_text = name in subject.roles.text
        mistakes = _mistakes(table.column(name), is_text, subject.classes, rows)
        if mistakes is not None:
            right[name] = 1 - mistakes / len(rows.labels)
    if not right:
        return []
    return [_finding(subject, rows, dict(sorted(right.items(), key=lambda one: -one[1])), what)]


def rows_looked_at(subject: Subject) -> int:
    """How many of the rows the columns are judged on."""
    classes = min(len(subject.classes), MOST_CLASSES)
    fitting = MOST_CELLS // (len(subject.roles.inputs) * classes)
    return min(len(subject), max(FEWEST_ROWS, min(MOST_ROWS, fitting)))


def _finding(subject: Subject, rows: _Rows, right: dict[str, float], what: str) -> Finding:
    texts = subject.roles.text
    told = [
        f"{shown(name)}{', by the class names in it' if name in texts else ''} "
        f"({percent(share)} right)"
        for name, share in right.items()
    ]
    by_chance = 1 - rows.others / len(rows.labels)
    return subject.finding(
        "leakage",
        Severity.WARNING,
        None,
        problem=f"{counted(len(told), 'column')} nearly "
        f"{f'gives {what} away' if len(told) == 1 else f'give {what} away, each'} by itself: "
        f"{first_few(told)}. Always naming the largest class is {percent(by_chance)} right.",
        mend="If it is only known once the label is, or made from it, set the role to ignore: the "
        "model would learn nothing else. If it is known beforehand, all is well.",
        columns=tuple(right),
        numbers={"right_by_chance": by_chance, **{f"right: {k}": v for k, v in right.items()}},
    )


def _drawn(subject: Subject) -> _Rows:
    random = np.random.default_rng(SEED)
    drawn = random.permutation(len(subject))[: rows_looked_at(subject)]
    positions = np.sort(drawn)
    labels = _frequent_first(subject.labels[positions])
    return _Rows(positions, labels, folds=random.permutation(len(positions)) % FOLDS)


def _frequent_first(labels: np.ndarray) -> np.ndarray:
    """Labels by frequency, LARGEST first; all beyond MOST_CLASSES are one."""
    order = np.argsort(-np.bincount(labels), kind="stable")
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    return np.minimum(ranks, MOST_CLASSES)[labels]


def _mistakes(
    column: pa.ChunkedArray, is_text: bool, classes: tuple[str, ...], rows: _Rows
) -> int | None:
    """Rows about which the column alone is wrong; None as soon as there are too many."""
    kind = column.type
    numeric = pa.types.is_floating(kind) or pa.types.is_integer(kind)
    if is_text:
        leaves = _same_in_every_fold(_class_named(column, classes))
    elif not numeric or pc.count_distinct(column).as_py() <= FEW_NUMBERS:
        found = pc.index_in(column, value_set=pc.unique(column).drop_null())
        leaves = _same_in_every_fold(pc.fill_null(found, -1).to_numpy().astype(np.int64) + 1)
    else:
        values = pc.fill_null(column.cast(pa.float64(), safe=False), np.nan).to_numpy()
        leaves = _leaves_of_trees(values, rows)
    mistakes = 0
    for fold, codes in enumerate(leaves):
        mistakes += _mistakes_in_fold(codes, rows, fold)
        if mistakes > rows.allowed:
            return None
    return mistakes


def _same_in_every_fold(codes: np.ndarray) -> Iterator[np.ndarray]:
    return repeat(codes, FOLDS)


def _leaves_of_trees(values: np.ndarray, rows: _Rows) -> Iterator[np.ndarray]:
    """For each fold: the leaf of every row (m,), of a tree fitted on the other folds."""
    missing = np.isnan(values)
    order = np.argsort(values, kind="stable")  # missing values come last
    for fold in range(FOLDS):
        fitted = order[(rows.folds[order] != fold) & ~missing[order]]
        cuts = thresholds(values[fitted], rows.labels[fitted])
        leaves = np.searchsorted(cuts, values, side="right")
        yield np.where(missing, len(cuts) + 1, leaves)


def _mistakes_in_fold(codes: np.ndarray, rows: _Rows, fold: int) -> int:
    """How many rows of a fold have another label than their code mostly has in the other folds."""
    fitted = rows.folds != fold
    classes = int(rows.labels.max()) + 1
    seen = np.bincount(
        codes[fitted] * classes + rows.labels[fitted], minlength=(int(codes.max()) + 1) * classes
    ).reshape(-1, classes)
    guess = np.where(seen.any(axis=1), seen.argmax(axis=1), LARGEST)
    return int((guess[codes[~fitted]] != rows.labels[~fitted]).sum())


def _class_named(column: pa.ChunkedArray, classes: tuple[str, ...]) -> np.ndarray:
    """Which class's name stands in each text first looked for; 0 for none."""
    text = as_text(column)
    codes = np.zeros(len(text), dtype=np.int64)
    words = [name for name in classes if CLASS_WORD.match(name.strip())][:MOST_CLASSES]
    for code, word in enumerate(words, start=1):
        pattern = rf"\b{re.escape(word.strip())}\b"
        stands = pc.match_substring_regex(text, pattern, ignore_case=True)
        codes[(codes == 0) & pc.fill_null(stands, False).to_numpy()] = code
    return codes


CHECK = Check("a column that nearly gives the label away", find, rows_looked_at)
