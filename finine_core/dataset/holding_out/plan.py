"""Which rows are held out, by whatever a person asked for, and what is to be told of it?

By chance, by groups, the latest, by a column, or those of a second file: `hold_out` says which rows
of the first file, and `keep_copies_together` sees to it that no row is judged by a copy of itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pyarrow as pa

from finine_core.dataset.holding_out.groups import (
    SHOWN_CLASSES,
    Groups,
    classes_of_one_group,
    groups_in,
    numbered,
    texts_of,
)
from finine_core.dataset.holding_out.same_inputs import same_inputs
from finine_core.dataset.holding_out.times import latest_rows
from finine_core.dataset.holding_out.together import drawn_in_sets, parted_mended
from finine_core.dataset.roles import Roles
from finine_core.dataset.split import check_fraction, split_by_column, split_by_fraction
from finine_core.dataset.tasks import Answers
from finine_core.errors import FinineError, shown
from finine_core.formats.values import BY_NUMBER, RowNames

CHANCE, GROUP, TIME, COLUMN, FILE, NOTHING = "chance", "group", "time", "column", "file", "nothing"
FAR_OFF = 0.25  # of the rows asked for: with copies kept together a draw may be off by so much
FEW_OFF = 2  # and by so many rows, of which a quarter is less than a pair


@dataclass(frozen=True, eq=False)
class HeldOut:
    """Which of n rows are held out.

    Attributes:
        mask: (n,) bool.
        by: chance, group, time, column, file or nothing.
        groups: of the rows, where a column names them.
        notes: what a person should know.
        figures: what run.json says.
    """

    mask: np.ndarray
    by: str
    groups: Groups | None = None
    notes: tuple[str, ...] = ()
    figures: tuple[tuple[str, int | str], ...] = ()

    @property
    def facts(self) -> dict[str, int | str]:
        """How the rows were held out, for machines."""
        return {"by": self.by, **dict(self.figures)}

    def with_note(self, note: str, **figures: int | str) -> HeldOut:
        """The same, with something more to tell."""
        return replace(self, notes=(*self.notes, note), figures=(*self.figures, *figures.items()))


def hold_out(
    table: pa.Table,
    roles: Roles,
    answers: Answers,
    fraction: float,
    seed: int,
    *,
    second_file: bool = False,
    rows: RowNames = BY_NUMBER,
) -> HeldOut:
    """Which rows of a table are held out.

    Args:
        fraction: of the rows, where neither a column nor a second file says which.
        second_file: whether the held-out rows are those of another file.

    Raises:
        FinineError: the fraction is out of range, or a column does not say what it should.
    """
    groups = None
    if roles.group is not None:
        groups = groups_in(roles.group, table.column(roles.group))
    if roles.split is not None:
        mask = split_by_column(roles.split, table.column(roles.split), rows)
        found = HeldOut(mask, COLUMN, groups, figures=(("column", roles.split),))
    elif roles.time is not None:
        found = _latest(table, roles, fraction, rows)
    else:
        mask = split_by_fraction(answers.codes, fraction, seed)
        by = FILE if second_file else CHANCE if mask.any() else NOTHING
        found = HeldOut(mask, by, groups)
        if groups is not None and by == CHANCE:
            found = _by_group(answers.codes, groups, mask, fraction, seed)
    return found if groups is None else _told_of_groups(found, groups, answers)


def keep_copies_together(
    held: HeldOut,
    table: pa.Table,
    roles: Roles,
    codes: np.ndarray,
    of_images: np.ndarray | None,
    fraction: float,
    seed: int,
) -> HeldOut:
    """The same draw, without copies on both sides; changed only where there were some.

    Rows that a column of groups, a time or a split column divides stay as they were divided.

    Args:
        of_images: (n,) equal numbers for images that are copies; None where there are none.
    """
    if held.by != CHANCE:
        return held
    copies = same_inputs(table, roles) if of_images is None else of_images
    if copies is None:
        return held
    sizes = np.bincount(copies)
    count, sets = int(sizes[sizes > 1].sum()), int((sizes > 1).sum())
    if not count:
        return held
    mask = parted_mended(codes, copies, held.mask, fraction, seed)
    alike = "are the same as another in all that is learned from"
    if of_images is not None:
        alike = "show the same image as another"
    rows = f"{count:,} rows {alike}, {_counted(sets, 'set')} of such rows."
    off = abs(int(mask.sum()) - int(held.mask.sum()))
    if (held.mask.any() and not mask.any()) or off > max(FEW_OFF, FAR_OFF * held.mask.sum()):
        return held.with_note(
            f"{rows} They are so many that whole sets cannot be held out: copies lie on both "
            "sides, which flatters the figures on held-out rows.",
            copies=count,
            copies_kept_together=0,
        )
    return replace(held, mask=mask).with_note(
        f"{rows} Each set lies on one side, all learned from or all held out, so that no row is "
        "judged by a copy of itself.",
        copies=count,
        copies_kept_together=count,
    )


def second_groups(
    roles: Roles, first: pa.Table, second: pa.Table
) -> tuple[np.ndarray | None, np.ndarray | None, list[str]]:
    """The groups of the rows of two files in one numbering, and what to know of those in both.

    Raises:
        FinineError: the second file's column holds neither numbers nor text.
    """
    name = roles.group
    if name is None:
        return None, None, []
    columns = [texts_of(name, one.column(name)) for one in (first, second)]
    numbers, _ = numbered(pa.chunked_array([c for one in columns for c in one.chunks], pa.string()))
    own, other = numbers[: len(first)], numbers[len(first) :]
    shared = len(np.intersect1d(own, other))
    if not shared:
        return own, other, []
    note = (
        f"{_counted(shared, 'group')} of {shown(name)} {_are(shared)} in both files: held-out rows "
        "of it are judged by a model that knows the group."
    )
    return own, other, [note]


def _latest(table: pa.Table, roles: Roles, fraction: float, rows: RowNames) -> HeldOut:
    check_fraction(fraction)
    name = str(roles.time)
    found = latest_rows(name, table.column(name), fraction, rows)
    figures = (("column", name), ("from", found.border))
    held = HeldOut(found.mask, TIME, figures=figures).with_note(
        f"The latest {_rows_and_share(found.mask, fraction)}: those with {shown(name)} from "
        f"{shown(found.border)} on. Rows of the same time lie on one side."
    )
    if name in roles.inputs:
        return held
    return held.with_note(
        f"Nothing is learned from {shown(name)}; it only says which rows are late."
    )


def _by_group(
    codes: np.ndarray, groups: Groups, drawn: np.ndarray, fraction: float, seed: int
) -> HeldOut:
    mask = drawn_in_sets(codes, groups.numbers, drawn, fraction, seed)
    name, every, out = shown(groups.column), groups.among(), groups.among(mask)
    if not mask.any():
        raise FinineError(
            f"No group of {name} can be held out: each of its {_counted(every, 'group')} has all "
            "rows of some class.",
            "Leave the group out, or hold out no rows (validation 0).",
        )
    note = (
        f"Every value of {name} stands in one row only: no rows are held together."
        if every == np.count_nonzero(~groups.missing)
        else f"The rows of each group of {name} lie on one side: {out:,} of "
        f"{_counted(every, 'group')} and {_rows_and_share(mask, fraction)}."
    )
    return HeldOut(mask, GROUP, groups).with_note(note, groups_held_out=out)


def _told_of_groups(held: HeldOut, groups: Groups, answers: Answers) -> HeldOut:
    name = shown(groups.column)
    figures = (("group", groups.column), ("groups", groups.among()))
    held = replace(held, figures=(*held.figures, *figures))
    held = held.with_note(
        f"Nothing is learned from {name}; it only says which rows belong together."
    )
    if missing := int(groups.missing.sum()):
        held = held.with_note(
            f"The group column {name} has no value in {_counted(missing, 'row')}: each is a group "
            "of its own.",
            rows_without_group=missing,
        )
    if held.by == COLUMN:
        both = np.intersect1d(groups.numbers[held.mask], groups.numbers[~held.mask])
        if len(both):
            held = held.with_note(
                f"{_counted(len(both), 'group')} of {name} {_are(len(both))} on both sides: their "
                "held-out rows are judged by a model that knows the group.",
                groups_on_both_sides=len(both),
            )
    if answers.names == answers.classes:
        alone = classes_of_one_group(groups.numbers, answers.codes, answers.classes)
        if alone:
            more = ", …" if len(alone) > SHOWN_CLASSES else ""
            held = held.with_note(
                f"All rows of {', '.join(map(shown, alone[:SHOWN_CLASSES]))}{more} are in one "
                f"group of {name}: no other group can tell whether their labels are right."
            )
    return held


def _rows_and_share(mask: np.ndarray, asked: float) -> str:
    count = int(mask.sum())
    return (
        f"{_counted(count, 'row')} {_are(count)} held out ({100 * count / len(mask):.3g} %; "
        f"{100 * asked:.3g} % was asked for)"
    )


def _are(count: int) -> str:
    return "is" if count == 1 else "are"


def _counted(count: int, noun: str) -> str:
    return f"{count:,} {noun}" + ("" if count == 1 else "s")
