"""Where the figures of a measurement go: to the terminal, a line each, and into a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path


def keep_figures(found: Mapping[str, object], out: Path) -> None:
    """Print the figures by name, and write them as JSON."""
    for name, value in found.items():
        print(f"{name:<26} {value}")
    out.parent.mkdir(exist_ok=True)
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
