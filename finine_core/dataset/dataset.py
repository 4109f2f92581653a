"""From a file to a typed, validated `Dataset`.

Takes the path of a labelled table and what the person said about its columns; gives the table in
input order, the role of every column, the classes, and the training and validation parts. The
position of a row in the file, its row number, is its identity from here on.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Unpack

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset import named_labels
from finine_core.dataset.config import DataConfig, checked
from finine_core.dataset.holding_out.image_copies import image_copies
from finine_core.dataset.holding_out.plan import hold_out, keep_copies_together, second_groups
from finine_core.dataset.options import DataOptions
from finine_core.dataset.roles import Roles, resolve_roles
from finine_core.dataset.split import fit_second_table
from finine_core.dataset.tasks import task_for
from finine_core.dataset.usable import check_learnable, check_numbers, naming
from finine_core.errors import FinineError, printable, shown
from finine_core.formats import read_table
from finine_core.formats.images import read_pictures
from finine_core.formats.sources.input_file import unchanged
from finine_core.formats.sources.inputs import check_input, fingerprint_of
from finine_core.formats.values import RowNames, is_blank

MIN_TRAINING_ROWS = 3  # the luck of the draw is a variance over the other rows: at least two
COLUMN_PREFIX = "column:"


NOTHING_HELD_OUT = "There are no validation rows."
NO_ROW = "Give every class at least one training row."
LATER = "It is only among the latest rows: hold out fewer, or take those rows out."


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a dataset, in input order.

    Attributes:
        table: m rows with all columns of the file.
        labels: (m,) int64, index into the dataset's classes.
        values: what a model learns of each row, see `Answers`: in classification, the labels.
        pixels: (m, channels, height, width) uint8, where images are learned from.
        row_numbers: (m,) int64, 0-based positions in the input file; -1, -2, … for the rows of a
            second file.
        images_in: the input that its images lie in, where it has any.
        groups: (m,) equal numbers for rows of one group, in both parts; None without groups.
        copies: (m,) equal numbers for copies of one image, in both parts; None without images.
    """

    table: pa.Table
    labels: np.ndarray
    row_numbers: np.ndarray
    values: np.ndarray
    pixels: np.ndarray | None = None
    images_in: Path | None = None
    groups: np.ndarray | None = None
    copies: np.ndarray | None = None

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> Part:
        """The rows at these positions."""

        def of(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[rows]

        return Part(
            self.table.take(pa.array(rows)),
            self.labels[rows],
            self.row_numbers[rows].astype(np.int64),
            self.values[rows],
            of(self.pixels),
            self.images_in,
            of(self.groups),
            of(self.copies),
        )


@dataclass(frozen=True, eq=False)
class Dataset:
    """A labelled table, ready to be encoded.

    Attributes:
        path: the input file.
        table: all of its rows, in input order, with typed columns.
        roles: the role of every column.
        task: the name of what is learned, see `tasks`.
        classes: class names; labels are indices into them. In regression, bands of the numbers.
        answers: what a model gives: its classes, or the name of its number.
        train: the rows to learn from.
        validation: the rows to judge by; may be empty.
        fingerprint: SHA-256 of the input file, hex.
        notes: what a person should know about how the file was read.
        held_out: how the rows of `validation` were chosen, for machines; see `holding_out`.
    """

    path: Path
    table: pa.Table
    roles: Roles
    task: str
    classes: tuple[str, ...]
    answers: tuple[str, ...]
    train: Part
    validation: Part
    fingerprint: str
    notes: tuple[str, ...]
    held_out: Mapping[str, int | str] = field(default_factory=dict)


def load_dataset(
    path: Path | str, *, label: str | Sequence[str], **options: Unpack[DataOptions]
) -> Dataset:
    """Read a labelled file, or a folder of images, and split it.

    Args:
        path: a file in one of the registered formats, or a folder with a folder of images per
            class.
        label: the column with the classes, or with the numbers to learn; or several columns that
            each say whether a label holds.
        options: see `DataOptions`.

    Raises:
        FinineError: whatever is wrong with the options, the file, the columns, the labels or the
            split.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,label\\n" + "1,cat\\n2,dog\\n" * 5)
        >>> dataset = load_dataset(path, label="label", features=["x"], validation=0.2)
        >>> dataset.classes, len(dataset.train), len(dataset.validation)
        (('cat', 'dog'), 8, 2)
    """
    if not named_labels(label):
        raise FinineError("No label is named.", "Name at least one column.")
    return read_dataset(Path(path), checked(DataConfig, {"label": label, **options}))


def read_dataset(path: Path, config: DataConfig) -> Dataset:
    """The same for options that are checked already."""
    fraction, split, second = _validation_source(config.validation)
    check_input(path)
    with unchanged(path):
        raw = read_table(path)
        fingerprint = fingerprint_of(path)
    table, rows = raw.table, RowNames(raw.lines)
    with naming(path):
        roles = resolve_roles(table, config, split)
        learned = task_for(config.task, table, roles)
        answers = learned.read(table, roles, rows)
        held = hold_out(
            table, roles, answers, fraction, config.seed, second_file=second is not None, rows=rows
        )
    pictures, usable = None, np.ones(len(table), dtype=np.bool_)
    if roles.image is not None:
        pictures = read_pictures(path, table.column(roles.image), skip_corrupt=config.skip_corrupt)
        usable[list(pictures.bad)] = False
    every = Part(table, answers.codes, np.arange(len(table)), answers.values)
    if pictures is not None:
        copies = None if second is not None else image_copies(pictures.pixels, usable)
        every = replace(every, pixels=pictures.pixels, images_in=path, copies=copies)
    if held.groups is not None:
        every = replace(every, groups=held.groups.numbers)
    held = keep_copies_together(
        held, table, roles, answers.codes, every.copies, fraction, config.seed
    )
    with naming(path):
        train = every.take(np.flatnonzero(~held.mask & usable))
        held_out = every.take(np.flatnonzero(held.mask & usable))
        by = {"column": roles.split, "time": roles.time, "group": roles.group}
        where = next((f" by {how} {shown(name)}" for how, name in by.items() if name), "")
        mend = LATER if roles.time is not None else NO_ROW
        check_training_part(train, answers.classes, answers.names, where, mend)
        check_numbers(table, roles.features, rows)
        check_learnable(train.table, roles)
    notes = [*raw.notes, *answers.notes, *_id_notes(table, roles)]
    notes += [*(pictures.notes if pictures else ()), *held.notes]

    if second is not None:
        other = read_table(second)
        with naming(second):
            fitted = fit_second_table(other.table, table, roles)
            names = RowNames(other.lines)
            codes, values = learned.read_second(fitted, roles, answers, names)
            check_numbers(fitted, roles.features, names)
            own_groups, groups, shared = second_groups(roles, table, fitted)
        held_out = Part(fitted, codes, -1 - np.arange(len(codes)), values, groups=groups)
        if pictures is not None:
            held_out = _with_pictures(held_out, second, roles, pictures.shape, config.skip_corrupt)
            train, held_out = _with_copies(train, held_out)
        if own_groups is not None:
            train = replace(train, groups=own_groups[train.row_numbers])
        notes += [f"Validation file {printable(second.name)}: {note}" for note in other.notes]
        notes += shared
        if fingerprint_of(second) == fingerprint:
            notes.append("The validation file is the training file itself.")
    elif not held.mask.any():
        notes.append(NOTHING_HELD_OUT)
    return Dataset(
        path=path,
        table=table,
        roles=roles,
        task=learned.name,
        classes=answers.classes,
        answers=answers.names,
        train=train,
        validation=held_out,
        fingerprint=fingerprint,
        notes=tuple(notes),
        held_out=held.facts,
    )


def _validation_source(validation: float | str) -> tuple[float, str | None, Path | None]:
    """Read the argument as (fraction, split column, second file); the unused ones are 0 or None."""
    if isinstance(validation, str) and validation.startswith(COLUMN_PREFIX):
        return 0.0, validation.removeprefix(COLUMN_PREFIX), None
    try:
        return float(validation), None, None
    except ValueError:
        return 0.0, None, Path(str(validation))


def _with_pictures(
    part: Part, path: Path, roles: Roles, shape: tuple[int, ...], skip_corrupt: bool
) -> Part:
    """A second file's rows with their images, brought to the shape of the first file's."""
    column = part.table.column(str(roles.image))
    found = read_pictures(path, column, skip_corrupt=skip_corrupt, shape=shape)
    part = replace(part, pixels=found.pixels, images_in=path)
    return part.take(np.setdiff1d(np.arange(len(part)), list(found.bad)))


def _with_copies(train: Part, held_out: Part) -> tuple[Part, Part]:
    """Both parts with what images of the two files are copies of one another."""
    assert train.pixels is not None and held_out.pixels is not None  # noqa: PT018  for mypy
    copies = image_copies(np.concatenate([train.pixels, held_out.pixels]))
    first, second = np.split(copies, [len(train)])
    return replace(train, copies=first), replace(held_out, copies=second)


def _id_notes(table: pa.Table, roles: Roles) -> list[str]:
    """Doubled or missing ids are no error: the row number is the identity. But it is told."""
    if roles.id is None:
        return []
    column = table.column(roles.id)
    name, notes = shown(roles.id), []
    missing = int(is_blank(column).to_numpy().sum())
    if missing:
        notes.append(f"The id column {name} has no value in {missing} rows.")
    counts = pc.value_counts(column.drop_null())
    doubled = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(doubled):
        first = shown(doubled.field("values")[0].as_py())
        notes.append(
            f"The id column {name} repeats {len(doubled)} of its values (first {first}); "
            "rows are told apart by row number."
        )
    return notes


def check_training_part(
    train: Part,
    classes: tuple[str, ...],
    names: tuple[str, ...],
    where: str = "",
    mend: str = NO_ROW,
) -> None:
    """Refuse rows that nothing can be learned from.

    Args:
        classes, names: those of `Answers`.
        where: how the rows were split, for the message.
        mend: what to do about a class that no training row has.
    """
    if len(train) < MIN_TRAINING_ROWS:
        raise FinineError(
            f"The split{where} leaves {len(train)} training rows.",
            f"At least {MIN_TRAINING_ROWS} are needed: add rows or lower the validation fraction.",
        )
    if names != classes:  # numbers, or labels that hold together
        if train.values.ndim == 2:
            same = np.flatnonzero(np.ptp(train.values, axis=0) == 0)
            if len(same):
                raise FinineError(
                    f"The split{where} leaves training rows that do not differ in the label "
                    f"{shown(names[same[0]])}.",
                    "Let training rows both have it and lack it, or leave that label out.",
                )
        elif not np.ptp(train.values):
            raise FinineError(
                f"The split{where} leaves training rows that do not differ in their label.",
                "Let training rows differ in what is to be learned.",
            )
        return
    present = np.bincount(train.labels, minlength=len(classes)) > 0
    if not present.all():
        absent = ", ".join(shown(classes[code]) for code in np.flatnonzero(~present)[:10])
        raise FinineError(
            f"The split{where} leaves no training row of class {absent}.",
            mend,
        )
