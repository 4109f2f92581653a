"""Which rows are the same in all input columns, and do their labels agree?

Takes the subject, gives up to three findings: repeats with different labels, held-out rows that
are also learned from, and plain repeats. Rows are compared by a 64-bit hash of their inputs: among
a million rows, two different ones are taken for the same once in forty million files.
"""

from __future__ import annotations

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted

# From this share of repeated rows on they weigh on what is learned; a few are everyday life.
MANY_REPEATS = 0.01
# A file whose inputs are all columns of few values must repeat itself: people of the same age and
# sex are not the same person. Columns hang together, so repeats are expected even where there are
# ten times as many combinations as rows.
FEW_VALUES, COMBINATIONS_PER_ROW = 50, 10


def find(subject: Subject) -> list[Finding]:
    """Rows that are the same in all input columns."""
    sets = _sets(subject)
    if sets is None:
        return []
    order, starts, sizes = sets
    labels, held_out = _labels(subject)[order], subject.held_out[order]
    conflicting = np.minimum.reduceat(labels, starts) != np.maximum.reduceat(labels, starts)
    some, every = np.maximum.reduceat(held_out, starts), np.minimum.reduceat(held_out, starts)
    crossing = some & ~every
    repeats = len(order) - len(starts)  # rows beyond the first of their set
    if _must_repeat(subject):
        return [_few_combinations(subject, order, len(starts), repeats)]
    found = []
    if conflicting.any():
        found.append(_conflicts(subject, order[np.repeat(conflicting, sizes)], conflicting))
    if crossing.any():
        members = np.repeat(crossing, sizes)
        found.append(_crossings(subject, order[members], int(held_out[members].sum())))
    if not conflicting.all():
        agreeing = ~conflicting
        rows = order[np.repeat(agreeing, sizes)]
        found.append(_repeats(subject, rows, int(agreeing.sum())))
    return found


def _sets(subject: Subject) -> tuple[np.ndarray, np.ndarray, np.ndarray] | None:
    """Positions of repeated rows, set by set; where each set begins; how many rows it has."""
    inputs = subject.table.select(list(subject.roles.inputs))
    empty = np.ones(len(subject), dtype=bool)  # rows without any input: told by another check
    for column in inputs.columns:
        empty &= pc.is_null(column, nan_is_null=True).to_numpy()
    plain = inputs.rename_columns([f"c{i}" for i in range(inputs.num_columns)])
    hashes = _hashes(plain)
    order = np.flatnonzero(~empty)
    order = order[np.argsort(hashes[order], kind="stable")]
    if len(order) == 0:
        return None
    begins = np.flatnonzero(np.r_[True, np.diff(hashes[order]) != 0])
    sizes = np.diff(np.r_[begins, len(order)])
    repeated = sizes > 1
    if not repeated.any():
        return None
    order = order[np.repeat(repeated, sizes)]
    sizes = sizes[repeated]
    starts = np.r_[0, np.cumsum(sizes)[:-1]]
    # Sets in the order in which the file first names them: hashes have none that means anything.
    ranks = np.argsort(order[starts], kind="stable")
    order = np.concatenate([order[starts[i] : starts[i] + sizes[i]] for i in ranks])
    sizes = sizes[ranks]
    return order, np.r_[0, np.cumsum(sizes)[:-1]], sizes


def _hashes(table: pa.Table) -> np.ndarray:
    """(n,) uint64, equal where all columns are."""
    names = ", ".join(table.column_names)
    with duckdb.connect() as database:
        relation = database.from_arrow(table)
        hashes: np.ndarray = relation.project(f"hash({names}) AS h").fetchnumpy()["h"]
    return hashes


def _must_repeat(subject: Subject) -> bool:
    if subject.roles.text or subject.roles.image is not None:
        return False
    combinations = 1
    for name in subject.roles.features:
        values = pc.count_distinct(subject.table.column(name), mode="all").as_py()
        combinations *= values
        if values > FEW_VALUES or combinations > COMBINATIONS_PER_ROW * len(subject):
            return False
    return True


def _few_combinations(subject: Subject, order: np.ndarray, sets: int, repeats: int) -> Finding:
    return subject.finding(
        "few_combinations",
        Severity.NOTE,
        order,
        problem=f"The input columns have few values, so that {counted(len(order), 'row')} of "
        f"{len(subject):,} are the same as another row in all of them.",
        mend="That is to be expected. Rows that look the same to a model share their fate: add "
        "columns if there are any that tell them apart.",
        columns=subject.roles.inputs,
        numbers={"sets": sets, "repeats": repeats},
    )


def _labels(subject: Subject) -> np.ndarray:
    """What rows are to agree in: classes, or whole sets of labels (rare ones share a class)."""
    if subject.task != "multi_label":
        return subject.labels
    _, sets = np.unique(subject.values, axis=0, return_inverse=True)
    return sets.reshape(-1)


def _conflicts(subject: Subject, rows: np.ndarray, conflicting: np.ndarray) -> Finding:
    sets = int(conflicting.sum())
    return subject.finding(
        "conflicting_duplicates",
        Severity.WARNING,
        rows,
        problem=f"{counted(len(rows), 'row')} in {counted(sets, 'set')} are the same in all input "
        "columns, but have different labels.",
        mend="At most one label of each set can be right, or something that tells the rows apart "
        "is missing. Look at them first when you review the run.",
        columns=(*subject.roles.inputs, *subject.roles.labels),
        numbers={"sets": sets},
    )


def _crossings(subject: Subject, rows: np.ndarray, held_out: int) -> Finding:
    total = int(subject.held_out.sum())
    return subject.finding(
        "validation_leak",
        Severity.WARNING,
        rows,
        problem=f"{counted(held_out, 'held-out row')} of {total:,} "
        f"{'is' if held_out == 1 else 'are'} also among the rows that are learned from.",
        mend="The model will look better on the held-out rows than it is (worse where the repeat "
        "has another label). Remove the repeats, or hold out rows by a column that keeps the same "
        "rows together.",
        columns=subject.roles.inputs,
        numbers={"held_out_rows": held_out},
    )


def _repeats(subject: Subject, rows: np.ndarray, sets: int) -> Finding:
    repeats = len(rows) - sets
    many = repeats >= MANY_REPEATS * len(subject)
    return subject.finding(
        "duplicates",
        Severity.WARNING if many else Severity.NOTE,
        rows,
        problem=f"{counted(repeats, 'row repeats', 'rows repeat')} another row in all input "
        f"columns, with the same label ({counted(sets, 'set')} of such rows).",
        mend="Each repeat lends its row more weight, and hides the influence of the others. Remove "
        "them unless they are separate observations.",
        columns=subject.roles.inputs,
        numbers={"sets": sets, "repeats": repeats},
    )


CHECK = Check("rows that repeat", find)
