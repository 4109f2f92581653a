"""How much memory and time do the worst conditions take, and are ordinary ones as quick as before?

Asks every condition of `worst.py` of a run with 20,000 texts of 2,000 letters, and every fourth of
one with 3,000 texts of 100,000 letters. Each is answered by the process that answers conditions,
or, if its memory is known beforehand, in this one; the most memory of either is the system's own
count. Then ordinary conditions are asked as they are and, in turns, the way that has no process.
With --minutes it stops in between, and goes on when it is started again with the same --out.

    python benchmarks/reliability/conditions.py \\
        --out benchmarks/reliability/results/conditions.json
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.reliability.worst import WORST
from finine_core.curation.conditions.asking import ANSWERERS
from finine_core.curation.conditions.question import ANSWER_SECONDS, MEMORY_LIMIT
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.expressions import checked_condition, contains_text
from finine_core.curation.joined import Condition
from finine_core.curation.review import SCORE_COLUMNS, ReviewTable
from finine_core.errors import FinineError
from finine_core.meanwhile import meanwhile

RUNS = {"texts of 2,000 letters": (20_000, 2_000), "texts of 100,000 letters": (3_000, 100_000)}
STRIDE = 9
ORDINARY_ROWS, REPEATS = (5_000, 100_000), 9
ORDINARY = {
    "comparisons": "mu > 1 AND label = 'cat' AND decision = ''",
    "a search in texts": contains_text(["text"], "word 7"),
    "a search in three columns": contains_text(["text", "label", "number"], "word 7"),
    "LIKE": "text LIKE '%word 77%'",
    "arithmetic and length": "abs(mu) > 0.5 AND length(text) > 30",
    "the beginning of a text": "left(text, 6) = 'word 7'",
    "a regular expression": r"regexp_matches(text, 'word \d*7 ')",
}
LOOK_SECONDS = 0.002  # between two looks at the memory of the processes
MB = 1_000_000


class Here(ReviewTable):
    """Answers every condition in this process, as all were before there was another."""

    def _asked(self, target: str, where: str | None, name: str = "") -> Condition | None:  # noqa: ARG002
        if where is None:
            return None
        return Condition(where, checked_condition(where, self._database.cursor()).sql)


def table_of(folder: Path, rows: int, texts: list[str], kind: type[ReviewTable]) -> ReviewTable:
    """The review table of a made-up run."""
    if not folder.exists():
        folder.mkdir(parents=True)
        draws, number = np.random.default_rng(0), np.arange(rows)
        mu = draws.normal(size=rows)
        cat = draws.choice(["cat", "dog"], rows)
        values = [number, number.astype(str), ["self"] * rows, mu, mu - 1, mu + 1, number + 1,
                  abs(mu), cat, draws.choice(["cat", "dog"], rows)]  # fmt: skip
        pq.write_table(pa.table(values, names=list(SCORE_COLUMNS)), folder / "scores.parquet")
        data = pa.table({"text": texts, "number": abs(mu), "row_number": number})
        pq.write_table(data, folder / "dataset.parquet")
        DecisionLog(folder, "asked").mark(number[::3], "delete")
    return kind(folder, folder, "asked", in_memory=True)


def of_letters(rows: int, letters: int) -> list[str]:
    """Texts of the letter a, and in the end the row's number: the worst case for patterns."""
    return [f"{'a' * (letters - 8)}{row:8}" for row in range(rows)]


def of_words(rows: int) -> list[str]:
    """Texts as people write them, of 15 words."""
    drawn = np.random.default_rng(1).integers(0, 1_000, (rows, 15))
    return [" ".join(f"word {k}" for k in line) + " " for line in drawn]


