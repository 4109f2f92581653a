"""What is done to a home while somebody kills it, and what the next start sees of it.

One `Kind` a command: how a home is made ready for it, and what it does there. Used by `steps.py`.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from finine_core import api
from finine_core.curation.decisions import DecisionLog
from finine_core.curation.saved_groups import SavedGroups
from finine_core.database import DATABASE_NAME, MIGRATIONS, open_database
from finine_core.errors import FinineError
from finine_core.runs import RunConfig, create_run
from finine_sample_data import SAMPLES

MARKS = 200
SAMPLE = SAMPLES["breast_cancer_flips"]


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
    "scores by": Kind(lambda home: len(the_run(home).scores(estimator="gaussian"))),
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


def subject(home: Path) -> None:
    """A home with one finished run of which 200 rows are marked."""
    run = api.run(SAMPLE.path, label=SAMPLE.label, id=SAMPLE.id, home=home, epochs=2)
    run.mark(rows=rows_to_mark(run))
