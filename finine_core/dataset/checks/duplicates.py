"""Which rows are the same in all input columns, and do their labels agree?

Takes the subject, gives up to three findings: repeats with different labels, held-out rows that
are also learned from, and plain repeats. Rows are compared by a 64-bit hash of their inputs: among
a million rows, two different ones are taken for the same once in forty million files.
"""

from __future__ import annotations

import numpy as np

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted
from finine_core.dataset.holding_out.same_inputs import hashes_of, must_repeat, nothing_in

# From this share of repeated rows on they weigh on what is learned; a few are everyday life.
MANY_REPEATS = 0.01


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
    if must_repeat(subject.table, subject.roles):
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
    hashes = hashes_of(inputs)
    order = np.flatnonzero(~nothing_in(inputs))  # rows without any input: told by another check
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
        "has another label). Remove the repeats, or hold out a share drawn by chance, which keeps "
        "them on one side.",
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
