"""Scores by another estimator, from the signals of a finished run: no training is needed."""

from __future__ import annotations

from pathlib import Path

from finine_core.files import write_parquet
from finine_core.runs.checksums import noting_checksum, read_result, sound_signals
from finine_core.runs.columns import Q_VALUE, ROW_NUMBER
from finine_core.runs.folder import RunFolder


def scores_by(folder: RunFolder, name: str | None) -> Path:
    """The score file of an estimator; made on first use, kept beside that of the run's own.

    Args:
        name: None for the estimator that the run was scored with.

    Raises:
        FinineError: no such estimator.
    """
    record = folder.read()
    if name is None or name == record["results"]["estimator"]:
        return folder.scores
    import pyarrow as pa
    import pyarrow.compute as pc

    from finine_core.influence import (
        SignalStore,
        auxiliary_mu,
        estimator,
        row_q_values,
        score_target,
    )
    from finine_core.influence.targets import target_named

    chosen = estimator(name)
    path = folder.path / f"scores.{name}.parquet"
    if path.exists():
        return path
    store = SignalStore(sound_signals(folder))
    seed = int(record["seed"])
    default = read_result(folder.scores)
    parts = []
    for target in store.plan.targets:
        part = default.filter(pc.equal(default.column("target"), target))
        scores = score_target(
            store.target(target, carried=chosen.carried),
            chosen,
            target_named(target),
            seed,
            part.column(ROW_NUMBER).to_numpy(),
        )
        columns = {
            "mu": scores.mu,
            "mu_low": scores.low,
            "mu_high": scores.high,
            "rank": scores.rank,
            **auxiliary_mu(store, chosen, target),
        }
        if Q_VALUE in part.column_names:  # not in runs from before
            q, _ = row_q_values(store.target(target), scores.mu, target_named(target))
            columns[Q_VALUE] = pa.nulls(len(part), pa.float64()) if q is None else q
        for column, values in columns.items():
            part = part.set_column(part.column_names.index(column), column, pa.array(values))
        parts.append(part)
    with noting_checksum(path, folder.path) as temporary:
        write_parquet(pa.concat_tables(parts), temporary)
    return path
