"""The Python API: check a file, start a run, look at its scores and curves, decide, export.

Everything the CLI and the app do goes through here, so that whatever one can do the other can.

    import finine_core as fi
    fi.check("rows.csv", label="y").warnings
    run = fi.run("rows.csv", label="y")
    run.scores().head()
    run.curve(3)
    run.mark(rows=[3], decision="delete", reason="wrong label")
    run.export("cleaned")
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from finine_core.api.deciding import default_reviewer
from finine_core.api.run import Run
from finine_core.curation.apply import apply_manifest
from finine_core.curation.marked import marked_rows
from finine_core.dataset import Finding, Report, Severity, check_dataset, load_dataset
from finine_core.errors import FinineError
from finine_core.runs import (
    Plan,
    RunLine,
    State,
    Status,
    create_run,
    default_home,
    find_run,
    list_runs,
    plan_run,
    run_lines,
    start,
)
from finine_core.runs.config import make_config


def check(
    data: str | Path,
    *,
    label: str,
    text: Sequence[str] = (),
    features: Sequence[str] = (),
    id: str | None = None,
    ignore: Sequence[str] = (),
    validation: float | str | Path = 0.2,
    seed: int = 0,
) -> Report:
    """What is odd about a file, before anything is trained on it; nothing is changed.

    Looks for duplicates, columns that give the label away, label variants, uneven classes, ids
    among the features, constant columns, and empty or very long texts.

    Args:
        data: a CSV, TSV, JSONL or Parquet file.
        label, text, features, id, ignore, validation, seed: as in `run`.

    Raises:
        FinineError: whatever would keep a run from starting.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> rows = [f"{i * 37 % 101},{i % 2},{'ab'[i % 2]}" for i in range(60)]
        >>> _ = path.write_text("x,code,y\\n" + "\\n".join(rows))
        >>> [(found.kind, found.columns) for found in check(path, label="y").warnings]
        [('leakage', ('code',))]
    """
    path = Path(data).expanduser()
    roles = {"text": text, "features": features, "ignore": ignore}
    dataset = load_dataset(path, label=label, id=id, validation=validation, seed=seed, **roles)
    return check_dataset(dataset)


def run(
    data: str | Path,
    *,
    label: str,
    home: str | Path | None = None,
    name: str = "",
    block: bool = True,
    on_progress: Callable[[Status], None] | None = None,
    **options: object,
) -> Run:
    """Train once on a file, with f-INE recording; gives the run.

    The training happens in a worker process, which outlives this one.

    Args:
        data: a CSV, TSV, JSONL or Parquet file.
        label: the column to predict.
        home: where runs live; $FININE_HOME or ~/.finine when None.
        name: for people; the file's name when empty.
        block: wait for the end (else return at once).
        on_progress: called with each change while waiting.
        options: text, features, id, ignore, targets, validation, model, epochs, batch_size, lr,
            optimizer, weight_decay, seed, record_steps, auxiliary, device: see `RunConfig`.

    Raises:
        FinineError: an option or the data is wrong, or the run failed.
    """
    config = make_config(data=str(data), label=label, **options)
    folder = create_run(_home(home), config, name)
    start(folder)
    started = Run(folder)
    if block:
        status = started.wait(on_progress)
        if status.state is not State.DONE:
            raise FinineError(f"Run {folder.run_id} {status.state.verb}: {status.message}")
    return started


def plan(
    data: str | Path, *, label: str, home: str | Path | None = None, **options: object
) -> Plan:
    """What `run` with the same arguments would do, and about how long it would take.

    Reads and checks the data; starts and writes nothing.

    Raises:
        FinineError: an option or the data is wrong.
    """
    return plan_run(_home(home), make_config(data=str(data), label=label, **options))


def open_run(
    run_id: str = "latest", home: str | Path | None = None, *, trashed: bool = False
) -> Run:
    """A run that exists; `latest` is the newest, an unambiguous beginning of the id will do.

    Args:
        trashed: open one that is in the trash, to restore or delete it.

    Raises:
        FinineError: there is none, or it is in the trash.
    """
    return Run(find_run(_home(home), run_id, trashed=trashed))


def runs(home: str | Path | None = None, *, trashed: bool = False) -> list[Run]:
    """All runs of a home, newest first; those in the trash apart, last thrown away first."""
    return [Run(one) for one in list_runs(_home(home), trashed=trashed)]


def lines(home: str | Path | None = None, *, trashed: bool = False) -> list[RunLine]:
    """What a list says of each of `runs`, without opening them."""
    return run_lines(_home(home), trashed=trashed)


def apply(
    manifest: str | Path, data: str | Path, out: str | Path, *, overwrite: bool = False
) -> None:
    """Rebuild a cleaned file, bit for bit, from the original and the manifest of an export."""
    paths = (Path(one).expanduser() for one in (manifest, data, out))
    apply_manifest(*paths, overwrite=overwrite)


def marked(home: str | Path | None, run_ids: Sequence[str]) -> dict[str, int]:
    """How many rows of each of these runs have a decision in force."""
    return marked_rows(_home(home), run_ids)


def _home(home: str | Path | None) -> Path:
    return Path(home).expanduser() if home else default_home()


__all__ = [
    "Finding",
    "Report",
    "Run",
    "Severity",
    "apply",
    "check",
    "default_reviewer",
    "lines",
    "marked",
    "open_run",
    "plan",
    "run",
    "runs",
]
