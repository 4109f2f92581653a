"""Is a result still what the run wrote? The SHA-256 of each is kept in the run's `checksums.json`.

A worker notes them when its run ends (`seal`); what is made later of a finished run notes its own
(`noting_checksum`). Who reads a result asks `sound` for its path, or `read_result` for its table:
a file with a changed byte, whatever it says now, is refused and named. Files without a noted
checksum, such as those of runs from before, are read as they are.

The whole file counts, and not Parquet's own checksums: those leave out a file's footer, and DuckDB
does not look at them.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from finine_core.errors import FinineError
from finine_core.files import sha256_of, write_atomically, write_json

if TYPE_CHECKING:
    import pyarrow as pa

    from finine_core.runs.folder import RunFolder

CHECKSUMS = "checksums.json"
# What later questions are answered from. Names with a leading dot are being written.
RESULTS = (
    "*.parquet",
    "*.safetensors",
    "checkpoints/*.safetensors",
    "map/*.parquet",
    "signals/**/*.json",
    "signals/**/*.npy",
)
# What the map is made of; it can be made again from the model, and other results cannot.
OF_THE_MAP = ("embedding.safetensors", "projection.parquet", "map/")
KEPT_FILES = 4_096  # whose state is remembered: some twenty of each run that was looked at


def results_in(run_folder: Path) -> list[Path]:
    """The files of a run's folder whose checksums are noted."""
    found = (path for pattern in RESULTS for path in run_folder.glob(pattern))
    return sorted(path for path in found if not path.name.startswith("."))


def seal(run_folder: Path) -> None:
    """Note the checksums of all results of a run that ends."""
    found = {_key(path, run_folder): sha256_of(path) for path in results_in(run_folder)}
    write_json(run_folder / CHECKSUMS, found)


def unseal(run_folder: Path) -> None:
    """Forget them: a worker is at the run again, and writes its results anew."""
    (run_folder / CHECKSUMS).unlink(missing_ok=True)


@contextmanager
def noting_checksum(path: Path, run_folder: Path) -> Iterator[Path]:
    """Give a temporary path for a result that is made of a finished run; whole or not at all.

    Its checksum is noted before it appears: a kill between leaves a line about no file.
    """
    with write_atomically(path) as temporary:
        yield temporary
        with _one_at_a_time(run_folder):
            known = {**noted(run_folder), _key(path, run_folder): sha256_of(temporary)}
            write_json(run_folder / CHECKSUMS, known)


def noted(run_folder: Path) -> dict[str, str]:
    """The checksums by path within the run's folder; empty for a run from before they were kept.

    Raises:
        FinineError: the file that holds them is damaged.
    """
    path = run_folder / CHECKSUMS
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, RecursionError) as error:
        raise _damaged_list(path, str(error)) from error
    if not isinstance(content, dict) or not all(isinstance(one, str) for one in content.values()):
        raise _damaged_list(path, "it is no list of checksums")
    return content


def sound(path: Path, run_folder: Path | None = None, *, anew: bool = False) -> Path:
    """The path itself, when the file's bytes are those that were written.

    A file is read once for this in a process, and again when its time or size is another.

    Args:
        run_folder: where `checksums.json` is; the file's own folder when None.
        anew: read it again in any case.

    Raises:
        FinineError: they are others; the message names the file and the mend.

    Examples:
        >>> import tempfile
        >>> folder = Path(tempfile.mkdtemp()).resolve()
        >>> scores = folder / "scores.parquet"
        >>> _ = scores.write_bytes(b"0.25")
        >>> seal(folder)
        >>> sound(scores) == scores
        True
        >>> _ = scores.write_bytes(b"4.25")
        >>> sound(scores)
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: ...scores.parquet is damaged: its bytes are not those ...
    """
    folder = run_folder or path.parent
    known = noted(folder).get(_key(path, folder))
    if known is None:
        return path
    try:
        facts = path.stat()
        state = (facts.st_ino, facts.st_mtime_ns, facts.st_size)
        found = sha256_of(path) if anew else _digest(path, state)
    except FileNotFoundError:
        return path  # its reader says what is missing, and what to do
    except OSError as error:
        raise damaged(path, folder, str(error)) from error
    if found != known:
        why = f"its bytes are not those that were written (SHA-256 {found}, written was {known})"
        raise damaged(path, folder, why)
    return path


def sound_signals(folder: RunFolder) -> Path:
    """The folder of a run's signals, when all of its files are as they were written.

    Raises:
        FinineError: one is not; the message names it.
    """
    for name in noted(folder.path):
        if name.startswith(f"{folder.signals.name}/"):
            sound(folder.path / name, folder.path)
    return folder.signals


def read_result(path: Path, run_folder: Path | None = None, **options: Any) -> pa.Table:
    """A table of results, or some of it.

    Args:
        options: of `pyarrow.parquet.read_table`.

    Raises:
        FinineError: the file is missing, damaged, or lacks a column that was asked for.
    """
    import pyarrow.parquet as pq

    folder = run_folder or path.parent
    with _told_as_damage(path, folder):
        return pq.read_table(sound(path, folder), **options)


def result_facts(path: Path) -> tuple[int, list[str]]:
    """How many lines a table of results has, and the names of its columns.

    Raises:
        FinineError: the file is missing or damaged.
    """
    import pyarrow.parquet as pq

    with _told_as_damage(path, path.parent):
        found = pq.read_metadata(sound(path))
        return int(found.num_rows), list(found.schema.to_arrow_schema().names)


@contextmanager
def _told_as_damage(path: Path, run_folder: Path) -> Iterator[None]:
    import pyarrow as pa

    try:
        yield
    except (OSError, ValueError, KeyError, pa.ArrowException) as error:
        why = (str(error).splitlines() or [type(error).__name__])[0]
        raise damaged(path, run_folder, why) from error


def damaged(path: Path, run_folder: Path, why: str) -> FinineError:
    """What to say of a result that cannot be trusted or read."""
    name = _key(path, run_folder)
    if name.startswith(OF_THE_MAP):
        mend = f"Delete it, and make it again with: finine map {run_folder.name}"
    elif name.startswith("scores.") and name != "scores.parquet":
        mend = "Delete it: it is made again when it is asked for."
    else:
        mend = "Put it back from a copy; else start a new run. Marks are not concerned."
    return FinineError(f"{path} is damaged: {why}.", mend)


def _damaged_list(path: Path, why: str) -> FinineError:
    return FinineError(
        f"{path} is damaged ({why}).",
        "Put it back from a copy; without it, results are read as they are.",
    )


def _key(path: Path, run_folder: Path) -> str:
    try:
        return path.relative_to(run_folder).as_posix()
    except ValueError:  # one of the two was named by way of a link
        return path.resolve().relative_to(run_folder.resolve()).as_posix()


@lru_cache(maxsize=KEPT_FILES)
def _digest(path: Path, state: tuple[int, int, int]) -> str:  # noqa: ARG001
    return sha256_of(path)


@contextmanager
def _one_at_a_time(run_folder: Path) -> Iterator[None]:
    """Two processes may make two results of one run at once; neither may forget the other's."""
    handle = os.open(run_folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a file system without locks
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
