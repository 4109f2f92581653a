"""What is in a file, and how do roles become the options of a run?

`facts_of` reads a file once and keeps what the Data page shows: a preview, counts and suggested
roles, never the whole table. `choice_of` and `roles_of` go from roles by column to a `DataChoice`
and back.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.types as kinds
import streamlit as st

from finine_app import state
from finine_app.components.data.choice import DataChoice
from finine_core.access import require_choosable
from finine_core.dataset import named_labels
from finine_core.dataset.roles import suggest_roles
from finine_core.dataset.tasks.multi_label import says_yes_or_no
from finine_core.errors import FinineError
from finine_core.formats import read_table

PREVIEW_ROWS = 200  # enough to see what a file is; keeps the page light
PREVIEW_COLUMNS = 300  # the table of roles below names all of them
PREVIEW_LETTERS = 80  # of a text in the preview
EXAMPLE_LETTERS = 40  # of a column's example value
KEPT_FILES = 4  # facts kept in memory at a time
COLUMN_PREFIX = "column:"  # of a split column, as the core reads it
Label = str | tuple[str, ...]  # the label column, or several
ROLES = ("text", "feature", "image", "id", "ignore")  # what a column can be, beside the label


@dataclass(frozen=True)
class ColumnFacts:
    """One column: its kind in words, and the role it probably plays when it is not the label.

    `yes_or_no` says whether it may be one of several labels that hold together.
    """

    name: str
    kind: str
    missing: int
    example: str
    role: str
    reason: str
    yes_or_no: bool = False


@dataclass(frozen=True)
class FileFacts:
    """What the Data page shows of a file; `label` and `split` are guesses and may be None."""

    rows: int
    columns: tuple[ColumnFacts, ...]
    notes: tuple[str, ...]
    preview: pd.DataFrame
    label: str | None
    label_reason: str
    split: str | None

    @property
    def missing(self) -> int:
        """Cells without a value, in all columns."""
        return sum(column.missing for column in self.columns)


def facts_of(path: Path) -> FileFacts:
    """Read a file; a second look at an unchanged file costs nothing.

    Raises:
        FinineError: it cannot be read; where and what to do is said.
    """
    found = _facts(str(path), *stamp(path))
    if isinstance(found, FinineError):
        raise found
    return found


def default_choice(path: Path, facts: FileFacts, label: Label) -> DataChoice:
    """The suggested roles, with `label` as the label, or the labels."""
    roles = {c.name: c.role for c in facts.columns if c.name not in named_labels(label)}
    return choice_of(path, label, roles, DataChoice.validation)


def choice_of(
    path: Path,
    label: Label,
    roles: dict[str, str],
    validation: float | str,
    group: str | None = None,
    time: str | None = None,
) -> DataChoice:
    """Roles by column as the options of a run; what only says which rows are held out has none.

    Raises:
        FinineError: more than one column is to be the id, or the second file may not be chosen.
    """
    split = split_column(validation)
    taken = (*named_labels(label), split, group, time)
    if isinstance(validation, str) and split is None:
        require_choosable(Path(validation), state.data_roots())
    by_role: dict[str, tuple[str, ...]] = {
        role: tuple(c for c, its in roles.items() if its == role and c not in taken)
        for role in ROLES
    }
    if len(by_role["id"]) > 1:
        named = " and ".join(repr(name) for name in by_role["id"][:3])
        raise FinineError(
            f"The columns {named} are both to be the id.", "Keep one and let the others be ignored."
        )
    if len(by_role["image"]) > 1:
        raise FinineError(
            f"The columns {' and '.join(map(repr, by_role['image'][:3]))} are both to be images.",
            "Keep one and let the others be ignored.",
        )
    return DataChoice(
        data=str(path),
        label=label,
        text=by_role["text"],
        features=by_role["feature"],
        id=next(iter(by_role["id"]), None),
        ignore=by_role["ignore"],
        image=next(iter(by_role["image"]), None),
        validation=validation,
        group=group,
        time=time,
    )


def roles_of(choice: DataChoice) -> dict[str, str]:
    """The role of each column that a choice names, the label apart."""
    roles = dict.fromkeys(choice.text, "text")
    roles |= dict.fromkeys(choice.features, "feature")
    roles |= dict.fromkeys(choice.ignore, "ignore")
    roles |= {choice.image: "image"} if choice.image else {}
    return roles | ({choice.id: "id"} if choice.id else {})


def split_column(validation: float | str) -> str | None:
    """The column that splits the rows, where one does.

    Examples:
        >>> split_column("column:part"), split_column(0.2), split_column("held_out.csv")
        ('part', None, None)
    """
    if isinstance(validation, str) and validation.startswith(COLUMN_PREFIX):
        return validation.removeprefix(COLUMN_PREFIX)
    return None


def stamp(path: Path) -> tuple[int, int]:
    """What changes when a file does: time of change and size; (0, 0) where there is none."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return 0, 0
    return found.st_mtime_ns, found.st_size


