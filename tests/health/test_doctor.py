"""What is wrong with a home is found, mended where that costs nobody anything, and else told."""

import json
import os
import sqlite3

import numpy as np
import pytest
from typer.testing import CliRunner

import finine_core as fi
from finine_core import api
from finine_core.cli import cli
from finine_core.database import DATABASE_NAME, SCHEMA_VERSION
from finine_core.errors import FinineError
from finine_core.runs import State
from finine_core.runs.jobs.queue import take_ticket


def names(report):
    return [one.check for one in report.findings]


def rows(run, count):
    return run.scores(top=count)["row_number"].tolist()


def test_a_home_that_was_only_used_is_clean(own_run):
    own_run.mark(rows=rows(own_run, 3), decision="delete")
    report = fi.doctor(own_run.home)
    assert report.findings == ()
    assert len(report.looked_for) == 8
    found = CliRunner().invoke(cli, ["doctor", "--home", str(own_run.home)])
    assert found.exit_code == 0
    assert "Nothing is wrong" in found.stdout


def test_what_a_crash_leaves_is_mended_when_asked_for_and_nothing_before(own_run):
    own_run.mark(rows=rows(own_run, 3))
    home, folder = own_run.home, own_run.folder
    folder.write_state(State.RUNNING)
    left = folder.path / ".run.json.abc.tmp"
    left.write_text("{")
    os.utime(left, (0, 0))
    take_ticket(folder)
    with sqlite3.connect(home / DATABASE_NAME) as database:
        database.execute("DELETE FROM runs")
    database.close()
    wanted = ["states", "temporary files", "queue", "list of runs"]
    first, second = api.doctor(home), api.doctor(home)
    assert names(first) == wanted
    assert first == second, "a look changes nothing"
    assert left.exists()
    mended = api.doctor(home, repair=True)
    assert (names(mended), mended.left) == (wanted, ())
    assert api.doctor(home).findings == ()
    assert folder.read_state()[0] is State.INTERRUPTED
    again = api.open_run(own_run.run_id, home)
    assert again.log.counts()["delete"] == 3


def test_a_damaged_database_is_named_and_its_marks_are_saved(own_run):
    known = rows(own_run, 300)
    for number in range(60):
        own_run.mark(rows=known[number : number + 200], reason=f"reason {number} " * 20)
    events = {one.event_id: one for one in own_run.log.events()}
    path = own_run.home / DATABASE_NAME
    content = bytearray(path.read_bytes())
    middle = len(content) // 2 // 4096 * 4096
    content[middle : middle + 4096] = np.random.default_rng(0).bytes(4096)
    other = path.with_name("from a damaged disk")
    other.write_bytes(content)
    other.replace(path)
    with pytest.raises(FinineError, match=r"finine\.db is damaged.*finine doctor --repair"):
        own_run.log.events()
    assert names(api.doctor(own_run.home)) == ["database"]
    assert path.read_bytes() == bytes(content)
    report = api.doctor(own_run.home, repair=True)
    assert report.findings[0].mended
    (old,) = own_run.home.glob(f"{DATABASE_NAME}.damaged-*")
    assert old.read_bytes() == bytes(content), "what was there is kept"
    saved = {one.event_id: one for one in own_run.log.events()}
    assert len(saved) >= 50
    assert all(events[number] == one for number, one in saved.items())
    short = [one for one in saved if len(own_run.log.rows_of(one)) != saved[one].rows]
    lost = len(events) - len(saved)
    assert lost + len(short) > 0, "the page held something"
    assert (f"{lost:,} events lost" in report.findings[0].mend) == (lost > 0)
    assert [one.check for one in report.left] == ["marks"] * len(short)
    assert own_run.mark(rows=known[:2]).event_id > max(saved)


def test_what_cannot_be_mended_is_told_and_left(own_run):
    home, folder = own_run.home, own_run.folder
    with sqlite3.connect(home / DATABASE_NAME) as database:
        database.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    database.close()
    folder.scores.write_bytes(b"not a table")
    signal = next(folder.signals.glob("*.npy"))
    signal.write_bytes(signal.read_bytes()[:-100])
    found = CliRunner().invoke(cli, ["doctor", "--repair", "--json", "--home", str(home)])
    assert found.exit_code == 1
    told = json.loads(found.stdout)
    assert told["left"] == 3
    problems = [one["problem"] for one in told["findings"]]
    assert f"schema version {SCHEMA_VERSION + 1}" in problems[0]
    assert any("scores.parquet" in one for one in problems)
    assert any(signal.name in one for one in problems)
    assert folder.scores.read_bytes() == b"not a table"


def test_a_home_that_is_none_is_refused(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(FinineError, match="is a file"):
        api.doctor(tmp_path / "file")
    with pytest.raises(FinineError, match="does not exist"):
        api.doctor(tmp_path / "nowhere")
    assert not (tmp_path / "nowhere").exists()


def test_runs_without_a_database_are_listed_again(own_run):
    (own_run.home / DATABASE_NAME).unlink()
    assert names(api.doctor(own_run.home)) == ["database"]
    assert not (own_run.home / DATABASE_NAME).exists()
    assert api.doctor(own_run.home, repair=True).left == ()
    assert [one.run_id for one in api.runs(own_run.home)] == [own_run.run_id]
