"""What would one type instead of clicking? The commands that do the same as a page."""

from __future__ import annotations

import csv
import io
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from finine_app.components.data.choice import DataChoice
from finine_core.dataset import named_labels
from finine_core.formats import written_ending

# Options of `finine run` in the order a person would write them.
_RUN_OPTIONS = (
    "label", "text", "features", "image", "skip_corrupt", "id", "ignore", "task", "loss",
    "class_weights", "targets", "validation", "group", "time", "model", "text_encoder",
    "image_encoder", "folds", "epochs", "batch_size", "lr",
    "optimizer", "weight_decay", "seed", "record_epochs", "auxiliary", "device",
)  # fmt: skip


def run_command(options: Mapping[str, Any], defaults: Mapping[str, Any], name: str) -> str:
    """`finine run …` for these options.

    Args:
        options: as `finine_core.run` takes them, with `data`.
        defaults: what need not be said.
        name: of the run; may be empty.

    Examples:
        >>> run_command({"data": "a b.csv", "label": "y", "seed": 3, "targets": ("self",)},
        ...     {"seed": 0, "targets": ("self", "validation")}, "")
        "finine run 'a b.csv' --label y --target self --seed 3"
    """
    words = ["finine", "run", str(options["data"])]
    for key in _RUN_OPTIONS:
        value = options.get(key)
        if value is False or value in (None, "", ()) or value == defaults.get(key):
            continue
        if value is True:
            words.append(f"--{key.replace('_', '-')}")
        elif key == "targets":
            words += [word for one in value for word in ("--target", one)]
        elif key == "label":
            words += [word for one in named_labels(value) for word in ("--label", one)]
        elif isinstance(value, tuple):
            words += [f"--{key}", _listed(value)]
        else:
            words += [f"--{key.replace('_', '-')}", str(value)]
    if name:
        words += ["--name", name]
    return shlex.join(words)


def check_command(choice: DataChoice) -> str:
    """`finine check …` for a file and its roles.

    Examples:
        >>> check_command(DataChoice("a b.csv", "y", text=("t",), validation=0.3))
        "finine check 'a b.csv' --label y --text t --validation 0.3"
    """
    defaults = {"validation": DataChoice.validation, "task": DataChoice.task}
    return run_command(asdict(choice), defaults, "").replace("finine run", "finine check", 1)


def _listed(names: Sequence[str]) -> str:
    """Column names as `finine run` reads them: commas between, quotes where a name has one."""
    line = io.StringIO()
    csv.writer(line, lineterminator="").writerow(names)
    return line.getvalue()


def export_command(
    run_id: str, home: Path, data: Path | None, spreadsheet_safe: bool = False, tree: bool = False
) -> str:
    """`finine export …`, into the folder `cleaned`.

    Examples:
        >>> export_command("r1", Path("/h"), None)
        'finine export r1 --home /h --out cleaned'
    """
    words = ["finine", "export", run_id, "--home", str(home)]
    words += ["--data", str(data)] if data else []
    words += ["--spreadsheet-safe"] if spreadsheet_safe else []
    words += ["--tree", "copy"] if tree else []
    return shlex.join([*words, "--out", "cleaned"])


def apply_command(data: Path) -> str:
    """`finine apply …`, which rebuilds the cleaned file from the original and the manifest.

    Examples:
        >>> apply_command(Path("/d/rows.csv"))
        'finine apply cleaned/manifest.json --data /d/rows.csv --out rows_cleaned.csv'
    """
    out = f"{data.stem}_cleaned{written_ending(data)}"
    return _joined("finine", "apply", "cleaned/manifest.json", "--data", data, "--out", out)


def _joined(*words: object) -> str:
    parts: Sequence[str] = [str(word) for word in words]
    return shlex.join(parts)
