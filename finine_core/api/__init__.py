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
from typing import TYPE_CHECKING, Unpack

from finine_core.api.deciding import default_reviewer
from finine_core.api.one_run import Run
from finine_core.dataset.options import DataOptions
from finine_core.errors import FinineError
from finine_core.first_use import loaded_on_first_use
from finine_core.keywords import spelled_out
from finine_core.paths import named_path
from finine_core.runs.home import check_home, default_home
from finine_core.runs.options import RunOptions
from finine_core.told import told

if TYPE_CHECKING:
    from finine_core.api.given import Data
    from finine_core.dataset import Finding, Report, Severity
    from finine_core.health import HomeFinding, HomeReport
    from finine_core.runs import Plan, RunLine, Status
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.dataset": ["Finding", "Report", "Severity"],
            "finine_core.health": ["HomeFinding", "HomeReport"],
        },
    )


@told
@spelled_out(DataOptions)
def check(data: Data, *, label: str | Sequence[str], **options: Unpack[DataOptions]) -> Report:
    """What is odd about a file, before anything is trained on it; nothing is changed.

    Looks for duplicates, columns that give the label away, label variants, uneven classes, ids
    among the features, constant columns, and empty or very long texts.

    Args:
        data: a CSV, TSV, JSON Lines, Parquet, Arrow or Excel file; a folder or zip of images; or a
            pandas, polars or Arrow table.
        label: as in `run`.
        options: how the data is read, see `DataOptions`.

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
    from finine_core.api.given import given_data
    from finine_core.dataset import check_dataset, load_dataset

    with given_data(data) as path:
        return check_dataset(load_dataset(path, label=label, **options))


@told
def known_label(data: str | Path) -> str | None:
    """The label column of data that has no choice of them: a folder or zip of images by class.

    Examples:
        >>> known_label("pets.zip"), known_label("pets.csv")
        ('label', None)
    """
    from finine_core.formats import is_image_tree
    from finine_core.formats.images import LABEL_COLUMN

    return LABEL_COLUMN if is_image_tree(named_path(data)) else None


@told
@spelled_out(DataOptions, RunOptions)
def run(
    data: Data,
    *,
    label: str | Sequence[str],
    home: str | Path | None = None,
    name: str = "",
    block: bool = True,
    on_progress: Callable[[Status], None] | None = None,
    **options: Unpack[RunOptions],
) -> Run:
    """Train once on a file, with f-INE recording; gives the run.

    The training happens in a worker process, which outlives this one; in this process when a model
    or a loss is given as an object.

    Args:
        data: a CSV, TSV, JSON Lines, Parquet, Arrow or Excel file; a folder or zip with a folder of
            images per class, which has the columns `image` and `label`; a folder that
            `save_to_disk` of the library `datasets` wrote; or a pandas, polars or Arrow table,
            which is kept as Parquet in the home, under `data`.
        label: the column to predict; or several columns of 0 and 1, each for a label that may hold
            beside the others (docs/multi_label.md).
        home: where runs live; $FININE_HOME or ~/.finine when None.
        name: for people; the file's name when empty.
        block: wait for the end (else return at once).
        on_progress: called with each change while waiting.
        options: how the data is read and what the run does, see `DataOptions` and `RunOptions`.

    Raises:
        FinineError: an option or the data is wrong, or the run failed.
    """
    from finine_core.api.given import kept_data
    from finine_core.api.own import by_name, own_of
    from finine_core.runs import State, create_run, start
    from finine_core.runs.config import make_config

    own = own_of(options.get("model"), options.get("loss"))
    if own and not block:
        raise FinineError(
            "A model or a loss that is an object trains in this process: block=False cannot be.",
            "Leave block out; or put it into a module and give its name, 'module:name'.",
        )
    where = _home(home)
    config = make_config(data=str(kept_data(data, where)), label=label, **by_name(options))
    folder = create_run(where, config, name)
    started = Run(folder)
    if own:
        from finine_core.runs.here import run_here  # torch takes seconds

        run_here(folder, own, on_progress)
    else:
        start(folder)
    if block:
        status = started.wait(None if own else on_progress)
        if status.state is not State.DONE:
            raise FinineError(f"Run {folder.run_id} {status.state.verb}: {status.message}")
    return started


@told
@spelled_out(DataOptions, RunOptions)
def plan(
    data: Data,
    *,
    label: str | Sequence[str],
    home: str | Path | None = None,
    **options: Unpack[RunOptions],
) -> Plan:
    """What `run` with the same arguments would do, and about how long it would take.

    Reads and checks the data; starts and writes nothing.

    Raises:
        FinineError: an option or the data is wrong.
    """
    from finine_core.api.given import given_data
    from finine_core.runs.config import make_config
    from finine_core.runs.estimate import plan_run

    with given_data(data) as path:
        return plan_run(_home(home), make_config(data=str(path), label=label, **options))


@told
def open_run(
    run_id: str = "latest", home: str | Path | None = None, *, trashed: bool = False
) -> Run:
    """A run that exists; `latest` is the newest, an unambiguous beginning of the id will do.

    Args:
        trashed: open one that is in the trash, to restore or delete it.

    Raises:
        FinineError: there is none, or it is in the trash.
    """
    from finine_core.runs import find_run

    return Run(find_run(_home(home), run_id, trashed=trashed))


@told
def runs(home: str | Path | None = None, *, trashed: bool = False) -> list[Run]:
    """All runs of a home, newest first; those in the trash apart, last thrown away first."""
    from finine_core.runs import list_runs

    return [Run(one) for one in list_runs(_home(home), trashed=trashed)]


@told
def lines(home: str | Path | None = None, *, trashed: bool = False) -> list[RunLine]:
    """What a list says of each of `runs`, without opening them."""
    from finine_core.runs import run_lines

    return run_lines(_home(home), trashed=trashed)


@told
def apply(
    manifest: str | Path,
    data: str | Path,
    out: str | Path,
    *,
    tree: str | None = None,
    overwrite: bool = False,
) -> None:
    """Rebuild a cleaned file, bit for bit, from the original and the manifest of an export.

    Args:
        tree: for a folder or zip of images: 'copy' or 'link' those of the list into a folder
            `images` beside it.
    """
    from finine_core.curation.apply import apply_manifest
    from finine_core.curation.export import check_tree, write_tree

    record, source, listing = (named_path(one) for one in (manifest, data, out))
    if tree is not None:
        check_tree(source, listing.parent, tree, overwrite=overwrite)
    apply_manifest(record, source, listing, overwrite=overwrite)
    if tree is not None:
        write_tree(source, listing, listing.parent, tree, overwrite=overwrite)


@told
def doctor(home: str | Path | None = None, *, repair: bool = False) -> HomeReport:
    """Whether a home is sound: its database, marks, states, files, queue and disk.

    Args:
        repair: mend what can be mended; no mark, run or file of a person's is ever deleted.

    Raises:
        FinineError: there is no such folder.

    Examples:
        >>> import tempfile
        >>> doctor(tempfile.mkdtemp()).findings
        ()
    """
    from finine_core.health import check_home as look_at

    return look_at(named_path(home) if home else default_home(), repair=repair)


@told
def marked(home: str | Path | None, run_ids: Sequence[str]) -> dict[str, int]:
    """How many rows of each of these runs have a decision in force."""
    from finine_core.curation.marked import marked_rows

    return marked_rows(_home(home), run_ids)


def _home(home: str | Path | None) -> Path:
    return check_home(named_path(home) if home else default_home())


__all__ = [
    "DataOptions",
    "Finding",
    "HomeFinding",
    "HomeReport",
    "Report",
    "Run",
    "RunOptions",
    "Severity",
    "apply",
    "check",
    "default_reviewer",
    "doctor",
    "known_label",
    "lines",
    "marked",
    "open_run",
    "plan",
    "run",
    "runs",
]
