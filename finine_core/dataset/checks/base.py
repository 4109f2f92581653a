"""What does a check look at, and what does it give?

A check takes a `Subject` (the rows of a dataset with their labels, and which are held out) and
gives `Finding`s: what is odd about the data, in plain words, with what to do and the rows
concerned. A check never changes anything and never stops a run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import numpy as np
import pyarrow as pa

from finine_core.dataset.dataset import Dataset
from finine_core.dataset.roles import Roles
from finine_core.errors import shown
from finine_core.formats.images.pictures import content_digests

SHOWN = 20  # row numbers a finding names: enough to see what it is about, on one screen
SHOWN_NAMES = 5  # columns or classes a sentence names before it says how many more there are


class Severity(StrEnum):
    """Warnings may spoil what is learned; notes are good to know."""

    WARNING = "warning"
    NOTE = "note"


@dataclass(frozen=True)
class Finding:
    """One odd thing about the data.

    Attributes:
        kind: a short name that stays the same, for machines.
        severity: warning or note.
        problem: what was found, as a sentence.
        mend: what to do about it, as a sentence.
        columns: the columns concerned.
        rows: the first row numbers concerned; -1, -2, … are the rows of a second file.
        count: how many rows are concerned.
        numbers: figures by name, for machines.
    """

    kind: str
    severity: Severity
    problem: str
    mend: str
    columns: tuple[str, ...] = ()
    rows: tuple[int, ...] = ()
    count: int = 0
    numbers: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class Subject:
    """All n rows that are checked, in the file's order; rows of a second file come last.

    Attributes:
        task: what is learned, `Dataset.task`.
        roles: the role of every column.
        classes: class names; bands of the numbers in regression.
        table: n rows with all columns.
        labels: (n,) int64, index into the classes.
        values: what a model learns of each row, `Part.values`.
        row_numbers: (n,) int64; -1, -2, … for the rows of a second file.
        held_out: (n,) bool, True for validation rows.
    """

    task: str
    roles: Roles
    classes: tuple[str, ...]
    table: pa.Table
    labels: np.ndarray
    values: np.ndarray
    row_numbers: np.ndarray
    held_out: np.ndarray

    def __len__(self) -> int:
        return len(self.labels)

    def finding(
        self,
        kind: str,
        severity: Severity,
        at: np.ndarray | None,
        *,
        problem: str,
        mend: str,
        columns: tuple[str, ...],
        numbers: Mapping[str, float],
    ) -> Finding:
        """What was found about the rows at these positions; about all when None."""
        at = np.arange(len(self)) if at is None else at
        rows = tuple(self.row_numbers[at[:SHOWN]].tolist())
        return Finding(kind, severity, problem, mend, columns, rows, len(at), numbers)


@dataclass(frozen=True)
class Check:
    """One thing that is looked for.

    Attributes:
        words: what is looked for, to follow "Looked for".
        find: looks for it.
        sampled: how many rows it looks at, where that can be fewer than there are.
    """

    words: str
    find: Callable[[Subject], list[Finding]]
    sampled: Callable[[Subject], int] = len


def subject_of(dataset: Dataset) -> Subject:
    """The rows of a dataset, both parts together.

    Examples:
        >>> import tempfile
        >>> from pathlib import Path
        >>> from finine_core.dataset import load_dataset
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_text("x,y\\n" + "1,a\\n2,b\\n" * 5)
        >>> subject = subject_of(load_dataset(path, label="y", features=["x"]))
        >>> len(subject), int(subject.held_out.sum()), subject.labels[:4].tolist()
        (10, 2, [0, 1, 0, 1])
    """
    parts = (dataset.train, dataset.validation)
    numbers = np.concatenate([part.row_numbers for part in parts])
    labels = np.concatenate([part.labels for part in parts])
    values = np.concatenate([part.values for part in parts])
    held_out = np.repeat([False, True], [len(part) for part in parts])
    # Rows of the file by number, then those of a second file (-1, -2, …) in theirs.
    order = np.lexsort((np.abs(numbers), numbers < 0))
    own = np.sort(numbers[numbers >= 0])
    table = dataset.table if len(own) == len(dataset.table) else dataset.table.take(pa.array(own))
    if (numbers < 0).any():
        table = pa.concat_tables([table, dataset.validation.table], promote_options="permissive")
    image = dataset.roles.image
    if image is not None:  # two images are the same when they look the same, whatever their names
        digests = [
            one for part in parts if part.pixels is not None for one in content_digests(part.pixels)
        ]
        place = table.column_names.index(image)
        table = table.set_column(place, image, pa.array([digests[at] for at in order]))
    return Subject(
        task=dataset.task,
        roles=dataset.roles,
        classes=dataset.classes,
        table=table,
        labels=labels[order],
        values=values[order],
        row_numbers=numbers[order],
        held_out=held_out[order],
    )


def listed(names: Sequence[str]) -> str:
    """The first few names, quoted.

    Examples:
        >>> listed(["a", "b"]), listed(list("abcdefg"))
        ("'a', 'b'", "'a', 'b', 'c', 'd', 'e' and 2 more")
    """
    return first_few([shown(name) for name in names])


def first_few(parts: Sequence[str]) -> str:
    """The first few parts of a list, and how many more there are.

    Examples:
        >>> first_few(["1", "2"]), first_few(list("abcdefg"))
        ('1, 2', 'a, b, c, d, e and 2 more')
    """
    rest = len(parts) - SHOWN_NAMES
    return ", ".join(parts[:SHOWN_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")


def counted(count: int, one: str, many: str = "") -> str:
    """A number with its noun.

    Examples:
        >>> counted(1, "row"), counted(1200, "row"), counted(2, "class", "classes")
        ('1 row', '1,200 rows', '2 classes')
    """
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def percent(share: float) -> str:
    """A share as percent, never rounded up to all of it.

    Examples:
        >>> percent(0.5), percent(0.9996), percent(1.0)
        ('50 %', '99.9 %', '100 %')
    """
    return f"{np.floor(share * 1000 + 1e-9) / 10:.3g} %"