def peak_of(process: int) -> int:
    """The most bytes that a process has had in memory so far; 0 for one that is gone."""
    with suppress(OSError, StopIteration):
        lines = Path(f"/proc/{process}/status").read_text().splitlines()
        line = next(one for one in lines if one.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    return 0


def ask(table: ReviewTable, where: str) -> dict[str, Any]:
    """What came of a condition, how long it took, and the most memory it took where."""
    before = _reset_peak()
    ANSWERERS.end()  # so that what is seen of a new one is of this condition
    peaks = [0]

    def look(over: threading.Event) -> None:
        while not over.wait(LOOK_SECONDS):
            peaks[0] = max([peaks[0], *map(peak_of, ANSWERERS.numbers())])

    started = time.perf_counter()
    with meanwhile(look):
        try:
            table.count(target="self", where=where)
            outcome = "rows"
        except FinineError as error:
            words = ("seconds", "of memory", "ended the process", "does not work", "contains")
            outcome = next((word for word in words if word in error.problem), error.problem)
        except Exception as error:
            outcome = type(error).__name__
    took = time.perf_counter() - started
    return {
        "condition": where[:80],
        "outcome": outcome,
        "seconds": round(took, 2),
        "there_mb": peaks[0] // MB,
        "here_mb": max(0, peak_of_self() - before) // MB,
    }


def _reset_peak() -> int:
    """Let the system count this process's peak anew; gives what it has now."""
    Path("/proc/self/clear_refs").write_text("5")
    return peak_of_self()


def peak_of_self() -> int:
    """The most bytes that this process has had in memory since the last reset."""
    lines = Path("/proc/self/status").read_text().splitlines()
    line = next(one for one in lines if one.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def everything() -> list[tuple[str, str, str]]:
    """All that is asked: run, aim and condition; every aim is soon met."""
    each = [(aim, where) for aim, some in WORST.items() for where in some]
    mixed = [one for first in range(STRIDE) for one in each[first::STRIDE]]
    short, long = RUNS
    return [(short, *one) for one in mixed] + [(long, *one) for one in mixed[::4]]


def worst(folder: Path, kept: list[dict[str, Any]], until: float) -> list[dict[str, Any]]:
    """What came of each condition of `worst.py`; those in `kept` are not asked again."""
    found = list(kept)
    asked = everything()
    tables: dict[str, ReviewTable] = {}
    for run, aim, where in asked[len(kept) :]:
        if time.monotonic() > until:
            break
        if run not in tables:
            rows, letters = RUNS[run]
            texts = of_letters(rows, letters)
            tables[run] = table_of(folder / str(letters), rows, texts, ReviewTable)
        found.append({"run": run, "aim": aim} | ask(tables[run], where))
    return found


def ordinary(folder: Path) -> list[dict[str, Any]]:
    """Ordinary conditions as they are asked now, and in this process only, in turns."""
    found = []
    for rows in ORDINARY_ROWS:
        place, texts = folder / f"ordinary-{rows}", of_words(rows)
        now, before = (table_of(place, rows, texts, kind) for kind in (ReviewTable, Here))
        for name, where in ORDINARY.items():
            seconds: dict[str, list[float]] = {"first": [], "again": [], "before": []}
            for k in range(REPEATS + 1):
                now._answers.clear()
                for when, table in (("first", now), ("before", before), ("again", now)):
                    started = time.perf_counter()
                    table.row_numbers(target="self", where=where)
                    if k:  # the first time files are read
                        seconds[when].append(1000 * (time.perf_counter() - started))
            line = {when: round(statistics.median(all), 1) for when, all in seconds.items()}
            found.append(
                {"rows": rows, "condition": name} | {f"{k}_ms": v for k, v in line.items()}
            )
    return found


def starts(folder: Path) -> float:
    """Seconds until a condition is answered by a process that was not started: the median."""
    rows = ORDINARY_ROWS[0]
    place = folder / f"ordinary-{rows}"
    took = []
    for _ in range(5):
        table = table_of(place, rows, [], ReviewTable)
        ANSWERERS.end()
        started = time.perf_counter()
        table.count(target="self", where=ORDINARY["a regular expression"])
        took.append(time.perf_counter() - started)
    return statistics.median(took)


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Counts and the largest of everything."""
    here = [one for one in found if not one["there_mb"]]
    there = [one for one in found if one["there_mb"]]
    return {
        "conditions": len({one["condition"] for one in found}),
        "asked": len(found),
        "outcomes": dict(Counter(one["outcome"] for one in found)),
        "answered_by_the_process": len(there),
        "most_mb_of_the_process": max((one["there_mb"] for one in there), default=0),
        "answered_here": len(here),
        "most_mb_more_here": max((one["here_mb"] for one in here), default=0),
        "most_seconds": max(one["seconds"] for one in found),
    }


def main() -> None:
    """Ask, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=1e9, help="then stop in between")
    parser.add_argument("--out", type=Path, required=True)
    given = parser.parse_args()
    kept = json.loads(given.out.read_text())["worst"] if given.out.exists() else []
    with tempfile.TemporaryDirectory() as name:
        found = worst(Path(name), kept, time.monotonic() + 60 * given.minutes)
        report: dict[str, Any] = {
            "memory_limit": MEMORY_LIMIT,
            "seconds_limit": ANSWER_SECONDS,
            "summary": summary(found),
        }
        done = len(found) == len(everything())
        if done:
            report["ordinary"] = ordinary(Path(name))
            report["start_seconds"] = round(starts(Path(name)), 2)
        report["worst"] = found
    given.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    print(json.dumps({name: said for name, said in report.items() if name != "worst"}, indent=1))
    if not done:
        print("Stopped in between; start it again to go on.")


if __name__ == "__main__":
    main()
