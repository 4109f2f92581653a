"""Which options say what a data set and its columns are? The same for every command that reads one.

Gives their types, and what was given as keyword arguments of `finine_core.api`.
"""

from __future__ import annotations

from typing import Annotated, Any

import typer

from finine_core.cli.common import columns_of
from finine_core.errors import FinineError

SAMPLE_PREFIX = "sample:"
Data = Annotated[
    str,
    typer.Argument(
        metavar="DATA",
        help="CSV, TSV, JSON Lines, Parquet, Arrow or Excel; a folder or zip of images by class; a "
        "folder that save_to_disk of the library datasets wrote; or sample:tweets.",
    ),
]
Label = Annotated[
    list[str] | None,
    typer.Option(help="The column to predict; repeat for labels that may hold together."),
]
Text = Annotated[str | None, typer.Option(help="Text columns, A,B,…")]
Features = Annotated[str | None, typer.Option(help="Feature columns, A,B,…")]
Id = Annotated[str | None, typer.Option(help="The column that names each row.")]
Ignore = Annotated[str | None, typer.Option(help="Columns to leave out, A,B,…")]
Image = Annotated[str | None, typer.Option(help="The column of images: paths, or bytes.")]
SkipCorrupt = Annotated[
    bool, typer.Option("--skip-corrupt", help="Leave damaged images out instead of stopping.")
]
Task = Annotated[
    str, typer.Option(help="auto, or: classification, regression, ordinal, multi_label.")
]
Validation = Annotated[
    str, typer.Option(help="A fraction, a file, or column:NAME of a split column.")
]


def data_options(
    data: str, label: list[str] | None, text: str | None, id: str | None
) -> dict[str, Any]:
    """Path, label, text and id as they were given; a sample knows its own.

    Raises:
        FinineError: no label column was given.
    """
    one = label[0] if label and len(label) == 1 else label
    options: dict[str, Any] = {"data": data, "label": one, "text": columns_of(text), "id": id}
    if data.startswith(SAMPLE_PREFIX):
        sample = sample_options(data)
        given = {key: value for key, value in options.items() if value}
        options = {**sample, **given, "data": sample["data"]}
    if not options["label"]:
        from finine_core import api

        options["label"] = api.known_label(data)
    if not options["label"]:
        raise FinineError("No label column was given.", "Name it with: --label COLUMN")
    return options


def sample_options(data: str) -> dict[str, Any]:
    """Path and roles of `sample:NAME`."""
    from finine_sample_data import sample

    found = sample(data.removeprefix(SAMPLE_PREFIX))
    return {"data": str(found.path), "label": found.label, "text": found.text, "id": found.id}
