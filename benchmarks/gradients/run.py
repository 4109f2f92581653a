"""How fast are exact gradient products of rows, ours beside others, with the same numbers?

    python benchmarks/gradients/run.py [--quick] [--out FILE.json]
                                       [--cases NAME …] [--contestants NAME …] [--tasks NAME …]

Prints one table and writes JSON. See README.md beside this file for what is measured and why that
is fair. `--quick` checks that everything works, in under two minutes; its times are no results.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cases import CASES, parameter_count
from contestants import CONTESTANTS, OURS, TASKS
from harness import EXACT, REPETITIONS, Mode, Result, measure
from process import Process

COLUMNS = ("contestant", "batch", "rows/s", "time ÷ ours", "peak MiB", "numbers")
BUSY = 0.1  # an idle machine has 0.00 to 0.03


def main() -> None:
    arguments = _arguments()
    mode: Mode = "quick" if arguments.quick else "full"
    repetitions = arguments.repetitions or REPETITIONS[mode]
    names = [EXACT, *arguments.contestants]
    results: list[Result] = []
    with tempfile.TemporaryDirectory(prefix="gradients-") as folder:
        processes = {name: Process(name, Path(folder)) for name in names}
        try:
            meta = _meta(mode, repetitions, processes)
            print(_heading(meta))
            for case_name in arguments.cases:
                for task in arguments.tasks:
                    case = CASES[case_name]
                    found = list(measure(case, task, mode, processes, repetitions))
                    print(table(found, parameter_count(case.model())), flush=True)
                    results += found
                    if arguments.out:  # a run that is stopped keeps what it has
                        _write(arguments.out, meta, results)
        finally:
            for process in processes.values():
                process.close()
    waited = _waited(results)
    if waited > BUSY:
        print(
            f"\nBUSY MACHINE: the calls waited {waited:.0%} of their time. CPU time is not"
            " lengthened by that, but caches are; do not publish these times."
        )
    if arguments.out:
        print(f"\nWritten to {arguments.out}")


def _write(out: Path, meta: dict[str, Any], results: list[Result]) -> None:
    report = {
        "meta": meta | {"load_after": os.getloadavg(), "waited": _waited(results)},
        "results": [result.as_json() for result in results],
    }
    out.write_text(json.dumps(report, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _waited(results: list[Result]) -> float:
    """The share of wall time in which the contestants had no processor."""
    timed = [(r.seconds, r.wall_seconds) for r in results if r.seconds and r.wall_seconds]
    wall = sum(wall for _, wall in timed)
    return max(0.0, 1.0 - sum(cpu for cpu, _ in timed) / wall) if wall else 0.0


def table(results: list[Result], parameters: int) -> str:
    """The contestants of one case and task, fastest first, those with a problem last."""
    first = results[0]
    of = f" × {first.probes} probes" if first.task == "pairs" else ""
    task = "⟨g_i, g_j⟩, pairs" if first.task == "pairs" else "‖g_i‖², self-influence"
    title = f"{first.case} ({parameters:,} parameters) · {task} · {first.rows} rows{of}"
    ordered = sorted(results, key=lambda r: (r.problem is not None, r.seconds or 0.0))
    lines = [COLUMNS, *(_cells(result) for result in ordered)]
    widths = [max(len(line[i]) for line in lines) for i in range(len(COLUMNS))]
    text = ["  ".join(cell.ljust(w) if i in (0, 5) else cell.rjust(w)
                      for i, (cell, w) in enumerate(zip(line, widths, strict=True))).rstrip()
            for line in lines]  # fmt: skip
    return "\n".join(["", title, *text])


def _cells(result: Result) -> tuple[str, ...]:
    def shown(value: float | None, form: str) -> str:
        return "–" if value is None or result.problem else format(value, form)

    batch = "own" if result.batch is None else str(result.batch)
    return (
        result.contestant,
        "–" if result.problem else batch,
        shown(result.rows_per_second, ",.0f"),
        shown(result.ratio, ",.2f"),
        shown(result.peak_mib, ",.1f"),
        result.verdict,
    )


def _heading(meta: dict[str, Any]) -> str:
    peers = ", ".join(f"{name} {version}" for name, version in meta["packages"].items())
    lines = [
        f"Gradient products · {meta['mode']} run · one thread each · torch {meta['torch']}",
        f"{meta['processor']}, {meta['cores']} cores, load {meta['load_before'][0]:.1f} · {peers}",
    ]
    if meta["mode"] == "quick":
        lines.append("QUICK: it shows that everything works; the times are not results.")
    return "\n".join(lines)


def _meta(mode: Mode, repetitions: int, processes: dict[str, Process]) -> dict[str, Any]:
    packages: dict[str, str] = {}
    for process in processes.values():
        packages |= process.hello.get("packages", {})
    return {
        "mode": mode,
        "repetitions": repetitions,
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "load_before": os.getloadavg(),
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "torch": processes[EXACT].hello.get("torch"),
        "packages": packages,
        "threads": 1,
        "ours": OURS,
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    models = (line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    return next(models, platform.processor())


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--quick", action="store_true", help="small sizes, under two minutes")
    parser.add_argument("--out", type=Path, help="write the JSON there")
    parser.add_argument("--repetitions", type=int, help="how often each is timed in turn")
    parser.add_argument("--cases", nargs="+", choices=list(CASES), default=list(CASES))
    parser.add_argument(
        "--contestants", nargs="+", choices=list(CONTESTANTS), default=list(CONTESTANTS)
    )
    parser.add_argument("--tasks", nargs="+", choices=TASKS, default=list(TASKS))
    return parser.parse_args()


if __name__ == "__main__":
    main()
