"""What `finine check` and `finine run` are told, as options of a command line.

Each is declared once, here. The names are those of `DataOptions` and `RunOptions` of the Python
API, but for `--target`, which is repeated and called `targets` there.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from finine_core.cli.common import columns_of, fraction_or_text
from finine_core.errors import FinineError
from finine_core.influence.targets import FORMS

SAMPLE_PREFIX = "sample:"


@dataclass
class DataFlags:
    """A data set and its columns: what `finine check` is told."""

    data: Annotated[
        str,
        typer.Argument(
            metavar="DATA",
            help="CSV, TSV, JSON Lines, Parquet, Arrow or Excel; a folder or zip of images by "
            "class; a folder that save_to_disk of the library datasets wrote; or sample:tweets.",
        ),
    ]
    label: Annotated[
        list[str] | None,
        typer.Option(help="The column to predict; repeat for labels that may hold together."),
    ] = None
    text: Annotated[str | None, typer.Option(help="Text columns, A,B,…")] = None
    features: Annotated[str | None, typer.Option(help="Feature columns, A,B,…")] = None
    id: Annotated[str | None, typer.Option(help="The column that names each row.")] = None
    ignore: Annotated[str | None, typer.Option(help="Columns to leave out, A,B,…")] = None
    image: Annotated[str | None, typer.Option(help="The column of images: paths, or bytes.")] = None
    skip_corrupt: Annotated[
        bool, typer.Option("--skip-corrupt", help="Leave damaged images out instead of stopping.")
    ] = False
    task: Annotated[
        str, typer.Option(help="auto, or: classification, regression, ordinal, multi_label.")
    ] = "auto"
    validation: Annotated[
        str, typer.Option(help="A fraction, a file, or column:NAME of a split column.")
    ] = "0.2"
    group: Annotated[
        str | None,
        typer.Option(help="Rows with one value of this column lie on one side: patients, users."),
    ] = None
    time: Annotated[
        str | None, typer.Option(help="Hold out the latest rows by this column, not by chance.")
    ] = None
    seed: Annotated[
        int, typer.Option(help="Of the held-out draw, and in a run of all that is random.")
    ] = 0

    def options(self) -> dict[str, Any]:
        """As keywords of `finine_core.api`; a sample knows its own columns.

        Raises:
            FinineError: no label column was given.
        """
        options: dict[str, Any] = asdict(self)
        for name in ("text", "features", "ignore"):
            options[name] = columns_of(options[name])
        options["validation"] = fraction_or_text(self.validation)
        if self.label and len(self.label) == 1:
            options["label"] = self.label[0]
        if self.data.startswith(SAMPLE_PREFIX):
            sample = sample_options(self.data)
            options |= {name: options[name] or value for name, value in sample.items()}
            options["data"] = sample["data"]
        if not options["label"]:
            from finine_core import api

            options["label"] = api.known_label(self.data)
        if not options["label"]:
            raise FinineError("No label column was given.", "Name it with: --label COLUMN")
        return options


def sample_options(data: str) -> dict[str, Any]:
    """Path and roles of `sample:NAME`."""
    from finine_sample_data import sample

    found = sample(data.removeprefix(SAMPLE_PREFIX))
    return {"data": str(found.path), "label": found.label, "text": found.text, "id": found.id}


@dataclass
class RunFlags(DataFlags):
    """The same, and how to train: what `finine run` is told."""

    loss: Annotated[
        str,
        typer.Option(
            help="Of numbers: squared, or huber (for outliers); or your own: module:function."
        ),
    ] = "auto"
    class_weights: Annotated[
        str, typer.Option(help="none; or balanced: every class counts alike, however rare.")
    ] = "none"
    text_encoder: Annotated[
        str,
        typer.Option(help="tfidf; minilm; or the folder of a transformer (safetensors)."),
    ] = "tfidf"
    image_encoder: Annotated[
        str,
        typer.Option(help="pixels; or efficientnet, frozen, with a head learned on its numbers."),
    ] = "pixels"
    target: Annotated[
        list[str] | None,
        typer.Option(help=f"{FORMS}; repeat for several [default: self and validation]."),
    ] = None
    model: Annotated[
        str,
        typer.Option(
            help="auto (logistic or mlp, what does better on held-out rows; cnn for images),"
            " logistic, mlp, bag (texts), cnn, or your own: module:function."
        ),
    ] = "auto"
    epochs: Annotated[
        int | None, typer.Option(help="[default: as many as the held-out rows are best with]")
    ] = None
    batch_size: Annotated[int, typer.Option(help="Rows per step.")] = 32
    lr: Annotated[float | None, typer.Option(help="Learning rate [default: the model's].")] = None
    optimizer: Annotated[str, typer.Option(help="sgd or adam.")] = "sgd"
    weight_decay: Annotated[float, typer.Option(help="Pull of the parameters to 0.")] = 0.001
    trusted: Annotated[
        bool, typer.Option("--trusted", help="Take the held-out labels as right.")
    ] = False
    record_epochs: Annotated[
        str,
        typer.Option(
            help="Epochs in which signals are recorded: late; or all, which takes longer."
        ),
    ] = "late"
    auxiliary: Annotated[
        bool, typer.Option("--auxiliary", help="Train a second run, with other random numbers.")
    ] = False
    folds: Annotated[
        int,
        typer.Option(
            help="Train so many times, each time without another part: every row gets a μ."
        ),
    ] = 1
    device: Annotated[str, typer.Option(help="auto, cpu or cuda.")] = "auto"

    def options(self) -> dict[str, Any]:
        """As keywords of `finine_core.api.run` and `plan`."""
        options = super().options()
        targets = options.pop("target")
        return {**options, "targets": tuple(targets)} if targets else options
