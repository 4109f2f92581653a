"""The list by suspicion: its lines of `scores.parquet`, and its columns in the lines of targets.

Its lines have `suspicion` in the column `target` and hold every row of the file, those that were
held out too; of these μ and its rank are missing, since they were not trained on. With folds every
row was trained on.
"""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from finine_core.dataset import Dataset
from finine_core.influence.targets import VALIDATION
from finine_core.runs.columns import BY_SUSPICION
from finine_core.runs.work.judged import Judged, advice_of, columns_of, judge_run
from finine_core.runs.work.predicting import columns_of_said, predictions_of
from finine_core.suspicion.copies import copies_of
from finine_core.training.trainer import Trainer


def with_suspicion(
    scores: pa.Table,
    dataset: Dataset,
    trainer: Trainer,
    before: Judged,
    scale: tuple[float, float],
    margins: NDArray[np.floating] | None,
) -> tuple[pa.Table, dict[str, object]]:
    """The scores with suspicion, and what run.json says about the list.

    Args:
        scores: of the training rows; with folds of the held-out rows, too, after them.
        margins: mean margin over the epochs, of the same rows.
    """
    targets = scores.column("target").unique().to_pylist()
    of_target = {name: scores.filter(pc.equal(scores.column("target"), name)) for name in targets}
    shared = of_target.get(VALIDATION.name)
    influence = None if shared is None else shared.column("mu").to_numpy()
    found = judge_run(before, margins, influence)
    copies = copies_of(before.probe.copies, before.codes, found.suspicion)
    scored = len(of_target[targets[0]])
    columns = columns_of(found, copies, np.arange(scored), dataset.answers)
    tables = [_with(table, columns) for table in of_target.values()]
    rank = np.empty(len(found.order), dtype=np.int64)
    rank[found.order] = np.arange(1, len(rank) + 1)
    every = _with(of_target[targets[0]], columns)
    listed = np.flatnonzero(before.listed)
    if scored < len(before.codes):
        others = _with(
            _held_out(dataset, trainer, scale, every.schema),
            columns_of(found, copies, np.arange(scored, len(before.codes)), dataset.answers),
        )
        every = pa.concat_tables([every, others]).take(pa.array(listed))
    every = _with(
        every,
        {
            "rank": pa.array(_without_gaps(rank[listed]), pa.int64()),
            "target": pa.array([BY_SUSPICION] * len(every), pa.string()),
        },
    )
    return pa.concat_tables([*tables, every]), advice_of(found, copies, before, dataset.answers)


def _with(table: pa.Table, columns: dict[str, pa.Array]) -> pa.Table:
    for name, values in columns.items():
        place = table.column_names.index(name) if name in table.column_names else None
        if place is None:
            table = table.append_column(name, values)
        else:
            table = table.set_column(place, name, values)
    return table


def _held_out(
    dataset: Dataset, trainer: Trainer, scale: tuple[float, float], schema: pa.Schema
) -> pa.Table:
    """A line of each held-out row: what the model says of it, and nothing of its influence."""
    said = predictions_of(dataset, trainer, scale, held_out=True)
    known = columns_of_said(dataset, said, held_out=True)
    columns = [
        known.column(field.name).cast(field.type)
        if field.name in known.column_names
        else pa.nulls(len(known), field.type)
        for field in schema
    ]
    return pa.table(columns, schema=schema)


def _without_gaps(ranks: np.ndarray) -> np.ndarray:
    """1, 2, … in the same order.

    Examples:
        >>> _without_gaps(np.array([7, 2, 5])).tolist()
        [3, 1, 2]
    """
    found = np.empty(len(ranks), dtype=np.int64)
    found[np.argsort(ranks)] = np.arange(1, len(ranks) + 1)
    return found
