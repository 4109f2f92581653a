"""The home of all runs: one folder with a database and one folder per run."""

from __future__ import annotations

import os
import platform
import re
import secrets
import shutil
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING

from finine_core.database import DATABASE_NAME, register_run, run_entries, utc_now
from finine_core.errors import FinineError
from finine_core.files import make_private, write_json
from finine_core.paths import FOLDER, kind_of, named_path
from finine_core.runs.folder import RUN_SCHEMA, RunFolder
from finine_core.runs.state import State
from finine_core.runs.unfinished import finish_what_was_begun, hidden_folder, show_new
from finine_core.training.code import digest_of, is_code, require_code_allowed

if TYPE_CHECKING:
    from finine_core.runs.config import RunConfig

HOME_VARIABLE = "FININE_HOME"
HOME_MEND = "Name another with --home, or in $FININE_HOME."
LATEST = "latest"  # instead of an id: the newest run
# Packages whose version can change a run's numbers or files.
VERSIONED = ("finine", "torch", "numpy", "scipy", "scikit-learn", "pyarrow", "duckdb")


CODE = "model code", "loss code"  # among a run's versions: digests of a person's own


def default_home() -> Path:
    """$FININE_HOME, else ~/.finine."""
    return named_path(os.environ.get(HOME_VARIABLE) or Path.home() / ".finine").resolve()


def create_run(home: Path, config: RunConfig, name: str = "") -> RunFolder:
    """Make the folder of a new run and register it; nothing is started.

    Args:
        home: made when missing.
        config: what to do.
        name: for people; the data file's name when empty.

    Raises:
        FinineError: the data file is missing, or the home cannot be written.
    """
    from finine_core.formats.sources.inputs import bytes_of, check_input, fingerprint_of
    from finine_core.runs.config import validation_file

    require_code_allowed(*config.code)
    data = Path(config.data)
    check_input(data)
    fingerprint: dict[str, object] = {"sha256": fingerprint_of(data), "bytes": bytes_of(data)}
    if (second := validation_file(config)) is not None:
        check_input(second)
        fingerprint["validation_sha256"] = fingerprint_of(second)
    created = utc_now()
    run_id = _new_id(data)
    folder = RunFolder(home.resolve() / "runs" / run_id)
    making = hidden_folder(folder)
    try:
        make_private(home.resolve())
        making.path.mkdir(parents=True)
    except OSError as error:
        raise FinineError(
            f"The home {home} cannot be written ({error.strerror}).", "Choose another with --home."
        ) from error
    try:
        _write_records(making, run_id, config, created, fingerprint)
        register_run(home, run_id, name or data.name, created)
        show_new(folder)  # at once: nobody meets half a run
    except FinineError:  # the disk is full: half a run is none
        for half in (making, folder):
            shutil.rmtree(half.path, ignore_errors=True)
        raise
    return folder


def _write_records(
    folder: RunFolder,
    run_id: str,
    config: RunConfig,
    created: str,
    fingerprint: dict[str, object],
) -> None:
    write_json(
        folder.path / "run.json",
        {
            "schema": RUN_SCHEMA,
            "run_id": run_id,
            "created_at": created,
            "config": config.model_dump(mode="json"),
            "fingerprint": fingerprint,
            "versions": versions(config),
            "seed": config.seed,
            "resolved": None,
            "results": None,
        },
    )
    folder.write_state(State.QUEUED)


def find_run(home: Path, run_id: str, *, trashed: bool = False) -> RunFolder:
    """The run called `run_id`; `latest` is the newest, and an unambiguous beginning will do.

    Args:
        trashed: look in the trash instead, where `latest` is the one thrown away last.

    Raises:
        FinineError: there is none, or more than one, or it is in the trash.
    """
    # One in the trash whose folder is gone can still be deleted for good.
    found_runs = _listed(home, True) if trashed else list_runs(home)
    known = [folder.run_id for folder in found_runs]
    found = _matching(known, run_id)
    if len(found) > 1:
        raise FinineError(f"'{run_id}' is the beginning of {len(found)} runs.", "Give more of it.")
    if found:
        return RunFolder(home.resolve() / "runs" / found[0])
    if trashed:
        mend = f"In the trash: {', '.join(known[:5])}." if known else "The trash is empty."
        raise FinineError(f"There is no run '{run_id}' in the trash of {home}.", mend)
    away = _matching([one.run_id for one in list_runs(home, trashed=True)], run_id)
    if len(away) == 1 and run_id != LATEST:
        raise FinineError(
            f"Run {away[0]} is in the trash.", f"Bring it back with: finine restore {away[0]}"
        )
    mend = f"Runs here: {', '.join(known[:5])}." if known else "Start one with: finine run DATA"
    raise FinineError(f"There is no run '{run_id}' in {home}.", mend)


def _matching(known: list[str], run_id: str) -> list[str]:
    if run_id == LATEST:
        return known[:1]
    if run_id in known:
        return [run_id]
    return [one for one in known if run_id and one.startswith(run_id)]


def list_runs(home: Path, *, trashed: bool = False) -> list[RunFolder]:
    """All runs of a home, newest first, or those in its trash; a home without any gives none."""
    return [one for one in _listed(home, trashed) if (one.path / "run.json").exists()]


def _listed(home: Path, trashed: bool) -> list[RunFolder]:
    """All runs in the list, those whose folder is gone included."""
    if not (home / DATABASE_NAME).exists():
        return []
    finish_what_was_begun(home)
    entries = run_entries(home, trashed=trashed)
    return [RunFolder(home.resolve() / "runs" / one.run_id) for one in entries]


def check_home(home: Path) -> Path:
    """A home, which is a folder or not there yet.

    Raises:
        FinineError: something else has that name.
    """
    kind = kind_of(home)
    if kind not in (None, FOLDER):
        raise FinineError(f"The home {home} is {kind}, not a folder.", HOME_MEND)
    return home


def versions(config: RunConfig | None = None) -> dict[str, str]:
    """Versions of Python and of the packages that can change a run's numbers.

    Args:
        config: of a run: what it uses beside the packages, such as a text encoder's weights, has
            a digest in the place of a version.

    Raises:
        FinineError: something that the run uses is not there.
    """
    from finine_core.encoders.pictures import image_encoder
    from finine_core.encoders.texts import text_encoder
    from finine_core.runs.options import IMAGE_ENCODER, TEXT_ENCODER

    found = {"python": platform.python_version()}
    for package in VERSIONED:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    if config is not None:
        for key, name in zip(CODE, (config.model, config.loss), strict=True):
            if is_code(name):
                found[key] = digest_of(name, config.code_folder)
    if config is not None and config.text_encoder != TEXT_ENCODER:
        found["text encoder"] = text_encoder(config.text_encoder).identity()
    if config is not None and config.image_encoder != IMAGE_ENCODER:
        found["image encoder"] = image_encoder(config.image_encoder).identity()
    return found


def _new_id(data: Path) -> str:
    """Readable, sortable and unique: 20261122-101500-tweets-3f9a."""
    stem = re.sub(r"[^a-z0-9]+", "-", data.stem.lower()).strip("-")[:24] or "data"
    return f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{stem}-{secrets.token_hex(2)}"
