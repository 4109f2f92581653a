"""Is memory flat in the number of rows? Peak of ours for 10,000 and 100,000 streamed rows.

    python benchmarks/gradients/memory.py [--case NAME] [--rows N …] [--out FILE.json]

The rows are made chunk by chunk while they are asked for, so what grows with n is only what is
handed back: one norm a row. Each number of rows has a process of its own, and memory is the peak
of resident memory over the state after imports and a few warm-up rows.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

import rss
import torch
from cases import CASES, CLASSES, Work, build
from contestants import OURS, load
from process import one_thread
from torch import Tensor

from finine_core.processes import python_module

STREAMED = 1000  # rows made at a time, like a file read in blocks
WARM_UP = 2 * STREAMED  # settles the allocator, so that what is left to see is growth
ALLOWED = 1.15  # the largest peak may be this many times the smallest


def main() -> None:
    arguments = _arguments()
    if arguments.measure is not None:
        print(json.dumps(_peak(arguments.case, arguments.measure)))
        return
    peaks = {rows: _in_a_process(arguments.case, rows) for rows in arguments.rows}
    print(f"{arguments.case}: ‖g_i‖² of streamed rows, peak resident memory")
    print(f"{'rows':>9}  {'over imports':>14}  {'whole process':>14}")
    for rows, (over, whole) in peaks.items():
        print(f"{rows:>9,}  {over / rss.MIB:>10.1f} MiB  {whole / rss.MIB:>10.1f} MiB")
    ratios = [max(column) / min(column) for column in zip(*peaks.values(), strict=True)]
    flat = ratios[1] <= ALLOWED
    print(
        f"largest ÷ smallest: {ratios[0]:.2f} over imports, {ratios[1]:.2f} whole process"
        f" ({'flat' if flat else 'NOT flat'}: at most {ALLOWED} allowed)"
    )
    if arguments.out:
        report = {
            "case": arguments.case,
            "peaks": {
                rows: {"over_imports": p[0], "whole_process": p[1]} for rows, p in peaks.items()
            },
            "ratio_over_imports": ratios[0],
            "ratio_whole_process": ratios[1],
            "flat": flat,
        }
        arguments.out.write_text(json.dumps(report, indent=1) + "\n")
    sys.exit(0 if flat else 1)


def _in_a_process(case: str, rows: int) -> tuple[int, int]:
    command = python_module("memory", "--case", case, "--measure", str(rows))
    done = subprocess.run(command, env=one_thread(), capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{rows} rows failed: {done.stderr.strip().splitlines()[-1]}")
    over, whole = json.loads(done.stdout.splitlines()[-1])
    return over, whole


def _peak(case: str, rows: int) -> tuple[int, int]:
    """Peak bytes over the state before, and of the whole process."""
    torch.set_num_threads(1)
    work = build(CASES[case], 1, 1)
    _norms(work, case, WARM_UP)
    rss.reset_peak()
    before = rss.resident()
    norms = _norms(work, case, rows)
    whole = rss.peak()
    if before is None or whole is None:
        sys.exit("This system does not tell a process its peak memory (it needs Linux's /proc).")
    assert norms.shape == (rows,)
    assert bool(torch.isfinite(norms).all())
    return whole - before, whole


def _norms(work: Work, case: str, rows: int) -> Tensor:
    """‖g_i‖² of `rows` rows that exist only STREAMED at a time, shape (rows,)."""
    ours = load(OURS)
    found = torch.empty(rows)
    for start in range(0, rows, STREAMED):
        n = min(STREAMED, rows - start)
        inputs, labels = CASES[case].inputs(n), torch.randint(CLASSES, (n,))
        block = Work(work.model, inputs, labels, inputs[:1], labels[:1])
        found[start : start + n] = ours.prepare(block, "self", n)()
    return found


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--case", choices=list(CASES), default="mlp-109k")
    parser.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--out", type=Path, help="write the JSON there")
    parser.add_argument("--measure", type=int, help=argparse.SUPPRESS)  # one process's part
    return parser.parse_args()


if __name__ == "__main__":
    main()
