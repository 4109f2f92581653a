"""What does a trained run say about each of its rows? Its scores, and what the model predicts.

Takes the recorded signals and the trained model; writes `scores.parquet` (one line per target and
row that was learned from: what the review table shows) and `predictions.parquet` (the likeliest
classes). With folds every row was learned from in some training, and what is told of the model is
told of the first one: of its held-out rows it says what it makes of rows it has not seen.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import torch
from numpy.typing import NDArray

from finine_core.files import write_parquet
from finine_core.influence import Estimator, auxiliary_mu, check_targets
from finine_core.influence.trainings import Trainings
from finine_core.runs.columns import (
    CLUSTER,
    EARLY_LOSS,
    FOLD,
    FORGOTTEN,
    Q_VALUE,
    ROW_NUMBER,
)
from finine_core.runs.folder import RunFolder
from finine_core.runs.folds import trainings_of
from finine_core.runs.map.embedding import write_embedding
from finine_core.runs.work.clusters import clusters
from finine_core.runs.work.epoch_margins import early_losses, mean_margins, times_forgotten
from finine_core.runs.work.judged import Judged
from finine_core.runs.work.predicting import columns_of_said, predictions_of
from finine_core.runs.work.reading import Reading
from finine_core.runs.work.suspicion import with_suspicion
from finine_core.training.models.base import COLUMNS, ModelKind
from finine_core.training.trainer import Trainer, predict


def write_scores(
    folder: RunFolder,
    read: Reading,
    trainer: Trainer,
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
    dataset, folds = read.dataset, read.config.folds
    trainings = trainings_of(folder.signals, dataset.train.row_numbers, folds)
    parts = (False, True) if folds > 1 else (False,)  # whether of rows that the model did not see
    said = [predictions_of(dataset, trainer, scale, held_out=one) for one in parts]
    write_parquet(pa.concat_tables([one.likeliest for one in said]), folder.predictions)
    embed(folder, trainings.rows, trainer, kind, read.resolved.seed)
    lines = pa.concat_tables(
        [
            columns_of_said(dataset, one, held_out=part)
            for one, part in zip(said, parts, strict=True)
        ]
    )
    scores, untested = score_table(read, trainings, lines, trainer, kind, chosen)
    advice = None
    if before is not None:
        margins = [mean_margins(one.folder) for one in trainings.stores]
        known = [one for one in margins if one is not None]
        mean = trainings.mean(known) if len(known) == len(margins) else None
        scores, advice = with_suspicion(scores, dataset, trainer, before, scale, mean)
    write_parquet(scores, folder.scores)
    return untested, advice


def embed(
    folder: RunFolder, rows: NDArray[np.int64], trainer: Trainer, kind: ModelKind, seed: int
) -> None:
    """Store where the trained model puts each of these rows.

    Args:
        rows: the training rows; or those and the held-out ones after them.
    """
    write_embedding(folder, rows, _activations(trainer, kind, len(rows)), seed)


def _activations(trainer: Trainer, kind: ModelKind, rows: int) -> NDArray[np.floating]:
    """What comes out of the model's body for the first rows: trained on, then held out; (n, d)."""
    body = kind.body(trainer.model)
    inputs = _inputs(trainer, rows)
    found: NDArray[np.floating] = predict(body, inputs).flatten(1).cpu().numpy()
    return found


def _inputs(trainer: Trainer, rows: int) -> torch.Tensor:
    if rows == len(trainer.train_x):
        return trainer.train_x
    return torch.cat([trainer.train_x, trainer.validation_x])


def _course(trainings: Trainings) -> dict[str, NDArray[np.float64] | pa.Array]:
    """How each row was learned, beside its mean loss."""
    folders = [one.folder for one in trainings.stores]
    found: dict[str, NDArray[np.float64] | pa.Array] = {
        EARLY_LOSS: trainings.mean([early_losses(one) for one in folders])
    }
    forgotten = [times_forgotten(one) for one in folders]
    known = [one for one in forgotten if one is not None]
    if len(known) == len(forgotten):
        found[FORGOTTEN] = pa.array(trainings.mean(known), from_pandas=True)
    return found


def score_table(
    read: Reading,
    trainings: Trainings,
    said: pa.Table,
    trainer: Trainer,
    kind: ModelKind,
    chosen: Estimator,
) -> tuple[pa.Table, dict[str, str]]:
    """One line per target and row with a μ, and which targets could not be tested, with why.

    Args:
        said: what the model says of these rows, in the order of `trainings.rows`.
    """
    seed, rows = read.resolved.seed, len(trainings.rows)
    seen = _inputs(trainer, rows).flatten(1).cpu().numpy()
    if kind.inputs != COLUMNS:  # token numbers have no distances, and those of pixels say little
        seen = _activations(trainer, kind, rows)
    alike, losses = clusters(seen, seed), trainings.losses()
    course = _course(trainings)
    fold = {} if read.folds is None else {FOLD: pa.array(read.folds[trainings.rows])}
    first_of_line = [ROW_NUMBER, "row_id"]
    tables, untested = [], {}
    for target in check_targets(read.resolved.targets, len(read.dataset.validation.labels)):
        scores = trainings.scores(chosen, target, seed)
        # the test is of the runs' steps, whatever the estimator made of them
        q, problem = trainings.q_values(scores.mu, target)
        if problem:
            untested[target.name] = problem
        columns = {
            **{name: said[name] for name in first_of_line},
            "target": pa.array([target.name] * rows, pa.string()),
            "mu": scores.mu,
            "mu_low": scores.low,
            "mu_high": scores.high,
            "rank": scores.rank,
            "mean_loss": losses,
            **{name: said[name] for name in said.column_names if name not in first_of_line},
            Q_VALUE: pa.nulls(rows, pa.float64()) if q is None else pa.array(q),
            CLUSTER: alike,
            **course,
            **fold,
            **auxiliary_mu(trainings.stores[0], chosen, target.name),
        }
        tables.append(pa.table(columns))
    return pa.concat_tables(tables), untested
