"""Try every bad input on the command line, in the app and in a run; print and keep the table.

    python -m benchmarks.reliability.bad_inputs            # all of them, some ten minutes
    python -m benchmarks.reliability.bad_inputs pipe JSON  # those with a word in group or name
    python -m benchmarks.reliability.bad_inputs --processes 4

All of them together write benchmarks/reliability/bad_inputs.json and docs/bad-inputs.md.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks.reliability.bad_inputs import CASES
from benchmarks.reliability.bad_inputs.table import markdown, summary
from benchmarks.reliability.bad_inputs.trying import tried_by_name

ROOT = Path(__file__).parents[3]
JSON = ROOT / "benchmarks" / "reliability" / "bad_inputs.json"
# What every process needs and what takes seconds to import.
PRELOADED = (
    "benchmarks.reliability.bad_inputs.trying",
    "finine_core.runs.work.pipeline",
    "streamlit.testing.v1",
    "sklearn.pipeline",
    "sklearn.feature_extraction.text",
)
PAGE = ROOT / "docs" / "bad-inputs.md"


def main() -> int:
    """Try what was asked for; 1 when anything is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("words", nargs="*", help="only cases with one of these in group or name")
    parser.add_argument("--processes", type=int, default=1, help="so many cases at a time")
    asked = parser.parse_args()
    cases = [
        case
        for case in CASES
        if not asked.words or any(word in f"{case.group} {case.name}" for word in asked.words)
    ]
    if os.geteuid() == 0:  # root may read everything
        cases = [case for case in cases if case.as_root]
    slow_first = sorted(cases, key=lambda case: not case.alone)
    lines = []
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(list(PRELOADED))
    with ProcessPoolExecutor(asked.processes, context) as pool:
        for line in pool.map(tried_by_name, [case.name for case in slow_first]):
            lines.append(line)
            sign = "✗" if line.faults else "✓"
            told = line.message or "accepted"
            print(f"{sign} {line.group}: {line.name}\n    → {told}", flush=True)
            for fault in line.faults:
                print(f"    ✗ {fault}", flush=True)
    places = {case.name: place for place, case in enumerate(CASES)}
    found = summary(sorted(lines, key=lambda line: places[line.name]))
    print(f"\n{found['inputs']} inputs, {found['with_faults']} with faults")
    if not asked.words:
        JSON.write_text(json.dumps(found, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
        PAGE.write_text(markdown(found), encoding="utf-8")
    return 1 if found["with_faults"] else 0


if __name__ == "__main__":
    sys.exit(main())
