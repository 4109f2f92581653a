"""The UMAP of a run, computed in a process of its own: started, watched, stopped and read here.

`start_map` starts `python -m finine_core.runs.map.job`, which outlives who asked and leaves
`<run>/map/umap.<key>.parquet`. For a run from before embeddings were kept, it first makes the
embedding from the last checkpoint.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import pandas as pd
import pyarrow as pa

from finine_core.errors import FinineError
from finine_core.files import read_json, write_json, write_parquet
from finine_core.heard import heard, to_log
from finine_core.runs.checksums import noting_checksum
from finine_core.runs.folder import RunFolder
from finine_core.runs.jobs.background import Background, BusyError, one_at_a_time
from finine_core.runs.map.embedding import (
    ROW_NUMBER,
    read_embedding,
    read_flat,
    read_pca,
)
from finine_core.runs.map.layout import key_of, umap_of

FOLDER, UMAP = "map", ("umap_x", "umap_y")
KINDS = ("pca", "umap")


class MapState(StrEnum):
    """How the UMAP of a run stands."""

    NONE = "not made"
    RUNNING = "running"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True)
class MapStatus:
    """A map as it is now.

    Attributes:
        phase: what is being done, in words.
        done, total: epochs of the layout; 0 of 0 before it.
        eta_seconds: expected time to the end, once it can be told.
        problem: why it failed.
    """

    state: MapState
    phase: str = ""
    done: int = 0
    total: int = 0
    eta_seconds: float | None = None
    problem: FinineError | None = None


def start_map(folder: RunFolder) -> bool:
    """Begin to make the map in a process of its own; False when it is there or being made."""
    job = _job(folder)
    job.path.mkdir(parents=True, exist_ok=True)
    with one_at_a_time(job.path):
        if job.alive() or _is_made(folder):
            return False
        job.problem.unlink(missing_ok=True)
        write_json(job.progress, {"phase": "starting"})
        job.start("finine_core.runs.map.job", str(folder.path), str(job.path))
    return True


def observe_map(folder: RunFolder) -> MapStatus:
    """How the map stands."""
    job = _job(folder)
    told = read_json(job.progress)
    if job.alive():
        return MapStatus(
            MapState.RUNNING,
            str(told.get("phase", "starting")),
            int(told.get("done", 0)),
            int(told.get("total", 0)),
            told.get("eta_seconds"),
        )
    if _is_made(folder):
        return MapStatus(MapState.DONE)
    if (problem := job.failure()) is not None:
        return MapStatus(MapState.FAILED, problem=problem)
    return MapStatus(MapState.STOPPED if told else MapState.NONE)


def stop_map(folder: RunFolder) -> None:
    """End the process that makes the map; what it has done is lost."""
    _job(folder).stop(FinineError("The map is being made by another process.", "Stop it there."))


def read_projection(folder: RunFolder, kind: str) -> pd.DataFrame:
    """A flat picture of the training rows: row_number, x, y.

    Raises:
        FinineError: there is no such kind, or it was not made yet.
    """
    if kind not in KINDS:
        raise FinineError(f"There is no map by {kind!r}.", f"Known: {', '.join(KINDS)}.")
    if kind == "pca":
        return read_pca(folder)
    path = _umap_path(folder)
    if not path.exists():
        raise FinineError(
            f"The UMAP of run {folder.run_id} is not made yet.",
            f"Make it with: finine map {folder.run_id}",
        )
    return read_flat(folder, path, UMAP)


def _job(folder: RunFolder) -> Background:
    return Background(folder.path / FOLDER)


def _is_made(folder: RunFolder) -> bool:
    stored = folder.embedding.exists() and folder.projection.exists()
    return stored and _umap_path(folder).exists()


def _umap_path(folder: RunFolder) -> Path:
    if not folder.embedding.exists():
        read_embedding(folder)  # says what is missing, and the mend
    key = key_of(folder.embedding.read_bytes(), int(folder.read()["seed"]))
    return folder.path / FOLDER / f"umap.{key}.parquet"


def _make(folder: RunFolder, job: Background) -> None:
    with job.held() as free:
        if not free:
            raise BusyError("The map is being made by another process.")
        if not (folder.embedding.exists() and folder.projection.exists()):
            write_json(job.progress, {"phase": "asking the model where it puts the rows"})
            _embed_again(folder)
        write_json(job.progress, {"phase": "looking for each row's neighbours"})
        embedding = read_embedding(folder)
        first = 0.0  # when the layout began: before it umap compiles and looks for neighbours

        def tell(done: int, total: int) -> None:
            nonlocal first
            now = time.monotonic()
            first = first or now
            eta = (now - first) / done * (total - done) if done else None
            told = {"phase": "laying the rows out", "done": done, "total": total}
            write_json(job.progress, {**told, "eta_seconds": eta})

        flat = umap_of(embedding.points, int(folder.read()["seed"]), tell)
        columns = {ROW_NUMBER: embedding.rows, UMAP[0]: flat[:, 0], UMAP[1]: flat[:, 1]}
        with noting_checksum(_umap_path(folder), folder.path) as temporary:
            write_parquet(pa.table(columns), temporary)


def _embed_again(folder: RunFolder) -> None:
    """The embedding of a run from before it was kept, from its inputs and its last checkpoint."""
    from finine_core.runs.checksums import sound
    from finine_core.runs.config import Resolved
    from finine_core.runs.results import Results
    from finine_core.runs.work.pipeline import make_torch_repeatable, make_trainer, stored_inputs
    from finine_core.runs.work.reading import answers_in
    from finine_core.runs.work.recipe import recipe_of
    from finine_core.runs.work.scoring import embed
    from finine_core.training.checkpoints import load_checkpoint

    make_torch_repeatable()
    record, checkpoint = folder.read(), folder.checkpoints / "latest.safetensors"
    inputs = stored_inputs(sound(folder.encoded))
    if inputs is None or not checkpoint.exists():
        raise FinineError(
            f"What the model of run {folder.run_id} saw, or the model itself, is not stored.",
            "Start a new run; its map is made with it.",
        )
    resolved = Resolved.model_validate(record["resolved"])
    answers, device = answers_in(record), record["config"]["device"]
    trainer = make_trainer(inputs, resolved, len(answers), device)
    trainer.restore(load_checkpoint(sound(checkpoint, folder.path)))
    kind = recipe_of(resolved).kind
    embed(folder, Results(folder).scored_rows(), trainer, kind, resolved.seed)


def main(run_path: str, job_path: str) -> int:
    """Make the map of the run; 0 when it is made."""
    folder, job = RunFolder(Path(run_path)), Background(Path(job_path))
    return job.carry_out(lambda: _make(folder, job))


if __name__ == "__main__":
    with heard(to_log):
        sys.exit(main(*sys.argv[1:]))
