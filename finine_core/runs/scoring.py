"""What does a trained run say about each of its rows? Its scores, and what the model predicts.

Takes the recorded signals and the trained model; writes `scores.parquet` (one line per target and
training row: what the review table shows) and `predictions.parquet` (the likeliest classes).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import Dataset
from finine_core.files import write_parquet
from finine_core.influence import (
    Estimator,
    SignalStore,
    auxiliary_mu,
    check_targets,
    row_q_values,
    score_target,
)
from finine_core.runs.clusters import CLUSTER, clusters
from finine_core.runs.config import Resolved
from finine_core.runs.folder import RunFolder
from finine_core.runs.map.embedding import write_embedding
from finine_core.runs.reading import Q_VALUE, ROW_NUMBER
from finine_core.training.models import model_kind
from finine_core.training.trainer import Trainer, predict

LIKELIEST = 5  # classes kept of each row: what a person looks at, whatever the number of classes


def write_scores(
    folder: RunFolder, dataset: Dataset, trainer: Trainer, resolved: Resolved, chosen: Estimator
) -> dict[str, str]:
    """Write both files and the embedding.

    Returns:
        The targets whose rows could not be tested, with the reason.
    """
    probabilities = predict(trainer.model, trainer.train_x).softmax(dim=1).cpu().numpy()
    write_parquet(predictions(dataset, probabilities), folder.predictions)
    embed(folder, dataset.train.row_numbers, trainer, resolved)
    scores, untested = score_table(folder, dataset, trainer, resolved, chosen, probabilities)
    write_parquet(scores, folder.scores)
    return untested


def embed(folder: RunFolder, rows: NDArray[np.int64], trainer: Trainer, resolved: Resolved) -> None:
    """Store where the trained model puts each training row."""
    body = model_kind(resolved.model).body(trainer.model)
    activations = predict(body, trainer.train_x).flatten(1).cpu().numpy()
    write_embedding(folder, rows, activations, resolved.seed)


def score_table(
    folder: RunFolder,
    dataset: Dataset,
    trainer: Trainer,
    resolved: Resolved,
    chosen: Estimator,
    probabilities: NDArray[np.floating],
) -> tuple[pa.Table, dict[str, str]]:
    """One line per target and training row, and which targets could not be tested, with why."""
    store = SignalStore(folder.signals)
    rows = dataset.train.row_numbers
    losses = np.asarray(store.losses()).mean(axis=0, dtype=np.float64)
    classes = np.asarray(dataset.classes, dtype=object)
    alike = clusters(trainer.train_x.flatten(1).cpu().numpy(), resolved.seed)
    given = probabilities[np.arange(len(rows)), dataset.train.labels].astype(np.float64)
    tables, untested = [], {}
    for target in check_targets(resolved.targets, len(dataset.validation.labels)):
        signals = store.target(target.name, carried=chosen.carried)
        scores = score_target(signals, chosen, target, resolved.seed, rows)
        # the test is of this run's steps, whatever the estimator made of them
        q, problem = row_q_values(store.target(target.name), scores.mu, target)
        if problem:
            untested[target.name] = problem
        tables.append(
            pa.table(
                {
                    ROW_NUMBER: pa.array(rows, pa.int64()),
                    "row_id": pa.array(_row_ids(dataset), pa.string()),
                    "target": pa.array([target.name] * len(rows), pa.string()),
                    "mu": scores.mu,
                    "mu_low": scores.low,
                    "mu_high": scores.high,
                    "rank": scores.rank,
                    "mean_loss": losses,
                    "label": pa.array(classes[dataset.train.labels], pa.string()),
                    "predicted": pa.array(classes[probabilities.argmax(axis=1)], pa.string()),
                    "probability": given,
                    "predicted_probability": probabilities.max(axis=1).astype(np.float64),
                    Q_VALUE: pa.nulls(len(rows), pa.float64()) if q is None else pa.array(q),
                    CLUSTER: alike,
                    **auxiliary_mu(store, chosen, target.name),
                }
            )
        )
    return pa.concat_tables(tables), untested


def predictions(dataset: Dataset, probabilities: NDArray[np.floating]) -> pa.Table:
    """The likeliest classes of each training row with their probabilities, likeliest first.

    Args:
        probabilities: shape (n, classes).
    """
    classes = np.asarray(dataset.classes, dtype=object)
    order = np.argsort(-probabilities, axis=1, kind="stable")[:, :LIKELIEST]
    return pa.table(
        {
            ROW_NUMBER: pa.array(dataset.train.row_numbers, pa.int64()),
            "classes": pa.array(classes[order].tolist(), pa.list_(pa.string())),
            "probabilities": pa.array(
                np.take_along_axis(probabilities, order, axis=1).tolist(), pa.list_(pa.float64())
            ),
        }
    )


def _row_ids(dataset: Dataset) -> list[str]:
    numbers = dataset.train.row_numbers
    if dataset.roles.id is None:
        return [str(number) for number in numbers]
    column = dataset.table.column(dataset.roles.id).take(pa.array(numbers))
    return ["" if value is None else str(value) for value in column.to_pylist()]
