"""What does the trained model say of each training row, in the words of its task?

Gives the columns of `scores.parquet` that are about the label, and `predictions.parquet` (the
likeliest answers of each row).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import Dataset
from finine_core.dataset.dataset import Part
from finine_core.dataset.tasks import task_named
from finine_core.dataset.tasks.base import together
from finine_core.dataset.tasks.regression import REGRESSION
from finine_core.formats.values import number_text
from finine_core.runs.columns import ERROR, GIVEN, ROW_NUMBER
from finine_core.training.trainer import Trainer, predict

LIKELIEST = 5  # answers kept of each row: what a person looks at, whatever their number
DIGITS = 6  # of a predicted number: float32 has no more


@dataclass(frozen=True, eq=False)
class Predictions:
    """What the model says of n training rows.

    Attributes:
        label: the given label of each row, as a person reads it.
        predicted: what the model says instead, or too.
        given, sure: probabilities of both; missing where the model gives none.
        error: predicted − given number; missing unless numbers are learned.
        likeliest: the likeliest answers of each row with their probabilities.
    """

    label: list[str]
    predicted: list[str]
    given: pa.Array
    sure: pa.Array
    error: pa.Array
    likeliest: pa.Table


def predictions_of(
    dataset: Dataset, trainer: Trainer, scale: tuple[float, float], *, held_out: bool = False
) -> Predictions:
    """What the trained model says of the training rows.

    Args:
        scale: offset and scale of standardised numbers, `Encoded`.
        held_out: of the rows that were held out instead.
    """
    part = dataset.validation if held_out else dataset.train
    seen = trainer.validation_x if held_out else trainer.train_x
    outputs = predict(trainer.model, seen if len(seen) else trainer.train_x[:1])[: len(seen)]
    label = task_named(dataset.task).given(part.table, dataset.roles)
    nothing = pa.nulls(len(part), pa.float64())
    found = trainer.objective.chances(outputs)
    if found is None:  # a number
        values = outputs[:, 0].double().cpu().numpy() * scale[1] + scale[0]
        predicted = [number_text(float(f"{value:.{DIGITS}g}")) for value in values]
        empty = likeliest(part.row_numbers, np.empty((len(part), 0)), ())
        return Predictions(
            label, predicted, nothing, nothing, pa.array(values - part.values), empty
        )
    chances = found.double().cpu().numpy()
    if part.values.ndim == 1:  # one of the answers
        given, sure = chances[np.arange(len(part)), part.values], chances.max(axis=1)
        names = np.asarray(dataset.answers, dtype=object)
        predicted = names[chances.argmax(axis=1)].tolist()
    else:  # each of them, or not
        held = part.values > 0
        given = np.where(held, chances, 1 - chances).prod(axis=1)
        sure = np.maximum(chances, 1 - chances).prod(axis=1)
        predicted = together(chances > 0.5, dataset.answers)
    top = likeliest(part.row_numbers, chances, dataset.answers)
    if part.values.ndim == 2:
        top = each_label(part.row_numbers, chances, held, dataset.answers)
    return Predictions(label, predicted, pa.array(given), pa.array(sure), nothing, top)


def columns_of_said(dataset: Dataset, said: Predictions, *, held_out: bool) -> pa.Table:
    """What the model says of the rows of one part, as columns of scores."""
    part = dataset.validation if held_out else dataset.train
    columns = {
        ROW_NUMBER: pa.array(part.row_numbers, pa.int64()),
        "row_id": pa.array(row_ids(dataset, part), pa.string()),
        "label": pa.array(said.label, pa.string()),
        "predicted": pa.array(said.predicted, pa.string()),
        "probability": said.given,
        "predicted_probability": said.sure,
    }
    return pa.table(columns | ({ERROR: said.error} if dataset.task == REGRESSION.name else {}))


def row_ids(dataset: Dataset, part: Part) -> list[str]:
    """What the id column says of each row, else its number."""
    if dataset.roles.id is None:
        return [str(number) for number in part.row_numbers]
    column = part.table.column(dataset.roles.id)
    return ["" if value is None else str(value) for value in column.to_pylist()]


def each_label(
    rows: NDArray[np.int64],
    chances: NDArray[np.floating],
    held: NDArray[np.bool_],
    answers: tuple[str, ...],
) -> pa.Table:
    """All labels of each row with their probabilities, and whether each is given, in their order.

    Args:
        chances, held: shape (n, labels).
    """
    return pa.table(
        {
            ROW_NUMBER: pa.array(rows, pa.int64()),
            "classes": pa.array([list(answers)] * len(rows), pa.list_(pa.string())),
            "probabilities": pa.array(chances.tolist(), pa.list_(pa.float64())),
            GIVEN: pa.array(held.tolist(), pa.list_(pa.bool_())),
        }
    )


def likeliest(
    rows: NDArray[np.int64], chances: NDArray[np.floating], answers: tuple[str, ...]
) -> pa.Table:
    """The likeliest answers of each row with their probabilities, likeliest first.

    Args:
        chances: shape (n, answers).
    """
    names = np.asarray(answers, dtype=object)
    order = np.argsort(-chances, axis=1, kind="stable")[:, :LIKELIEST]
    return pa.table(
        {
            ROW_NUMBER: pa.array(rows, pa.int64()),
            "classes": pa.array(names[order].tolist(), pa.list_(pa.string())),
            "probabilities": pa.array(
                np.take_along_axis(chances, order, axis=1).tolist(), pa.list_(pa.float64())
            ),
        }
    )
