from __future__ import annotations

import sqlite3
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from finine_core.curation.decisions import DecisionLog
from finine_core.database import (
    DATABASE_NAME,
    MIGRATIONS,
    SCHEMA_VERSION,
    list_run_ids,
    open_database,
    register_run,
    transaction,
)
from finine_core.errors import FinineError


def test_a_new_home_gets_a_database_in_wal_mode_with_foreign_keys(tmp_path: Path) -> None:
    with open_database(tmp_path / "new" / "home") as connection:
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        assert connection.execute("PRAGMA user_version").fetchone() == (SCHEMA_VERSION,)


def test_a_newer_schema_is_refused_with_both_versions(tmp_path: Path) -> None:
    with open_database(tmp_path) as connection:
        connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION + 1}")
    message = f"schema version {SCHEMA_VERSION + 1}.*up to {SCHEMA_VERSION}.*Upgrade"
    with pytest.raises(FinineError, match=message), open_database(tmp_path):
        pass


def test_a_file_that_is_no_database_is_named_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / DATABASE_NAME).write_bytes(b"not a database, " * 100)
    with pytest.raises(FinineError, match=r"finine\.db is damaged"), open_database(tmp_path):
        pass
    assert (tmp_path / DATABASE_NAME).read_bytes() == b"not a database, " * 100


def test_a_home_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("")
    with pytest.raises(FinineError, match="cannot be opened"), open_database(tmp_path / "home"):
        pass


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE events SET reason = 'other'",
        "DELETE FROM events",
        "UPDATE event_rows SET row_number = 99",
        "DELETE FROM event_rows",
        "REPLACE INTO event_rows SELECT * FROM event_rows",
        "REPLACE INTO events SELECT * FROM events",
        "INSERT INTO event_rows SELECT * FROM event_rows WHERE true"
        " ON CONFLICT DO UPDATE SET row_number = 99",
    ],
)
def test_events_cannot_be_changed_even_by_a_foreign_connection(
    tmp_path: Path, statement: str
) -> None:
    log = DecisionLog(tmp_path, "run")
    event = log.mark([1, 2], "delete", reason="wrong")
    connection = sqlite3.connect(tmp_path / DATABASE_NAME)
    with pytest.raises(sqlite3.IntegrityError, match="append-only"):
        connection.execute(statement)
    connection.close()
    assert log.events() == [event]
    assert log.rows_of(event.event_id).tolist() == [1, 2]


def test_a_failed_transaction_leaves_nothing(tmp_path: Path) -> None:
    def fail_half_way(connection: sqlite3.Connection) -> None:
        with transaction(connection):
            connection.execute("INSERT INTO runs VALUES ('a', 'b', 'c', NULL)")
            raise RuntimeError

    with open_database(tmp_path) as connection:
        with pytest.raises(RuntimeError):
            fail_half_way(connection)
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_runs_are_listed_newest_first_whatever_their_time_zone(tmp_path: Path) -> None:
    register_run(tmp_path, "second", "b", "2026-01-01T12:00:00+02:00")
    register_run(tmp_path, "third", "c", datetime(2026, 1, 1, 11, tzinfo=UTC))
    register_run(tmp_path, "first", "a", "2026-01-01T09:59:59.5+00:00")
    assert list_run_ids(tmp_path) == ["third", "second", "first"]


def test_a_run_registered_again_takes_the_new_name_and_keeps_its_time(tmp_path: Path) -> None:
    register_run(tmp_path, "run", "old", "2026-01-01T12:00:00+00:00")
    register_run(tmp_path, "run", "new", "2027-01-01T12:00:00+00:00")
    with open_database(tmp_path) as connection:
        lines = connection.execute("SELECT name, substr(created_at, 1, 4) FROM runs").fetchall()
    assert lines == [("new", "2026")]


@pytest.mark.parametrize("moment", ["yesterday", "2026-01-01T12:00:00"])
def test_a_time_without_meaning_is_refused(tmp_path: Path, moment: str) -> None:
    with pytest.raises(FinineError, match="created_at"):
        register_run(tmp_path, "run", "name", moment)


OPEN_AT_ONCE = """
import sys
from pathlib import Path
from finine_core.database import open_database
sys.stdin.readline()
with open_database(Path(sys.argv[1])) as connection:
    print(connection.execute("PRAGMA user_version").fetchone()[0])
"""


def test_processes_that_create_one_home_at_once_all_find_it_ready(tmp_path: Path) -> None:
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", OPEN_AT_ONCE, str(tmp_path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for _ in range(4)
    ]
    for process in processes:  # all are started before any may go on
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        output, errors = process.communicate(timeout=60)
        assert (output.strip(), errors) == (str(SCHEMA_VERSION), "")


def test_a_home_of_schema_1_is_brought_forward_with_its_events_and_their_guards(
    tmp_path: Path,
) -> None:
    old = sqlite3.connect(tmp_path / DATABASE_NAME, isolation_level=None)
    for statement in MIGRATIONS[0]:
        old.execute(statement)
    old.execute("INSERT INTO runs VALUES ('r', 'tweets', '2026-01-01')")
    for event_id, kind, decision, of_event in (
        (1, "mark", "delete", None), (2, "mark", "keep", None), (3, "undo", None, 2)
    ):  # fmt: skip
        old.execute(
            "INSERT INTO events VALUES (?, 'r', '2026-01-02', 'ann', ?, ?, 'odd', 'rows 4', ?, 1)",
            (event_id, kind, decision, of_event),
        )
    old.execute("INSERT INTO event_rows VALUES (1, 4), (2, 4)")
    old.execute("PRAGMA user_version = 1")
    old.close()

    log = DecisionLog(tmp_path, "r")
    assert log.current().select(["row_number", "decision", "label"]).to_pylist() == [
        {"row_number": 4, "decision": "delete", "label": None}
    ]
    assert [(one.event_id, one.kind, one.active) for one in log.events()] == [
        (1, "mark", True), (2, "mark", False), (3, "undo", False)
    ]  # fmt: skip
    assert log.mark([4], "relabel", label="cat").event_id == 4
    with pytest.raises(FinineError, match="corrected label goes with"):
        log.mark([4], "keep", label="cat")
    with open_database(tmp_path) as connection:
        assert connection.execute("PRAGMA foreign_keys").fetchone() == (1,)
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("DELETE FROM events")
        with pytest.raises(sqlite3.IntegrityError):
            connection.execute("INSERT INTO event_rows VALUES (99, 1)")
