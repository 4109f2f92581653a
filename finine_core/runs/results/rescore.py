"""Scores by another estimator, from the signals of a finished run: no training is needed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from finine_core.files import write_parquet
from finine_core.runs.checksums import noting_checksum, read_result, sound_signals
from finine_core.runs.columns import BY_SUSPICION, Q_VALUE, ROW_NUMBER
from finine_core.runs.folder import RunFolder
from finine_core.runs.folds import folds_in, trainings_of

if TYPE_CHECKING:
    import pyarrow as pa


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

    from finine_core.influence import auxiliary_mu, estimator
    from finine_core.influence.targets import target_named

    chosen = estimator(name)
    path = folder.path / f"scores.{name}.parquet"
    if path.exists():
        return path
    default = read_result(folder.scores)
    seed, first = int(record["seed"]), int(record["dataset"]["train_rows"])
    parts = []
    for name_of in record["resolved"]["targets"]:
        part = default.filter(pc.equal(default.column("target"), name_of))
        rows, target = part.column(ROW_NUMBER).to_numpy(), target_named(name_of)
        trainings = trainings_of(sound_signals(folder), rows[:first], folds_in(record))
        scores = trainings.scores(chosen, target, seed)
        columns = {
            "mu": scores.mu,
            "mu_low": scores.low,
            "mu_high": scores.high,
            "rank": scores.rank,
            **auxiliary_mu(trainings.stores[0], chosen, name_of),
        }
        if Q_VALUE in part.column_names:  # not in runs from before
            q, _ = trainings.q_values(scores.mu, target)
            columns[Q_VALUE] = pa.nulls(len(part), pa.float64()) if q is None else q
        for column, values in columns.items():
            part = part.set_column(part.column_names.index(column), column, pa.array(values))
        parts.append(part)
    by_suspicion = default.filter(pc.equal(default.column("target"), BY_SUSPICION))
    if len(by_suspicion):  # μ of its lines is that of the first target
        parts.append(_with_mu_of(by_suspicion, parts[0]))
    with noting_checksum(path, folder.path) as temporary:
        write_parquet(pa.concat_tables(parts), temporary)
    return path


def _with_mu_of(lines: pa.Table, scored: pa.Table) -> pa.Table:
    """The lines with the μ that the same rows have in another table; missing for other rows."""
    import pyarrow as pa
    import pyarrow.compute as pc

    place = pc.index_in(lines.column(ROW_NUMBER), scored.column(ROW_NUMBER).combine_chunks())
    for name in ("mu", "mu_low", "mu_high", "mu_auxiliary", Q_VALUE):
        if name in lines.column_names:
            column = lines.column_names.index(name)
            values = scored.column(name).take(place)
            lines = lines.set_column(column, name, pa.chunked_array(values).cast(pa.float64()))
    return lines
