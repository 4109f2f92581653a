"""What of a run's options may be shared with others: not where its files lie here."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def without_folders(config: dict[str, Any]) -> dict[str, Any]:
    """A stored config to share with others: files by name, not by where they lie here.

    Examples:
        >>> without_folders({"data": "/home/ada/rows.csv", "validation": 0.2})
        {'data': 'rows.csv', 'validation': 0.2}
    """
    shared = {**config, "data": Path(config["data"]).name}
    if config.get("code_folder"):
        shared["code_folder"] = None
    if Path(config.get("text_encoder", "")).is_absolute():
        shared["text_encoder"] = Path(config["text_encoder"]).name
    validation = config["validation"]
    if isinstance(validation, str) and not validation.startswith("column:"):
        shared["validation"] = Path(validation).name
    return shared
