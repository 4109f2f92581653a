"""Can a condition in the filter box read what it should not, crash the app, or stop it?

Asks a run's review table every condition of `attacks.py`, and then made-up ones for a bounded time
(hypothesis). Each must end in rows or in a FinineError that says what to do, within the time limit,
in bounded memory, and with no file made. Prints a table; writes counts.

    python benchmarks/reliability/filters.py --minutes 5 \\
        --out benchmarks/reliability/results/filters.json
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import HealthCheck, Phase, given, settings

sys.path.insert(0, str(Path(__file__).parents[2]))

from benchmarks.reliability.attacks import BOUNDED, REFUSED, conditions
from finine_core.curation.locked_database import QUERY_SECONDS
from finine_core.curation.review import SCORE_COLUMNS, ReviewTable
from finine_core.errors import FinineError

ROWS, LETTERS = 20_000, 2_000  # texts of one letter: the worst case for patterns
SMALL = 50  # rows for the made-up ones: what counts there is what they may do
BATCH = 500  # examples between two looks at the clock


def table_of(folder: Path, rows: int) -> ReviewTable:
    """The review table of a made-up run, all of whose texts are the letter a."""
    number = np.arange(rows)
    values = [number, number.astype(str), ["self"] * rows, number / rows, number / rows - 1,
              number / rows + 1, number + 1, number / rows, ["cat"] * rows,
              ["dog"] * rows]  # fmt: skip
    folder.mkdir(parents=True)
    pq.write_table(pa.table(values, names=list(SCORE_COLUMNS)), folder / "scores.parquet")
    texts = pa.array(["a" * LETTERS] * rows)
    data = pa.table({"text": texts, 'odd "name"; --': number, "row_number": number})
    pq.write_table(data, folder / "dataset.parquet")
    return ReviewTable(folder, folder, "attacked")


def files_in(folder: Path) -> list[str]:
    """Every file there, but those of the database that decisions are kept in."""
    return sorted(str(path) for path in folder.rglob("*") if "finine.db" not in path.name)


def ask(table: ReviewTable, where: str) -> tuple[str, float]:
    """'rows', 'refused', or the name of what else came; and how long it took."""
    started = time.perf_counter()
    try:
        table.count(target="self", where=where)
        outcome = "rows"
    except FinineError as error:
        outcome = "refused" if error.mend else "refused without advice"
    except Exception as error:
        outcome = type(error).__name__
    return outcome, time.perf_counter() - started


def peak_mb() -> int:
    """The most memory this process has had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def catalogue(table: ReviewTable) -> tuple[dict[str, dict[str, int]], list[dict[str, object]]]:
    """Outcomes of the catalogue by what is tried, and the slowest five."""
    counts: dict[str, dict[str, int]] = {}
    slow: list[tuple[float, str, str]] = []
    for aim, tried in {**REFUSED, "be as heavy as allowed": BOUNDED}.items():
        found: Counter[str] = Counter()
        for where in tried:
            outcome, seconds = ask(table, where)
            found[outcome] += 1
            slow.append((seconds, outcome, where[:60]))
        counts[aim] = dict(found)
    told = [
        {"condition": where, "outcome": outcome, "seconds": round(seconds, 2)}
        for seconds, outcome, where in sorted(slow, reverse=True)[:5]
    ]
    return counts, told


def fuzz(table: ReviewTable, seconds: float, note: Callable[[str], None] = print) -> Counter[str]:
    """Outcomes of made-up conditions, new ones for so many seconds."""
    found: Counter[str] = Counter()
    deadline, slowest = time.monotonic() + seconds, 0.0

    @settings(max_examples=BATCH, deadline=None, database=None, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(conditions())
    def one(where: str) -> None:
        nonlocal slowest
        outcome, took = ask(table, where)
        found[outcome] += 1
        if outcome not in ("rows", "refused"):
            note(f"{outcome}: {where!r}")
        slowest = max(slowest, took)

    while time.monotonic() < deadline:
        one()
    found["slowest_ms"] = round(slowest * 1000)
    return found


def main() -> None:
    """Run both, print and write."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--minutes", type=float, default=5.0, help="of made-up conditions")
    parser.add_argument("--out", type=Path)
    given_options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        large, small = table_of(folder / "large", ROWS), table_of(folder / "small", SMALL)
        large.count(target="self", where="length(text) > 1")
        files, before = files_in(folder), peak_mb()
        counts, slow = catalogue(large)
        after = peak_mb()
        made_up = fuzz(small, given_options.minutes * 60)
        untouched = files_in(folder) == files
    report = {
        "rows": ROWS,
        "letters_a_text": LETTERS,
        "catalogue": counts,
        "slowest": slow,
        "time_limit_seconds": QUERY_SECONDS,
        "peak_mb_before": before,
        "peak_mb_after": after,
        "made_up": dict(made_up),
        "made_up_minutes": given_options.minutes,
        "no_file_made": untouched,
    }
    for aim, found in counts.items():
        print(f"{aim:36} {found}")
    for line in slow:
        print(f"{line['seconds']:>8} s  {line['outcome']:8} {line['condition']}")
    print(f"peak memory {before} MB -> {after} MB")
    print(f"made up, {given_options.minutes:g} minutes: {dict(made_up)}; no file made: {untouched}")
    if given_options.out:
        given_options.out.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
