"""Is there a step at which a kill costs something? Commands are killed at every single one of them.

    python benchmarks/reliability/steps.py [--kind KIND …] [--out FILE.json]

Whatever changes a home (a run that is made, named, thrown away, brought back, deleted for good;
marks and saved groups; scores by another estimator; a repair; a migration) is carried out in a
process that is killed by SIGKILL at its first step, in another at its second, and so on until one
comes to its end. A step is a change of the disk by Python (a file opened to be written, renamed or
removed; a folder made or removed), or a statement to SQLite that may change something. After each
kill others look, as the next start of the app does: what they see must be the home before the
command or the home after it, with all 200 marks; `finine doctor --repair` must leave nothing that
is wrong; and the command, given again, must come to its end.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import sqlite3
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from figures import keep_figures

from finine_core import api
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.saved_groups import SavedGroups
from finine_core.database import DATABASE_NAME, MIGRATIONS, open_database
from finine_core.errors import FinineError
from finine_core.runs import RunConfig, create_run
from finine_sample_data import SAMPLES

# Loaded once, here: hundreds of processes are split off this one, and each would load them again.
LOADED = ("duckdb", "pandas", "pyarrow.dataset", "finine_core.influence.estimators",
          "pyarrow.compute", "pyarrow.parquet", "finine_core.curation.review",
          "finine_core.health", "finine_core.runs.config", "finine_core.runs.results",
          "finine_core.verification")  # fmt: skip

RESULTS = Path(__file__).parent / "results" / "steps.json"
MARKS = 200
SAMPLE = SAMPLES["breast_cancer_flips"]
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


def apart(act: Callable[[Path], object], home: Path, step: int = 0) -> Any:
    """Do something to a home in a process of its own; gives its answer.

    Args:
        step: at which it is killed; never when 0.

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


@dataclass(frozen=True)
class Kind:
    """One kind of command: how its home is made ready, and what it does there."""

    act: Callable[[Path], object]
    ready: Callable[[Path], object] = lambda _: None


def the_run(home: Path) -> api.Run:
    return api.open_run("latest", home)


def thrown_away(home: Path) -> api.Run:
    return api.open_run("latest", home, trashed=True)


def link_and_trash(home: Path) -> None:
    run = the_run(home)
    elsewhere = home.parent / "elsewhere"
    shutil.rmtree(elsewhere, ignore_errors=True)
    run.folder.path.rename(elsewhere)
    run.folder.path.symlink_to(elsewhere)
    run.trash()


def damage_with_marks_in_the_log(home: Path) -> None:
    """All marks are in SQLite's log beside a database with a torn page, as a crash leaves them."""
    run, path = the_run(home), home / DATABASE_NAME
    held = sqlite3.connect(path)
    held.execute("SELECT * FROM runs").fetchone()  # the log stays as long as somebody is there
    page = held.execute("SELECT rootpage FROM sqlite_master WHERE name = 'groups_of_run'")
    start = (page.fetchone()[0] - 1) * 4096
    run.undo()
    run.mark(rows=rows_to_mark(run), reason="only in the log")
    with path.open("r+b") as stream:
        stream.seek(start)
        stream.write(b"\xa5" * 4096)
    assert path.with_name(f"{path.name}-wal").stat().st_size
    os.kill(os.getpid(), signal.SIGKILL)


def of_the_first_schema(home: Path) -> None:
    """The same runs and marks in a database as the first finine made it."""
    path = home / DATABASE_NAME
    with open_database(home) as new:
        runs = new.execute("SELECT run_id, name, created_at FROM runs").fetchall()
        events = new.execute(
            "SELECT event_id, run_id, at, reviewer, kind, decision, reason, selection, of_event,"
            " rows FROM events"
        ).fetchall()
        rows = new.execute("SELECT event_id, row_number FROM event_rows").fetchall()
    path.unlink()
    with closing(sqlite3.connect(path)) as old, old:
        for statement in MIGRATIONS[0]:
            old.execute(statement)
        old.executemany("INSERT INTO runs VALUES (?, ?, ?)", runs)
        old.executemany(f"INSERT INTO events VALUES ({', '.join('?' * 10)})", events)
        old.executemany("INSERT INTO event_rows VALUES (?, ?)", rows)
        old.execute("PRAGMA user_version = 1")


def rows_to_mark(run: api.Run) -> list[int]:
    return run.scores(top=MARKS)["row_number"].tolist()


def migrate(home: Path) -> None:
    with open_database(home):
        pass


def make_a_run(home: Path) -> None:
    create_run(home, RunConfig(data=str(SAMPLE.path), label=SAMPLE.label, id=SAMPLE.id))


