"""Runs a study as its command line would, in this process: what it imports is here already."""

from __future__ import annotations

import json
import runpy
import sys
from pathlib import Path

import pytest

from finine_core.runs.here import torch_as_it_was

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


def study(name: str, out: Path, *options: str) -> dict:
    """What `python benchmarks/<name> <options> --out <out>` writes."""
    script = BENCHMARKS / name
    with pytest.MonkeyPatch.context() as patch, torch_as_it_was():
        patch.setattr(sys, "argv", [str(script), *options, "--out", str(out)])
        patch.syspath_prepend(str(script.parent))
        runpy.run_path(str(script), run_name="__main__")
    return json.loads(out.read_text(encoding="utf-8"))
