"""How are rows dealt out to parts, by class, when some rows must not be parted?

Takes the class of each row and a number that rows of one set share; gives the rows that are held
out, or folds. With x_c rows of class c in a set, g_c in a part and t_c that the part is to have, of
n_c in all, a set is held out if that brings Σ_c (g_c − t_c)² / n_c down; and it goes to the fold in
which that sum grows least, which is the one with the least Σ_c x_c (x_c + 2 g_c) / n_c. Everything
is deterministic.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]

# The order in which sets are dealt is drawn so often, and the best outcome taken: with few sets
# the first draw can be far from the share. Beyond so many sets in all draws, luck evens out.
DRAWS, SETS_IN_ALL = 20, 40_000
NEARER = 1e-9  # less is rounding, which must not decide
_SINGLES = 1_000  # keeps the draw of rows without copies apart from those of orders


@dataclass(frozen=True, eq=False)
class _Sets:
    """Sets of two or more rows: the rows of each, its classes, and how many rows it has of each.

    A last class counts all rows, so that parts come to their share of the total as well.
    """

    rows: list[Ints]
    classes: list[Ints]
    counts: list[NDArray[np.float64]]


def stratified_folds(codes: Ints, folds: int, seed: int, together: Ints | None = None) -> Ints:
    """The fold of each row, 0 … folds−1: classes are spread evenly, sets of rows stay whole.

    With fewer sets than folds some folds are empty: it is for the caller to refuse that.

    Args:
        codes: (n,) class of each row.
        folds: how many, at least 2.
        seed: the same seed gives the same folds.
        together: (n,) equal numbers for rows that go into one fold; every row by itself when None.

    Returns:
        (n,) int64.

    Examples:
        >>> found = stratified_folds(np.repeat([0, 1], 10), 5, seed=0)
        >>> np.bincount(found).tolist(), np.bincount(found[:10]).tolist()
        ([4, 4, 4, 4, 4], [2, 2, 2, 2, 2])
        >>> patients = np.repeat(np.arange(10), 4)
        >>> found = stratified_folds(np.tile([0, 1], 20), 5, seed=0, together=patients)
        >>> [len(set(found[patients == one])) for one in range(10)] == [1] * 10
        True
        >>> np.bincount(found).tolist()
        [8, 8, 8, 8, 8]
    """
    random = np.random.default_rng(seed)
    sets, alone = _sets_of(codes, together)
    sizes = np.array([len(one) for one in sets.rows], dtype=np.int64)
    order = np.lexsort((random.random(len(sizes)), -sizes))  # the large ones while there is room
    whole = _with_total(np.bincount(codes))
    got = np.zeros((folds, len(whole)))
    found = np.empty(len(codes), dtype=np.int64)
    for at in order:
        found[sets.rows[at]] = _least_filled(sets, at, got, whole)
    for code in np.unique(codes[alone]):
        rows = random.permutation(alone[codes[alone] == code])
        more = _filled(got[:, code], len(rows), got[:, -1])
        found[rows] = np.repeat(np.arange(folds), more)
        got[:, code] += more
        got[:, -1] += more
    return found


def drawn_in_sets(codes: Ints, together: Ints, drawn: Bools, fraction: float, seed: int) -> Bools:
    """A draw of held-out rows in which sets of rows lie on one side, all in training or all not.

    Every set is dealt out anew, in an order that is drawn; rows that are in no set stay as they
    were drawn, but for those that make up for what whole sets cannot. Every class keeps a training
    row, and some row is held out if one was, as far as whole sets allow.

    Args:
        codes: (n,) class of each row.
        together: (n,) equal numbers for rows that are not to be parted.
        drawn: (n,) the draw without sets, True for held out.
        fraction: of the rows that are to be held out.
        seed: the same seed gives the same draw.

    Examples:
        >>> users, drawn = np.repeat(np.arange(10), 3), np.arange(30) % 5 == 0
        >>> held = drawn_in_sets(np.tile([0, 1, 0], 10), users, drawn, 0.2, seed=0)
        >>> int(held.sum()), sorted(np.bincount(users, weights=held).tolist())[-3:]
        (6, [0.0, 3.0, 3.0])
    """
    sets, alone = _sets_of(codes, together)
    found = _drawn(codes, sets, drawn, fraction, seed)
    return found if found is drawn else _made_up(codes, drawn, found, alone, seed)


def parted_mended(codes: Ints, together: Ints, drawn: Bools, fraction: float, seed: int) -> Bools:
    """The same for a draw that is to change as little as it can: only parted sets are dealt anew.

    Rows without copies make up for it, so that as many rows of each class are held out as before,
    where there are enough of them. Without parted sets it is the draw as it was.

    Examples:
        >>> drawn = np.array([True, False, False, False, True])
        >>> parted_mended(np.zeros(5, int), np.array([0, 0, 1, 2, 3]), drawn, 0.4, 0).tolist()
        [False, False, True, False, True]
        >>> parted_mended(np.zeros(5, int), np.arange(5), drawn, 0.4, 0).tolist()
        [True, False, False, False, True]
    """
    held = np.bincount(together, weights=drawn)
    parted = (held > 0) & (held < np.bincount(together))
    if not parted.any():
        return drawn
    alone = together.max() + 1 + np.arange(len(together))
    sets, _ = _sets_of(codes, np.where(parted[together], together, alone))
    found = _drawn(codes, sets, drawn, fraction, seed)
    single = np.flatnonzero(np.bincount(together)[together] == 1)
    return _made_up(codes, drawn, found, single, seed)


def _made_up(codes: Ints, drawn: Bools, found: Bools, single: Ints, seed: int) -> Bools:
    """`found` with as many rows of each class held out as were drawn, as far as single rows go."""
    made, among = found.copy(), np.zeros(len(codes), dtype=np.bool_)
    among[single] = True
    random = np.random.default_rng([seed, _SINGLES])
    for code in np.unique(codes):
        of_class = codes == code
        more = int((drawn & of_class).sum()) - int((made & of_class).sum())
        other = np.flatnonzero(of_class & among & (made == (more < 0)))
        made[random.permutation(other)[: abs(more)]] = more > 0
    return made


def joined(first: Ints, second: Ints) -> Ints:
    """Sets of rows that share a number in either of two numberings, or in several steps in both.

    Examples:
        >>> joined(np.array([0, 0, 1, 2, 3]), np.array([0, 1, 1, 2, 3])).tolist()
        [0, 0, 0, 1, 2]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    _, a = np.unique(first, return_inverse=True)
    _, b = np.unique(second, return_inverse=True)
    nodes = int(a.max(initial=0) + b.max(initial=0) + 2)
    links = coo_array((np.ones(len(a)), (a, a.max(initial=0) + 1 + b)), shape=(nodes, nodes))
    _, parts = connected_components(links, directed=False)
    found: Ints = np.unique(parts[a], return_inverse=True)[1].astype(np.int64)
    return found