# Errors are given back as values, because only values are kept: a file that cannot be read is not
# read again on every rerun.
@st.cache_resource(max_entries=KEPT_FILES, show_spinner="Reading the file…")
def _facts(path: str, changed: int, size: int) -> FileFacts | FinineError:  # noqa: ARG001
    try:
        raw = read_table(Path(path))
    except FinineError as error:
        return error
    except (OSError, ValueError) as error:
        return FinineError(f"{path} cannot be read ({error}).", "Check the path.")
    table = raw.table
    guessed = suggest_roles(table)
    label = next((one for one in guessed if one.role == "label"), None)
    if label is not None:  # what it would be if another column is the label
        alone = suggest_roles(table.select([label.column]), label="")[0]
        guessed = [alone if one.column == label.column else one for one in guessed]
    columns = tuple(
        ColumnFacts(
            name=one.column,
            kind=_kind(table.schema.field(one.column).type),
            missing=table.column(one.column).null_count,
            example=_example(table.column(one.column)),
            role=one.role if one.role in ROLES else "ignore",
            reason=one.reason,
            yes_or_no=says_yes_or_no(table.column(one.column)),
        )
        for one in guessed
    )
    return FileFacts(
        rows=table.num_rows,
        columns=columns,
        notes=raw.notes,
        preview=_preview(table),
        label=label.column if label else None,
        label_reason=label.reason if label else "",
        split=next((one.column for one in guessed if one.role == "split"), None),
    )


def _preview(table: pa.Table) -> pd.DataFrame:
    """The first rows and columns, long texts shortened, whole numbers whole even beside gaps."""
    head = table.slice(0, PREVIEW_ROWS).select(range(min(table.num_columns, PREVIEW_COLUMNS)))
    columns: dict[str, object] = {}
    for name in head.column_names:
        column = head.column(name)
        if kinds.is_integer(column.type):
            columns[name] = column.to_pandas(types_mapper={pa.int64(): pd.Int64Dtype()}.get)
        elif kinds.is_floating(column.type) or kinds.is_boolean(column.type):
            columns[name] = column.to_pandas()
        else:
            values = column.to_pylist()
            columns[name] = [None if v is None else cut_short(v, PREVIEW_LETTERS) for v in values]
    preview = pd.DataFrame(columns)
    preview.index.name = "row"
    return preview


def _example(column: pa.ChunkedArray) -> str:
    for value in column.slice(0, PREVIEW_ROWS).to_pylist():
        if value is not None:
            return cut_short(value, EXAMPLE_LETTERS)
    return ""


def cut_short(value: object, letters: int) -> str:
    """A value as text of so many letters at most."""
    text = f"{len(value):,} bytes" if isinstance(value, bytes) else str(value)
    return text if len(text) <= letters else text[: letters - 1] + "…"


def _kind(kind: pa.DataType) -> str:
    """A column's type as a person says it."""
    if kinds.is_integer(kind):
        return "whole numbers"
    if kinds.is_floating(kind):
        return "numbers"
    if kinds.is_boolean(kind):
        return "true / false"
    if kinds.is_binary(kind):
        return "bytes"
    return "text" if kinds.is_string(kind) or kinds.is_large_string(kind) else str(kind)
