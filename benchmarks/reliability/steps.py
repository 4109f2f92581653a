"""Is there a step at which a kill costs something? Commands are killed at every single one of them.

    python benchmarks/reliability/steps.py [--kind KIND …] [--out FILE.json]

Whatever changes a home (a run that is made, named, thrown away, brought back, deleted for good;
marks and saved groups; scores by another estimator; a repair; a migration) is carried out in a
process that is killed by SIGKILL at its first step, in another at its second, and so on until one
comes to its end. A step is a change of the disk by Python (a file opened to be written, renamed or
removed; a folder made or removed), or a statement to SQLite that may change something. Then it is
killed at random moments, which may lie within such a step. After each kill others look, as the next
start of the app does: what they see must be the home before the command or the home after it, with
all 200 marks; `finine doctor --repair` must leave nothing that is wrong; and the command, given
again, must come to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sqlite3
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from figures import keep_figures
from homes import KINDS, MARKS, Kind, seen, subject, wrong

# Loaded once, here: hundreds of processes are split off this one, and each would load them again.
LOADED = ("duckdb", "pandas", "pyarrow.dataset", "finine_core.influence.estimators",
          "pyarrow.compute", "pyarrow.parquet", "finine_core.curation.review",
          "finine_core.health", "finine_core.runs.config", "finine_core.runs.results",
          "finine_core.verification")  # fmt: skip

RESULTS = Path(__file__).parent / "results" / "steps.json"
# What Python tells of before it changes the disk. The disk's own steps below are SQLite's.
CHANGES = {"os.rename", "os.remove", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.truncate",
           "os.chmod"}  # fmt: skip
ASKING = ("SELECT", "PRAGMA quick_check", "PRAGMA foreign_key", "PRAGMA table_info", "--")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


def killed_at(step: int) -> None:
    """From here on, this process is killed when it is about to do its so-many-th step."""
    left = step

    def one_more(*_: object) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def hook(event: str, arguments: tuple) -> None:
        if event in CHANGES or (event == "open" and (arguments[2] or 0) & WRITING):
            one_more()

    connect, last = sqlite3.connect, ""

    def statement(said: str) -> None:
        nonlocal last
        kind = said.split("VALUES")[0]
        # of many lines that one transaction writes, the first stands for all
        if not said.startswith(ASKING) and kind != last:
            one_more()
        last = kind

    def traced(*arguments: object, **options: object) -> sqlite3.Connection:
        connection = connect(*arguments, **options)
        if arguments[0] != ":memory:":
            connection.set_trace_callback(statement)
        return connection

    sqlite3.connect = traced
    sys.addaudithook(hook)


def apart(act: Callable[[Path], object], home: Path, step: int = 0, seconds: float = 0.0) -> Any:
    """Do something to a home in a process of its own; gives its answer.

    Args:
        step: at which it is killed; never when 0.
        seconds: after which it is killed, wherever it is; never when 0.

    Raises:
        ChildProcessError: it was killed.
        RuntimeError: it failed.
    """
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(reader)
            if step:
                killed_at(step)
            if seconds:
                signal.setitimer(signal.ITIMER_REAL, seconds)  # nothing catches that signal
            with os.fdopen(writer, "w", closefd=False) as stream:
                json.dump(act(home), stream)
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    os.close(writer)
    with os.fdopen(reader) as stream:
        said = stream.read()
    status = os.waitpid(child, 0)[1]
    if os.WIFSIGNALED(status):
        raise ChildProcessError
    if status:
        raise RuntimeError("a look, or the command itself, failed")
    return json.loads(said)


def copied(source: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(source, place, symlinks=True))


class Place:
    """One kind of command, on copies of a home with 200 marks, and what may be seen of them."""

    def __init__(self, kind: Kind, source: Path, work: Path) -> None:
        self.kind, self.home = kind, work / "home"
        self.prepared = copied(source, work / "prepared" / "home")
        with suppress(ChildProcessError):  # a crash may be what makes it ready
            apart(kind.ready, self.prepared)
        self.elsewhere = self.prepared.parent / "elsewhere"  # where a link leads
        self.untouched = names_in(self.elsewhere)
        self.before = apart(seen, copied(self.prepared, self.home))
        started = time.monotonic()
        apart(kind.act, copied(self.prepared, self.home))
        self.seconds = time.monotonic() - started
        self.after = apart(seen, self.home)

    def killed(self, step: int = 0, seconds: float = 0.0) -> list[str] | None:
        """Kill the command there, look, and begin again; gives the faults, None where it ended."""
        copied(self.prepared, self.home)
        try:
            apart(self.kind.act, self.home, step, seconds)
            return None
        except ChildProcessError:
            pass
        try:
            return self._faults()
        except RuntimeError as error:
            return [str(error)]

    def _faults(self) -> list[str]:
        faults = []
        found = apart(seen, self.home)
        if found not in (self.before, self.after):
            faults.append(f"half done: {found}")
        if found == self.before:
            if "problem" not in self.before and (left := apart(wrong, self.home)):
                faults.append(f"the doctor leaves {left}")
            apart(self.kind.act, self.home)
        left, found = apart(wrong, self.home), apart(seen, self.home)
        if left or found != self.after:
            faults.append(f"never finished: {left} {found}")
        if names_in(self.elsewhere) != self.untouched:
            faults.append("what a link leads to was changed")
        return faults


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*"))


def killed_everywhere(place: Place, every: int, at_random: int, seed: int) -> dict[str, Any]:
    """Kill a command at every so-many-th step, and so often at random moments."""
    steps: list[list[str]] = []
    for step in range(1, 10_000, every):
        if (faults := place.killed(step=step)) is None:
            break
        steps.append([f"step {step}: {one}" for one in faults])
    random, moments = np.random.default_rng(seed), []
    for _ in range(at_random):
        wait = float(random.uniform(0.001, place.seconds))
        if (faults := place.killed(seconds=wait)) is not None:  # else it came too late
            moments.append([f"after {wait:.4f} s: {one}" for one in faults])
    every_fault = [one for faults in (*steps, *moments) for one in faults]
    return {
        "steps": len(steps),
        "at_random_moments": len(moments),
        "kills_with_a_fault": sum(bool(faults) for faults in (*steps, *moments)),
        "faults": every_fault,
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    parser.add_argument("--home", type=Path, help="of a finished run with 200 marks [made]")
    parser.add_argument("--every", type=int, default=1, help="kill at every so-many-th step only")
    parser.add_argument(
        "--at-random", type=int, default=20, help="kills of each kind at any moment"
    )
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    for name in LOADED:
        import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        source = chosen.home
        if source is None:  # in a process of its own: what follows must have no threads
            source = Path(folder) / "source"
            apart(subject, source)
        kinds: dict[str, dict[str, Any]] = {}
        if chosen.out.exists():  # others may have been measured before
            kinds = json.loads(chosen.out.read_text(encoding="utf-8"))["kinds"]
        for kind in chosen.kind or KINDS:
            place = Place(KINDS[kind], source, Path(folder))
            kinds[kind] = killed_everywhere(place, chosen.every, chosen.at_random, chosen.seed)
            print(f"-- {kind}", flush=True)
            keep_figures({**totals(kinds), "kinds": kinds}, chosen.out)
    return 1 if totals(kinds)["kills_with_a_fault"] else 0


def totals(kinds: dict[str, dict[str, Any]]) -> dict[str, int]:
    counts = ("steps", "at_random_moments", "kills_with_a_fault")
    found = {name: sum(told[name] for told in kinds.values()) for name in counts}
    return {**found, "kills": found["steps"] + found["at_random_moments"], "marks_a_home": MARKS}


if __name__ == "__main__":
    sys.exit(main())
