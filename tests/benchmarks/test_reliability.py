"""Small versions of benchmarks/reliability: a few kills, a few hundred marks, one full disk."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from finine_core import api
from finine_core.errors import FinineError

STUDIES = Path(__file__).parent.parent.parent / "benchmarks" / "reliability"


@pytest.fixture
def victims(monkeypatch):
    """The module that holds what is killed."""
    monkeypatch.syspath_prepend(str(STUDIES))
    import victims

    return victims


@pytest.mark.parametrize("kind", ["marking", "export"])
def test_a_kill_at_a_random_moment_costs_no_mark_and_leaves_no_half_export(victims, own_run, kind):
    own_run.mark(rows=own_run.scores(top=20)["row_number"].tolist())
    victim = victims.KINDS[kind](victims.Subject(own_run, seconds=1.0))
    (kill,) = victim.kill(np.random.default_rng(3), most=1)
    assert kill.identical, kill
    assert kill.marks_lost == 0
    assert api.doctor(own_run.home).findings == ()


def test_a_kill_at_any_step_leaves_a_home_that_the_next_start_finishes(own_run, tmp_path):
    own_run.mark(rows=own_run.scores(top=200)["row_number"].tolist())
    out = tmp_path / "out.json"
    command = [sys.executable, str(STUDIES / "steps.py"), "--home", str(own_run.home)]
    command += ["--every", "7", "--at-random", "1", "--out", str(out)]
    kinds = ("new run", "save group", "delete", "delete a link", "repair", "migration")
    for kind in kinds:
        command += ["--kind", kind]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert out.exists(), found.stderr
    told = json.loads(out.read_text())["kinds"]
    assert {kind: told[kind]["faults"] for kind in kinds} == {kind: [] for kind in kinds}
    assert found.returncode == 0, found.stderr
    assert all(told[kind]["steps"] >= 2 for kind in kinds)


def test_the_page_says_what_the_kills_at_every_step_came_to():
    told = json.loads((STUDIES / "results" / "steps.json").read_text())
    words = (
        f"{told['kills']} kills, {told['steps']} at a step and {told['at_random_moments']} at a"
        f" random moment: {told['kills_with_a_fault']} left a home"
    )
    page = STUDIES.parent.parent / "docs" / "reliability.md"
    assert words in page.read_text(encoding="utf-8")


def test_two_who_mark_at_once_lose_nothing_and_the_reader_never_sees_the_log_go_back(tmp_path):
    out = tmp_path / "out.json"
    command = [sys.executable, str(STUDIES / "marking.py"), "--events", "30", "--out", str(out)]
    found = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert found.returncode == 0, found.stderr
    counts = json.loads(out.read_text())
    assert counts["events_stored"] == counts["rows_marked"] == counts["events_asked"] == 60
    assert counts["events_with_their_row"] == counts["events_looked_at_for_it"]
    assert counts["numbers_without_gap"]
    assert counts["in_order_of_time"]
    assert counts["in_order_of_each_person"]
    assert counts["reads_that_went_back"] == counts["failed_processes"] == 0
    assert counts["doctor_findings"] == []


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of its own, where one may be mounted."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("mounting a small disk needs root on Linux")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_while_everything_can_still_be_read(finished_run, small_disk):
    home = small_disk / "home"
    shutil.copytree(finished_run.home, home)
    run = api.open_run(finished_run.run_id, home)
    rows = run.scores(top=9)["row_number"].tolist()
    run.mark(rows=rows)
    ballast = small_disk / "ballast"
    with ballast.open("wb") as stream:
        room = os.statvfs(small_disk)
        os.posix_fallocate(stream.fileno(), 0, room.f_bavail * room.f_frsize)
    for write in (
        lambda: run.mark(rows=rows, decision="keep"),
        run.undo,
        lambda: run.export(small_disk / "out"),
        lambda: run.scores(estimator="gaussian"),
        lambda: api.run(run.record()["config"]["data"], label="diagnosis", home=home, block=False),
        lambda: run.rename("another"),
    ):
        with pytest.raises(FinineError, match=r"is full\. Free some space"):
            write()
    assert run.log.counts()["delete"] == 9
    assert len(api.runs(home)) == 1
    ballast.unlink()
    assert run.undo().rows == 9
    run.export(small_disk / "out", overwrite=True)
    assert api.doctor(home).left == tuple(
        one for one in api.doctor(home).findings if one.check == "disk"
    )