KINDS = {
    "new run": Kind(make_a_run),
    "rename": Kind(lambda home: the_run(home).rename("another")),
    "mark": Kind(lambda home: the_run(home).mark(rows=[3], decision="keep").event_id),
    "undo": Kind(
        lambda home: the_run(home).undo() and None,
        lambda home: the_run(home).mark(rows=[3], decision="keep").event_id,
    ),
    "save group": Kind(lambda home: the_run(home).save_group("few", rows=[3, 4]) and None),
    "scores by": Kind(lambda home: len(the_run(home).scores(estimator="auc"))),
    "trash": Kind(lambda home: the_run(home).trash()),
    "restore": Kind(lambda home: thrown_away(home).restore(), lambda home: the_run(home).trash()),
    "delete": Kind(lambda home: thrown_away(home).delete(), lambda home: the_run(home).trash()),
    "delete a link": Kind(lambda home: thrown_away(home).delete(), link_and_trash),
    "repair": Kind(
        lambda home: len(api.doctor(home, repair=True).left), damage_with_marks_in_the_log
    ),
    "migration": Kind(migrate, of_the_first_schema),
}


def seen(home: Path) -> dict[str, object]:
    """What the next start sees of a home; run ids and times are left out."""
    try:
        known, trashed = api.lines(home), api.lines(home, trashed=True)
    except FinineError as error:
        return {"problem": re.sub(r"\d+", "#", error.problem)}
    with open_database(home) as database:
        every = database.execute("SELECT DISTINCT run_id FROM events").fetchall()
    log = DecisionLog(home, every[0][0])
    names = sorted(path.name for path in (home / "runs").iterdir())
    return {
        "runs": sorted(line.name for line in known),
        "trash": sorted(line.name for line in trashed),
        "problems": [line.problem for line in [*known, *trashed] if line.problem],
        "decided": {kind: count for kind, count in log.counts().items() if kind != "keep"},
        "kept": log.counts().get("keep", 0),
        "groups": [one.name for one in SavedGroups(home, every[0][0]).all()],
        "folders": sum(not name.startswith(".") for name in names),
        "hidden folders": [name for name in names if name.startswith(".deleted-")],
        "damaged copies": len(list(home.glob(f"{DATABASE_NAME}.damaged-*[0-9]"))),
    }


def wrong(home: Path) -> list[str]:
    """What a doctor who may repair leaves, but for a disk that is nearly full."""
    return [one.problem for one in api.doctor(home, repair=True).left if one.check != "disk"]


def copied(source: Path, place: Path) -> Path:
    shutil.rmtree(place, ignore_errors=True)
    return Path(shutil.copytree(source, place, symlinks=True))


def killed_everywhere(kind: Kind, source: Path, work: Path, every: int) -> dict[str, Any]:
    """Kill one kind of command at each of its steps, on copies of a home with 200 marks."""
    prepared = copied(source, work / "prepared" / "home")
    with suppress(ChildProcessError):  # a crash may be what makes it ready
        apart(kind.ready, prepared)
    elsewhere = prepared.parent / "elsewhere"  # where a link leads
    untouched = sorted(path.name for path in elsewhere.glob("*"))
    home = copied(prepared, work / "home")
    before = apart(seen, home)
    home = copied(prepared, work / "home")
    apart(kind.act, home)
    after = apart(seen, home)
    faults: list[str] = []
    kills = 0
    for step in range(1, 10_000, every):
        home = copied(prepared, work / "home")
        try:
            apart(kind.act, home, step)
            break
        except ChildProcessError:
            kills += 1
        found = apart(seen, home)
        if found not in (before, after):
            faults.append(f"step {step}: half done: {found}")
        if found == before:
            left = apart(wrong, home) if "problem" not in before else []
            found = apart(seen, home)
            if left:
                faults.append(f"step {step}: the doctor leaves {left}")
            if found == before:  # else the doctor finished it: a run that was not yet listed
                apart(kind.act, home)
        left, found = apart(wrong, home), apart(seen, home)
        if left or found != after:
            faults.append(f"step {step}: never finished: {left} {found}")
        if sorted(path.name for path in elsewhere.glob("*")) != untouched:
            faults.append(f"step {step}: what a link leads to was changed")
    return {"kills": kills, "faults": faults}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kind", choices=list(KINDS), action="append")
    parser.add_argument("--home", type=Path, help="of a finished run with 200 marks [made]")
    parser.add_argument("--every", type=int, default=1, help="kill at every so-many-th step only")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    for name in LOADED:
        import_module(name)
    with tempfile.TemporaryDirectory() as folder:
        source = chosen.home
        if source is None:  # in a process of its own: what follows must have no threads
            source = Path(folder) / "source"
            apart(subject, source)
        found = {}
        for kind in chosen.kind or KINDS:
            found[kind] = killed_everywhere(KINDS[kind], source, Path(folder), chosen.every)
            print(f"{kind:<14} {found[kind]['kills']} kills", flush=True)
    faults = [f"{kind}, {one}" for kind, told in found.items() for one in told["faults"]]
    figures = {
        "kills": sum(told["kills"] for told in found.values()),
        "marks_in_each_home": MARKS,
        "by_kind": {kind: told["kills"] for kind, told in found.items()},
        "faults": faults,
    }
    keep_figures(figures, chosen.out)
    return 1 if faults else 0


def subject(home: Path) -> None:
    """A home with one finished run of which 200 rows are marked."""
    run = api.run(SAMPLE.path, label=SAMPLE.label, id=SAMPLE.id, home=home, epochs=2)
    run.mark(rows=rows_to_mark(run))


if __name__ == "__main__":
    sys.exit(main())
