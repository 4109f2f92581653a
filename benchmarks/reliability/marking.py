"""Do marks get lost, or out of order, when two people mark at once and the app reads all the while?

    python benchmarks/reliability/marking.py [--events 5000] [--out FILE.json]

Two processes mark one row an event, so many events each, as fast as they can; a third asks what the
pages ask: the counts, the decisions in force, the version. Afterwards every event must be there
once with its row, in one order that each process's own order and the clock agree with, and the
reader must never have seen the log go back.
"""

from __future__ import annotations

import argparse
import subprocess
import tempfile
import time
from itertools import pairwise
from pathlib import Path

from figures import keep_figures

from finine_core import api
from finine_core.curation.decisions import DecisionLog
from finine_core.processes import child_environment, python_code

RUN = "run-1"
PEOPLE = ("ann", "bob")
READ_SECONDS = 0.1  # between two reads: ten times as often as a page asks by itself
RESULTS = Path(__file__).parent / "results" / "marking.json"
MARKER = """
import sys
from pathlib import Path
from finine_core.curation.decisions import DecisionLog
home, reviewer, first, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
log = DecisionLog(home, "run-1")
print("ready", flush=True)
sys.stdin.readline()
for row in range(first, first + count):
    log.mark([row], "delete", reviewer=reviewer, reason=str(row))
"""


def mark_at_once(home: Path, events: int) -> dict[str, object]:
    """What came of it, in counts."""
    markers = [
        subprocess.Popen(
            python_code(MARKER, str(home), name, str(number * events), str(events)),
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=child_environment(),
        )
        for number, name in enumerate(PEOPLE)
    ]  # fmt: skip
    for one in markers:
        assert one.stdout is not None
        assert one.stdout.readline() == "ready\n"
    started = time.perf_counter()
    for one in markers:
        assert one.stdin is not None
        one.stdin.write("go\n")
        one.stdin.flush()
    log, seen = DecisionLog(home, RUN), []
    while any(one.poll() is None for one in markers):
        seen.append((log.version(), log.counts()["delete"], log.current().num_rows))
        time.sleep(READ_SECONDS)
    seconds = time.perf_counter() - started
    found = log.events()
    ids = [one.event_id for one in found]
    own = [[int(one.reason) for one in found if one.reviewer == name] for name in PEOPLE]
    return {
        "events_asked": events * len(PEOPLE),
        "events_stored": len(found),
        "rows_marked": log.current().num_rows,
        "events_with_their_row": sum(
            log.rows_of(one.event_id).tolist() == [int(one.reason)]
            for one in found[:: max(1, len(found) // 500)]
        ),
        "events_looked_at_for_it": len(found[:: max(1, len(found) // 500)]),
        "numbers_without_gap": ids == list(range(1, len(ids) + 1)),
        "in_order_of_time": all(one.at <= other.at for one, other in pairwise(found)),
        "in_order_of_each_person": all(rows == sorted(rows) for rows in own),
        "turns_between_them": sum(one.reviewer != other.reviewer for one, other in pairwise(found)),
        "reads": len(seen),
        "reads_that_went_back": sum(
            any(now < before for now, before in zip(late, early, strict=True))
            for early, late in pairwise(seen)
        ),
        "failed_processes": sum(one.returncode != 0 for one in markers),
        "doctor_findings": [one.problem for one in api.doctor(home).left],
        "seconds": round(seconds, 1),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--events", type=int, default=5_000, help="of each process")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        found = mark_at_once(Path(folder), chosen.events)
    keep_figures(found, chosen.out)


if __name__ == "__main__":
    main()
