"""What the tests rest on: their order, shared folders, an end to what a test left going."""

import subprocess
import sys

from finine_core import api
from finine_core.runs import State
from finine_core.runs.jobs.heartbeat import last_beat
from finine_sample_data import SAMPLES
from tests.durations import ROOT, listed, long_ones_first, taken_over
from tests.jobs import ending_jobs


def test_a_run_that_is_left_going_ends_and_what_is_not_ours_does_not(tmp_path, wait_for):
    sample = SAMPLES["breast_cancer_flips"]
    with ending_jobs(tmp_path):
        run = api.run(sample.path, label=sample.label, home=tmp_path, epochs=100_000, block=False)
        other = subprocess.Popen([sys.executable, "-c", "input()", tmp_path], stdin=subprocess.PIPE)
        wait_for(lambda: last_beat(run.folder))
        worker = last_beat(run.folder).process
        assert worker.alive()
    wait_for(lambda: not worker.alive())
    assert run.status().state is State.INTERRUPTED
    assert other.poll() is None
    other.communicate(b"\n")


def test_a_shared_folder_is_made_once_and_copied(once):
    made = []

    def make(folder):
        made.append(folder)
        (folder / "file").write_text("x")

    one, two = once("a-test", make), once("a-test", make)
    (one / "file").unlink()
    assert (two / "file").read_text() == "x"
    assert len(made) <= 1, "another test process may have made it"


def test_long_files_come_first_and_those_of_the_browser_in_turns():
    by_file = {}
    for test, seconds in listed().items():
        path = ROOT / test.split("::")[0]
        by_file[path] = by_file.get(path, 0) + seconds
    order = long_ones_first({*by_file, ROOT / "tests" / "test_of_no_time.py"})
    for browser in (True, False):
        of_kind = [by_file.get(path, 0) for path in order if (path.parent.name == "e2e") == browser]
        assert of_kind == sorted(of_kind, reverse=True)
    assert {path.parent.name == "e2e" for path in order[:2]} == {True, False}


def test_slow_tests_of_a_report_are_taken_over(tmp_path):
    report = tmp_path / "report.xml"
    here = "tests.test_suite"
    report.write_text(
        f'<testsuite><testcase classname="{here}" name="test_slow[a b]" time="3.14"/>'
        f'<testcase classname="{here}.TestClass" name="test_in_it" time="1.5"/>'
        f'<testcase classname="{here}" name="test_quick" time="0.9"/></testsuite>'
    )
    assert taken_over(report) == {
        "tests/test_suite.py::test_slow[a b]": 3.1,
        "tests/test_suite.py::TestClass::test_in_it": 1.5,
    }
