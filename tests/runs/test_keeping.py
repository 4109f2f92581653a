"""Runs get other names, go to the trash and come back; and their time is told beforehand."""

import shutil

import pytest

from finine_core import api
from finine_core.curation.decisions import DecisionLog
from finine_core.database import register_run
from finine_core.errors import FinineError
from finine_core.runs import RunConfig, State, create_run, estimate
from finine_core.runs.estimate import Estimate, corrected
from finine_core.runs.folder import RunFolder
from finine_core.runs.results import listing
from tests.trained import trained

TINY = {"label": "label", "id": "name", "epochs": 12}


def test_a_name_is_kept_in_one_place_and_nonsense_is_refused(own_run):
    own_run.rename("  second look ")
    assert own_run.name == own_run.record()["name"] == "second look"
    assert [one.name for one in api.lines(own_run.home)] == ["second look"]
    own_run.folder.update(results=own_run.record()["results"])  # as a worker does meanwhile
    assert own_run.name == "second look"
    for wrong in ("", " ", "x" * 201, "two\nlines"):
        with pytest.raises(FinineError, match="1 to 200 letters"):
            own_run.rename(wrong)
    assert own_run.name == "second look"


def test_a_run_in_the_trash_is_nowhere_and_comes_back_with_its_marks(own_run):
    home, run_id = own_run.home, own_run.run_id
    own_run.mark(top=3)
    own_run.trash()
    assert api.runs(home) == api.lines(home) == []
    for name in (run_id, run_id[:-2]):
        with pytest.raises(FinineError, match=f"in the trash.*finine restore {run_id}"):
            api.open_run(name, home)
    with pytest.raises(FinineError, match="no run 'latest'"):
        api.open_run("latest", home)
    assert [one.run_id for one in api.runs(home, trashed=True)] == [run_id]
    api.open_run("latest", home, trashed=True).restore()
    assert api.marked(home, [run_id]) == {run_id: 3}
    assert len(api.open_run(run_id, home).scores(top=3)) == 3
    assert api.runs(home, trashed=True) == []


def test_only_what_is_in_the_trash_is_deleted_and_its_marks_stay_in_the_log(own_run):
    own_run.mark(top=3)
    with pytest.raises(FinineError, match="not in the trash"):
        own_run.delete()
    assert own_run.folder.scores.exists()
    own_run.trash()
    own_run.delete()
    assert list((own_run.home / "runs").iterdir()) == []
    assert api.runs(own_run.home, trashed=True) == []
    assert len(DecisionLog(own_run.home, own_run.run_id).events()) == 1


def test_a_run_that_waits_is_not_thrown_away(own_run, table):
    waiting = api.Run(create_run(own_run.home, RunConfig(data=str(table), label="label")))
    with pytest.raises(FinineError, match="finine cancel"):
        waiting.trash()
    assert len(api.runs(own_run.home)) == 2


def test_a_list_reads_a_run_again_only_when_its_files_changed(own_run, monkeypatch):
    for number in range(30):
        copy = own_run.home / "runs" / f"copy-{number}"
        shutil.copytree(own_run.folder.path, copy)
        register_run(own_run.home, copy.name, f"copy {number}", f"2026-01-01T00:00:{number:02d}Z")
    first = api.lines(own_run.home)
    assert len(first) == 31
    read = []
    monkeypatch.setattr(listing.RunFolder, "read", lambda folder: read.append(folder.run_id))
    assert api.lines(own_run.home) == first
    assert read == []
    monkeypatch.undo()
    changed = RunFolder(own_run.home / "runs" / "copy-7")
    changed.write_state(State.FAILED, "because")
    (failed,) = [one for one in api.lines(own_run.home) if one.matches("FAILED")]
    assert (failed.run_id, failed.status.message) == ("copy-7", "because")
    assert [one.name for one in first if one.matches("copy 29 breast")] == ["copy 29"]


def test_a_plan_says_what_a_run_does_and_the_next_estimate_knows_how_long_it_took(table, tmp_path):
    planned = api.plan(table, home=tmp_path, **TINY)
    assert not tmp_path.joinpath("runs").exists(), "nothing is started or written"
    assert planned.estimate.runs == 0
    run = trained(table, home=tmp_path, **TINY)
    resolved = run.record()["resolved"]
    assert resolved["model"] in planned.resolved.candidates
    told = planned.resolved.model_dump(mode="json")
    assert told | {"model": resolved["model"]} == resolved
    results, dataset = run.record()["results"], run.record()["dataset"]
    assert (planned.rows, planned.train_rows) == (dataset["rows"], dataset["train_rows"])
    assert planned.estimate.seconds == pytest.approx(results["seconds_expected"])
    again = api.plan(table, home=tmp_path, **TINY).estimate
    assert again.runs == 1
    assert again.seconds == pytest.approx(results["seconds_total"])
    with pytest.raises(FinineError, match="lable"):
        api.plan(table, home=tmp_path, **{**TINY, "label": "lable"})


def test_more_work_is_expected_to_take_longer(table, tmp_path):
    def expected(**options):
        return api.plan(table, home=tmp_path, **{**TINY, **options}).estimate.seconds

    base = expected()
    for more in (
        {"epochs": 200},
        {"record_epochs": "all"},
        {"auxiliary": True},
        {"targets": ("self",)},
    ):
        assert (expected(**more) < base) == ("targets" in more), more


def test_an_estimate_is_corrected_by_the_runs_most_like_it_and_its_range_holds_them():
    slow_machine = [(10, 20), (100, 200), (11, 24), (12, 22)]
    found = corrected(10, slow_machine)
    assert 20 <= found.seconds <= 22
    assert found.low < 10 * 22 / 12
    assert found.high >= 10 * 24 / 11
    alone = corrected(10, [])
    assert alone.low < 10 < alone.high < corrected(10, [], busy=2).high
    assert alone.high / alone.low > found.high / found.low, "less is known"
    far = corrected(1000, [(10, 20)])
    assert far.high / far.low > 2 * estimate.NARROWEST_RANGE
    assert Estimate(1, 0.5, 0.9, 0).words == "up to 1 s"
