from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from finine_core.curation.decisions import DecisionLog
from finine_core.errors import FinineError


def decisions_of(log: DecisionLog) -> dict[int, str]:
    table = log.current()
    return dict(zip(table["row_number"].to_pylist(), table["decision"].to_pylist(), strict=True))


def test_the_newest_mark_of_a_row_holds_and_clear_takes_it_away(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    log.mark([1, 2, 3], "delete")
    log.mark(np.array([2], dtype=np.int32), "keep")
    log.mark([3], "clear")
    assert decisions_of(log) == {1: "delete", 2: "keep"}
    assert log.counts() == {"delete": 1, "keep": 1, "review": 0, "relabel": 0}


def test_a_bulk_mark_is_one_event_and_one_undo(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    log.mark(range(1000), "delete", reason="r", reviewer="ann", selection="mu > 2")
    undone = log.undo(reviewer="ben")
    assert undone is not None
    assert (undone.rows, undone.selection, undone.active) == (1000, "mu > 2", False)
    assert decisions_of(log) == {}
    assert [(e.kind, e.reviewer, e.rows, e.of_event) for e in log.events()] == [
        ("mark", "ann", 1000, None),
        ("undo", "ben", 1000, undone.event_id),
    ]


def test_the_current_table_says_who_decided_when_and_why(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    first = log.mark([5], "delete", reason="wrong", reviewer="ann")
    second = log.mark([4], "review", reason="odd", reviewer="ben")
    table = log.current()
    text = dict.fromkeys(("decision", "label", "reason", "reviewer", "at"), pa.string())
    assert table.schema == pa.schema({"row_number": pa.int64(), **text})
    log.undo(), log.undo()
    assert log.current().schema == table.schema  # also where nothing is marked
    assert [tuple(line.values()) for line in table.to_pylist()] == [
        (4, "review", None, "odd", "ben", second.at),
        (5, "delete", None, "wrong", "ann", first.at),
    ]


def test_undo_of_a_clear_brings_the_decision_back(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    log.mark([1], "delete")
    log.mark([1], "clear")
    log.undo()
    assert decisions_of(log) == {1: "delete"}


def test_a_new_mark_after_an_undo_ends_redo(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    log.mark([1], "delete")
    log.undo()
    log.mark([2], "keep")
    assert log.redo() is None
    assert decisions_of(log) == {2: "keep"}


def test_nothing_to_undo_or_redo_writes_no_event(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    assert log.undo() is None
    assert log.redo() is None
    assert log.events() == []


def test_runs_of_one_home_do_not_touch_each_other(tmp_path: Path) -> None:
    one, other = DecisionLog(tmp_path, "one"), DecisionLog(tmp_path, "other")
    event = one.mark([1], "delete")
    assert other.undo() is None
    assert decisions_of(other) == {}
    with pytest.raises(FinineError, match=f"no event {event.event_id}"):
        other.rows_of(event.event_id)


def test_the_rows_of_an_undo_are_those_of_its_mark(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    log.mark([8, 2, 2], "delete")
    log.undo()
    assert [log.rows_of(event.event_id).tolist() for event in log.events()] == [[2, 8], [2, 8]]


def test_the_version_changes_with_every_event_and_only_then(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    versions = [log.version()]
    for action in (lambda: log.mark([1], "keep"), log.undo, log.redo):
        action()
        versions.append(log.version())
    DecisionLog(tmp_path, "other").mark([1], "keep")
    assert versions == [0, 1, 2, 3]
    assert log.version() == 3


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([], "No rows are selected"),
        (np.array([], dtype=np.int64), "No rows are selected"),
        ([-1, 2], "-1 is not a row number"),
        (np.array([True, False]), "numpy.flatnonzero"),
        ([0.5], "whole numbers"),
        (np.zeros((2, 2), dtype=np.int64), "whole numbers"),
        (["1"], "whole numbers"),
    ],
)
def test_rows_that_cannot_be_are_refused_and_nothing_is_written(
    tmp_path: Path, rows: list, message: str
) -> None:
    log = DecisionLog(tmp_path, "run")
    with pytest.raises(FinineError, match=message):
        log.mark(rows, "delete")
    assert log.events() == []


def test_an_unknown_decision_is_refused_and_the_known_ones_are_named(tmp_path: Path) -> None:
    with pytest.raises(
        FinineError, match=r"'drop' is not a decision.*keep, review, relabel, clear"
    ):
        DecisionLog(tmp_path, "run").mark([1], "drop")


class UndoAndRedo(RuleBasedStateMachine):
    """The log against the simplest model: a stack of marks and a stack of undone marks."""

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp())
        self.log = DecisionLog(self.home, "run")
        self.done: list[tuple[int, frozenset[int], str]] = []
        self.undone: list[tuple[int, frozenset[int], str]] = []
        self.events = 0

    def teardown(self) -> None:
        shutil.rmtree(self.home)

    @rule(
        rows=st.frozensets(st.integers(0, 5), min_size=1),
        decision=st.sampled_from(["delete", "keep", "review", "clear"]),
    )
    def mark(self, rows: frozenset[int], decision: str) -> None:
        event = self.log.mark(sorted(rows), decision)
        self.done.append((event.event_id, rows, decision))
        self.undone.clear()
        self.events += 1

    @rule()
    def undo(self) -> None:
        event = self.log.undo()
        assert (event is None) == (not self.done)
        if event is not None:
            self.undone.append(self.done.pop())
            assert event.event_id == self.undone[-1][0]
            self.events += 1

    @rule()
    def redo(self) -> None:
        event = self.log.redo()
        assert (event is None) == (not self.undone)
        if event is not None:
            self.done.append(self.undone.pop())
            assert event.event_id == self.done[-1][0]
            self.events += 1

    @invariant()
    def the_log_agrees_with_the_model(self) -> None:
        expected: dict[int, str] = {}
        for _, rows, decision in self.done:
            expected.update(dict.fromkeys(rows, decision))
        expected = {row: what for row, what in expected.items() if what != "clear"}
        assert decisions_of(self.log) == expected
        counts = self.log.counts()
        assert {k: v for k, v in counts.items() if v} == {
            what: list(expected.values()).count(what) for what in set(expected.values())
        }
        events = self.log.events()
        assert len(events) == self.events
        assert [e.event_id for e in events if e.active] == [mark[0] for mark in self.done]


TestUndoAndRedo = UndoAndRedo.TestCase
TestUndoAndRedo.settings = settings(max_examples=25, stateful_step_count=15, deadline=None)


MARK_MANY = """
import sys
from pathlib import Path
from finine_core.curation.decisions import DecisionLog
home, start = Path(sys.argv[1]), int(sys.argv[2])
log = DecisionLog(home, "run")
sys.stdin.readline()
for step in range(30):
    row = start + 10 * step
    log.mark(range(row, row + 10), "delete", reviewer=str(start))
"""


UNDO_MANY = """
import sys
from pathlib import Path
from finine_core.curation.decisions import DecisionLog
log = DecisionLog(Path(sys.argv[1]), "run")
sys.stdin.readline()
for _ in range(30):
    assert log.undo() is not None
"""


def run_at_once(program: str, *arguments: list[str]) -> None:
    """Run the program once per argument list; each waits for a line before it begins."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", program, *own],
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for own in arguments
    ]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate(timeout=120)
        assert (process.returncode, errors) == (0, "")


def test_processes_that_undo_at_once_never_undo_the_same_mark(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    for row in range(90):
        log.mark([row], "delete")
    run_at_once(UNDO_MANY, *[[str(tmp_path)]] * 3)
    undone = [event.of_event for event in log.events() if event.kind == "undo"]
    assert sorted(undone, key=lambda mark: mark or 0) == list(range(1, 91))
    assert log.current().num_rows == 0


def test_processes_that_mark_at_once_lose_nothing(tmp_path: Path) -> None:
    starts = [0, 1000, 2000]
    run_at_once(MARK_MANY, *([str(tmp_path), str(start)] for start in starts))
    log = DecisionLog(tmp_path, "run")
    expected = sorted(row for start in starts for row in range(start, start + 300))
    assert log.current()["row_number"].to_pylist() == expected
    assert len(log.events()) == 90
    for event in log.events():
        rows = log.rows_of(event.event_id)
        assert event.rows == len(rows) == 10
        assert event.reviewer == str(rows[0] // 1000 * 1000)


def test_the_state_of_100k_marked_rows_is_had_within_seconds(tmp_path: Path) -> None:
    log = DecisionLog(tmp_path, "run")
    log.mark(np.arange(100_000), "delete")
    log.mark(np.arange(0, 100_000, 2), "keep")
    started = time.process_time()
    assert log.current().num_rows == 100_000
    assert log.counts() == {"delete": 50_000, "keep": 50_000, "review": 0, "relabel": 0}
    assert time.process_time() - started < 5  # about 0.7 s; the margin is for slow machines
