"""Does a process that is killed at any moment cost anything but time? Two hundred times `kill -9`.

    python benchmarks/reliability/kills.py [--kind KIND …] [--kills N] [--out FILE.json]

Six kinds of work, each in real processes: training with recording, an auxiliary run and scoring
(one run is killed several times in a row); the UMAP; a verification; exports with their zip; marks.
Each is killed at a random moment and begun again as a person would. What comes out at last is held,
byte by byte, against what came out of one that nobody disturbed; every mark that was confirmed
before the kill must be there after it; and `finine doctor` must find nothing wrong in the home.
A kill that came too late (the work was done) is not counted. The moments are drawn from --seed. A
call goes on where the one before it stopped (--minutes), so that it may be done in pieces.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections import Counter
from pathlib import Path

import numpy as np
from victims import KINDS, Kill, Subject

from finine_core import api

# Of 200: most where most can go wrong, and few where one takes long.
SHARES = {"training": 56, "marking": 60, "export": 54, "verification": 18, "map": 12}
RESULTS = Path(__file__).parent / "results" / "kills.json"


def kill_many(
    kind: str, count: int, seeds: list[int], home: Path, minutes: float
) -> tuple[list[Kill], list[str]]:
    """So many kills of one kind, or as many as the time allows; and what the doctor says after."""
    random = np.random.default_rng([*seeds, list(SHARES).index(kind)])
    subject = Subject.make(home)
    victim = KINDS[kind](subject)
    kills: list[Kill] = []
    until = time.monotonic() + 60 * minutes
    while len(kills) < count and time.monotonic() < until:
        found = victim.kill(random, most=count - len(kills))
        kills += found
        for one in found:
            print(f"{len(kills):>3} {one}", flush=True)
    return kills, [f"{one.problem}" for one in api.doctor(home).findings]


def table(stored: dict[str, dict]) -> dict[str, object]:
    """The counts of everything so far."""
    kills = [kill for one in stored.values() for kill in one["kills"]]
    return {
        "kills": len(kills),
        "identical": sum(kill["identical"] for kill in kills),
        "marks_confirmed": sum(kill["marks"] for kill in kills),
        "marks_lost": sum(kill["marks_lost"] for kill in kills),
        "doctor_findings": sum(len(one["doctor"]) for one in stored.values()),
        "by_kind": {kind: len(one["kills"]) for kind, one in stored.items()},
        "by_phase": dict(Counter(kill["phase"] for kill in kills).most_common()),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=list(SHARES), action="append")
    parser.add_argument("--kills", type=int, help="of each kind [default: 200 in all]")
    parser.add_argument("--minutes", type=float, default=60.0, help="of each kind, at most")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    stored: dict[str, dict] = {}
    if chosen.out.exists():  # other kinds may have been measured before
        stored = json.loads(chosen.out.read_text(encoding="utf-8"))["kinds"]
    for kind in chosen.kind or list(SHARES):
        with tempfile.TemporaryDirectory() as folder:
            count = chosen.kills or SHARES[kind]
            before = stored.get(kind, {"kills": [], "doctor": []})
            seeds = [chosen.seed, len(before["kills"])]
            count -= len(before["kills"])
            if count <= 0:
                continue
            kills, doctor = kill_many(kind, count, seeds, Path(folder), chosen.minutes)
        stored[kind] = {
            "kills": before["kills"] + [one.as_json() for one in kills],
            "doctor": before["doctor"] + doctor,
        }
        chosen.out.parent.mkdir(exist_ok=True)
        content = {"counts": table(stored), "kinds": stored}
        chosen.out.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for name, value in table(stored).items():
        print(f"{name:<18} {value}")


if __name__ == "__main__":
    main()
