"""What does a trained run say about each of its rows? Its scores, and what the model predicts.

Takes the recorded signals and the trained model; writes `scores.parquet` (one line per target and
training row: what the review table shows) and `predictions.parquet` (the likeliest classes).
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from finine_core.dataset import Dataset
from finine_core.dataset.tasks.regression import REGRESSION
from finine_core.files import write_parquet
from finine_core.influence import (
    Estimator,
    SignalStore,
    auxiliary_mu,
    check_targets,
    row_q_values,
    score_target,
)
from finine_core.runs.columns import CLUSTER, Q_VALUE, ROW_NUMBER
from finine_core.runs.config import Resolved
from finine_core.runs.folder import RunFolder
from finine_core.runs.map.embedding import write_embedding
from finine_core.runs.work.clusters import clusters
from finine_core.runs.work.judged import Judged
from finine_core.runs.work.predicting import Predictions, predictions_of
from finine_core.runs.work.suspicion import row_ids, with_suspicion
from finine_core.training.models.base import COLUMNS, ModelKind
from finine_core.training.trainer import Trainer, predict

ERROR = "error"  # of a predicted number, in the numbers of the file


def write_scores(
    folder: RunFolder,
    dataset: Dataset,
    trainer: Trainer,
    resolved: Resolved,
    kind: ModelKind,
    chosen: Estimator,
    scale: tuple[float, float],
    before: Judged | None = None,
) -> tuple[dict[str, str], dict[str, object] | None]:
    """Write both files and the embedding.

    Args:
        scale: offset and scale of standardised numbers, `Encoded`.
        before: the labels as a probe judges them; None where there are no classes.

    Returns:
        The targets whose rows could not be tested, with the reason; and what run.json says about
        the list of suspicious rows.
    """
    said = predictions_of(dataset, trainer, scale)
    write_parquet(said.likeliest, folder.predictions)
    embed(folder, dataset.train.row_numbers, trainer, kind, resolved.seed)
    scores, untested = score_table(folder, dataset, trainer, resolved, kind, chosen, said)
    advice = None
    if before is not None:
        scores, advice = with_suspicion(folder, scores, dataset, trainer, before, scale)
    write_parquet(scores, folder.scores)
    return untested, advice


def embed(
    folder: RunFolder, rows: NDArray[np.int64], trainer: Trainer, kind: ModelKind, seed: int
) -> None:
    """Store where the trained model puts each training row."""
    write_embedding(folder, rows, _activations(trainer, kind), seed)


def _activations(trainer: Trainer, kind: ModelKind) -> NDArray[np.floating]:
    """What comes out of the model's body for each training row, shape (n, d)."""
    body = kind.body(trainer.model)
    found: NDArray[np.floating] = predict(body, trainer.train_x).flatten(1).cpu().numpy()
    return found


def score_table(
    folder: RunFolder,
    dataset: Dataset,
    trainer: Trainer,
    resolved: Resolved,
    kind: ModelKind,
    chosen: Estimator,
    said: Predictions,
) -> tuple[pa.Table, dict[str, str]]:
    """One line per target and training row, and which targets could not be tested, with why."""
    store = SignalStore(folder.signals)
    rows = dataset.train.row_numbers
    losses = np.asarray(store.losses()).mean(axis=0, dtype=np.float64)
    seen = trainer.train_x.flatten(1).cpu().numpy()
    if kind.inputs != COLUMNS:  # token numbers have no distances, and those of pixels say little
        seen = _activations(trainer, kind)
    alike = clusters(seen, resolved.seed)
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
                    "row_id": pa.array(row_ids(dataset, dataset.train), pa.string()),
                    "target": pa.array([target.name] * len(rows), pa.string()),
                    "mu": scores.mu,
                    "mu_low": scores.low,
                    "mu_high": scores.high,
                    "rank": scores.rank,
                    "mean_loss": losses,
                    "label": pa.array(said.label, pa.string()),
                    "predicted": pa.array(said.predicted, pa.string()),
                    "probability": said.given,
                    "predicted_probability": said.sure,
                    **({ERROR: said.error} if dataset.task == REGRESSION.name else {}),
                    Q_VALUE: pa.nulls(len(rows), pa.float64()) if q is None else pa.array(q),
                    CLUSTER: alike,
                    **auxiliary_mu(store, chosen, target.name),
                }
            )
        )
    return pa.concat_tables(tables), untested