def _sets_of(codes: Ints, together: Ints | None) -> tuple[_Sets, Ints]:
    """The sets of two or more rows, in the order of their first rows; and the rows in none."""
    sets = _Sets([], [], [])
    if together is None:
        return sets, np.arange(len(codes))
    _, first, number, size = np.unique(
        together, return_index=True, return_inverse=True, return_counts=True
    )
    several = np.flatnonzero(size > 1)
    order = np.argsort(number, kind="stable")
    ends = np.cumsum(size)
    total = int(codes.max(initial=0)) + 1
    for at in several[np.argsort(first[several])]:
        rows = order[ends[at] - size[at] : ends[at]]
        classes, counts = np.unique(codes[rows], return_counts=True)
        sets.rows.append(rows)
        sets.classes.append(np.append(classes, total))
        sets.counts.append(_with_total(counts))
    return sets, np.flatnonzero(size[number] == 1)


def _with_total(counts: NDArray[np.integer]) -> NDArray[np.float64]:
    return np.append(counts, counts.sum()).astype(np.float64)


def _least_filled(
    sets: _Sets, at: int, got: NDArray[np.float64], whole: NDArray[np.float64]
) -> int:
    """The fold for a set; `got` (folds, classes + 1) takes its rows in."""
    classes, counts = sets.classes[at], sets.counts[at]
    cost = (counts + 2 * got[:, classes]) @ (counts / whole[classes])
    fold = int(np.argmin(np.round(cost, 12)))  # the last bits must not decide
    got[fold, classes] += counts
    return fold


