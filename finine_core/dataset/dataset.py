"""From a file to a typed, validated `Dataset`.

Takes the path of a labelled table and what the person said about its columns; gives the table in
input order, the role of every column, the classes, and the training and validation parts. The
position of a row in the file, its row number, is its identity from here on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.formats import read_table
from finine_core.dataset.labels import codes_in, read_labels
from finine_core.dataset.roles import Roles, resolve_roles
from finine_core.dataset.split import fit_second_table, split_by_column, split_by_fraction
from finine_core.errors import FinineError
from finine_core.files import sha256_of

MIN_TRAINING_ROWS = 3  # the luck of the draw is a variance over the other rows: at least two
COLUMN_PREFIX = "column:"


@dataclass(frozen=True, eq=False)
class Part:
    """Some rows of a dataset, in input order.

    Attributes:
        table: m rows with all columns of the file.
        labels: (m,) int64, index into the dataset's classes.
        row_numbers: (m,) int64, 0-based positions in the input file; -1, -2, … for the rows of a
            second file.
    """

    table: pa.Table
    labels: np.ndarray
    row_numbers: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Dataset:
    """A labelled table, ready to be encoded.

    Attributes:
        path: the input file.
        table: all of its rows, in input order, with typed columns.
        roles: the role of every column.
        task: 'classification'.
        classes: class names; labels are indices into them.
        train: the rows to learn from.
        validation: the rows to judge by; may be empty.
        fingerprint: SHA-256 of the input file, hex.
        notes: what a person should know about how the file was read.
    """

    path: Path
    table: pa.Table
    roles: Roles
    task: str
    classes: tuple[str, ...]
    train: Part
    validation: Part
    fingerprint: str
    notes: tuple[str, ...]


def load_dataset(
    path: Path | str,
    *,
    label: str,
    text: Sequence[str] = (),
    features: Sequence[str] = (),
    id: str | None = None,
    ignore: Sequence[str] = (),
    validation: float | str | Path = 0.2,
    seed: int = 0,
) -> Dataset:
    """Read a labelled file and split it.

    Args:
        path: a file in one of the registered formats.
        label: the column with the classes.
        text, features, id, ignore: columns by role; without text and features they are suggested.
        validation: a fraction in [0, 0.9) drawn by class, 'column:NAME' for a column that says
            train or validation, or the path of a second file. 0 means no validation rows.
        seed: of the draw.

    Raises:
        FinineError: whatever is wrong with the file, the columns, the labels or the split.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,label\\n" + "1,cat\\n2,dog\\n" * 5)
        >>> dataset = load_dataset(path, label="label", features=["x"], validation=0.2)
        >>> dataset.classes, len(dataset.train), len(dataset.validation)
        (('cat', 'dog'), 8, 2)
    """
    path = Path(path)
    fraction, split, second = _validation_source(validation)
    raw = read_table(path)
    fingerprint = sha256_of(path)
    table = raw.table
    roles = resolve_roles(
        table, label=label, text=text, features=features, id=id, ignore=ignore, split=split
    )
    labels = read_labels(label, table.column(label))
    notes = [*raw.notes, *labels.notes, *_id_notes(table, roles)]

    if split is not None:
        mask = split_by_column(split, table.column(split))
    else:
        mask = split_by_fraction(labels.codes, fraction, seed)
    train = _part(table, labels.codes, np.flatnonzero(~mask))
    held_out = _part(table, labels.codes, np.flatnonzero(mask))
    _check_training_part(train, labels.classes, split)

    if second is not None:
        other = read_table(second)
        fitted = fit_second_table(other.table, table, roles)
        codes = codes_in(label, fitted.column(label), labels.classes)
        held_out = Part(fitted, codes, -1 - np.arange(len(codes), dtype=np.int64))
        notes += [f"Validation file {second.name}: {note}" for note in other.notes]
        if sha256_of(second) == fingerprint:
            notes.append("The validation file is the training file itself.")
    elif not mask.any():
        notes.append("There are no validation rows.")
    return Dataset(
        path=path,
        table=table,
        roles=roles,
        task="classification",
        classes=labels.classes,
        train=train,
        validation=held_out,
        fingerprint=fingerprint,
        notes=tuple(notes),
    )


def _validation_source(validation: float | str | Path) -> tuple[float, str | None, Path | None]:
    """Read the argument as (fraction, split column, second file); the unused ones are 0 or None."""
    if isinstance(validation, str) and validation.startswith(COLUMN_PREFIX):
        return 0.0, validation.removeprefix(COLUMN_PREFIX), None
    try:
        return float(validation), None, None  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return 0.0, None, Path(str(validation))


def _part(table: pa.Table, codes: np.ndarray, rows: np.ndarray) -> Part:
    return Part(table.take(pa.array(rows)), codes[rows], rows.astype(np.int64))


def _id_notes(table: pa.Table, roles: Roles) -> list[str]:
    """Doubled ids are no error: the row number is the identity. A person should know, though."""
    if roles.id is None:
        return []
    column = table.column(roles.id)
    counts = pc.value_counts(column)
    doubled = counts.filter(pc.greater(counts.field("counts"), 1))
    if len(doubled) == 0:
        return []
    first = doubled.field("values")[0].as_py()
    return [
        f"The id column {roles.id!r} repeats {len(doubled)} of its values (first {first!r}); "
        "rows are told apart by row number."
    ]


def _check_training_part(train: Part, classes: tuple[str, ...], split: str | None) -> None:
    where = f" by column {split!r}" if split is not None else ""
    if len(train) < MIN_TRAINING_ROWS:
        raise FinineError(
            f"The split{where} leaves {len(train)} training rows.",
            f"At least {MIN_TRAINING_ROWS} are needed: add rows or lower the validation fraction.",
        )
    present = np.bincount(train.labels, minlength=len(classes)) > 0
    if not present.all():
        absent = ", ".join(repr(classes[code]) for code in np.flatnonzero(~present)[:10])
        raise FinineError(
            f"The split{where} leaves no training row of class {absent}.",
            "Give every class at least one training row.",
        )
