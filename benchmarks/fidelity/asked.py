"""What a measurement is asked for on a command line, and where its figures go."""

from __future__ import annotations

import argparse
import json
from pathlib import Path


def parser_of(doc: str, **numbers: int) -> argparse.ArgumentParser:
    """Options for counts, with their defaults, for a stored truth and for a file of figures."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--truth", type=Path, help="take the truth from an earlier --out")
    parser.add_argument("--out", type=Path)
    return parser


def write_figures(found: object, out: Path | None) -> None:
    """Write the figures as JSON, where a file was asked for."""
    if out is not None:
        text = json.dumps(found, indent=1, ensure_ascii=False)
        out.write_text(text + "\n", encoding="utf-8")