def _drawn(codes: Ints, sets: _Sets, drawn: Bools, fraction: float, seed: int) -> Bools:
    if not sets.rows or not drawn.any():
        return drawn
    whole = _with_total(np.bincount(codes))
    wanted = fraction * whole
    settled = drawn.copy()
    settled[np.concatenate(sets.rows)] = False
    best, least = drawn, np.inf
    for draw in range(int(np.clip(SETS_IN_ALL // len(sets.rows), 1, DRAWS))):
        held = settled.copy()
        out = _counted(codes, held)
        for at in np.random.default_rng([seed, draw]).permutation(len(sets.rows)):
            classes, counts = sets.classes[at], sets.counts[at]
            nearer = (counts + 2 * (out[classes] - wanted[classes])) @ (counts / whole[classes])
            if nearer < -NEARER:
                held[sets.rows[at]] = True
                out[classes] += counts
        got = np.stack([whole - out, out])
        _keep_every_class(sets, held, got)
        _hold_something_out(sets, held, got)
        off = np.square(got[1] - wanted) / np.maximum(whole, 1.0)
        if (far := float(off.sum())) < least:
            best, least = held, far
    return best


def _counted(codes: Ints, rows: Bools) -> NDArray[np.float64]:
    return _with_total(np.bincount(codes[rows], minlength=int(codes.max()) + 1))


def _keep_every_class(sets: _Sets, held: Bools, got: NDArray[np.float64]) -> None:
    """Take sets back to training until every class that sets have has a row there; the smallest."""
    while len(absent := np.flatnonzero((got[0] == 0) & (got[1] > 0))):
        have = [
            at
            for at, rows in enumerate(sets.rows)
            if held[rows[0]] and absent[0] in sets.classes[at]
        ]
        if not have:
            return  # its rows are in no set: as they were drawn
        _move(sets, min(have, key=lambda at: len(sets.rows[at])), False, held, got)


def _hold_something_out(sets: _Sets, held: Bools, got: NDArray[np.float64]) -> None:
    """Hold the smallest set out that can be spared, where nothing is held out otherwise."""
    if held.any():
        return
    for at in sorted(range(len(sets.rows)), key=lambda at: len(sets.rows[at])):
        if (got[0, sets.classes[at]] > sets.counts[at]).all():
            _move(sets, at, True, held, got)
            return


def _move(sets: _Sets, at: int, out: bool, held: Bools, got: NDArray[np.float64]) -> None:
    held[sets.rows[at]] = out
    got[int(out), sets.classes[at]] += sets.counts[at]
    got[1 - int(out), sets.classes[at]] -= sets.counts[at]


def _filled(
    counts: NDArray[np.float64], more: int, totals: NDArray[np.float64]
) -> NDArray[np.int64]:
    """How many of `more` rows each fold gets, so that folds that have few come to as many.

    Examples:
        >>> _filled(np.array([3.0, 0.0, 1.0]), 4, np.array([9.0, 9.0, 9.0])).tolist()
        [0, 2, 2]
        >>> _filled(np.array([3.0, 0.0, 1.0]), 4, np.array([9.0, 9.0, 8.0])).tolist()
        [0, 2, 2]
        >>> _filled(np.zeros(3), 4, np.array([5.0, 4.0, 3.0])).tolist()
        [1, 1, 2]
    """
    ascending = np.sort(counts)
    below = np.arange(1, len(counts) + 1)
    # the level to which the first k folds could be brought, for each k; the right k is the last
    # whose own count lies below it
    levels = (more + np.cumsum(ascending)) / below
    level = np.floor(levels[np.flatnonzero(levels >= ascending)[-1]])
    given = np.maximum(level - counts, 0).astype(np.int64)
    rest = more - int(given.sum())
    least = np.lexsort((np.arange(len(counts)), totals + given, counts + given))
    given[least[:rest]] += 1
    return given
