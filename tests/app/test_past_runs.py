"""The list of runs on the Run page: find one, rename it, do it again, throw it away, undo that."""

import shutil

import pytest

from finine_core import api
from finine_core.database import register_run
from finine_core.files import write_json
from finine_core.runs import RunConfig, RunFolder, State, create_run
from finine_core.runs.jobs.queue import _try_slot
from tests.app.looking import FLIPS, healthy, in_address, said

OTHER = "20260101-000000-other-aaaa"


@pytest.fixture
def home(own_run):
    """A home with two finished runs: flips, and the older `other`."""
    copy = RunFolder(own_run.home / "runs" / OTHER)
    shutil.copytree(own_run.folder.path, copy.path)
    register_run(own_run.home, OTHER, "other", "2026-01-01T00:00:00+00:00")
    return own_run.home


def choose(page, run_id, option):
    return healthy(page.menu_button(key=f"more_{run_id}").click(option).run())


def listed(page):
    return [one.key.removeprefix("open_") for one in page.button if one.key.startswith("open_")]


def test_runs_are_found_by_their_words_and_the_search_is_in_the_address(app, home, own_run):
    own_run.mark(top=12)
    page = healthy(app(home, "run").run())
    assert listed(page) == [own_run.run_id, OTHER]
    assert "12 marked" in said(page)
    page.text_input(key="runs_search").set_value("OTHER done").run()
    assert listed(page) == [OTHER]
    page.text_input(key="runs_search").set_value("nothing like it").run()
    assert "No run has these words" in page.info[-1].value


def test_a_new_name_is_seen_everywhere(app, home):
    page = app(home, "run").run()
    choose(page, OTHER, "Rename")
    page.text_input(key=f"name_{OTHER}").set_value(" ").run()
    assert "1 to 200 letters" in healthy(page).error[0].value
    page.text_input(key=f"name_{OTHER}").set_value("my *best* run").run()
    assert "my *best* run" in said(healthy(page))
    assert any("my *best* run" in one for one in page.sidebar.selectbox[0].options)
    assert api.open_run(OTHER, home).name == "my *best* run"


def test_the_trash_has_an_undo_and_a_way_back(app, home, own_run):
    page = app(home, "run").run()
    choose(page, own_run.run_id, "Move to trash")
    assert "flips was moved to the trash" in said(page)
    assert listed(page) == [OTHER]
    assert in_address(page, "run") == OTHER, "the pages show a run that is there"
    healthy(page.button(key=f"undo_trash_{own_run.run_id}").click().run())
    assert listed(page) == [own_run.run_id, OTHER]
    choose(page, OTHER, "Move to trash")
    page.toggle(key="runs_trash").set_value(True).run()
    assert listed(healthy(page)) == []
    healthy(page.button(key=f"restore_{OTHER}").click().run())
    assert "The trash is empty" in page.info[-1].value
    assert len(api.runs(home)) == 2


def test_deleting_for_good_asks_first_and_says_what_is_lost(app, home):
    run = api.open_run(OTHER, home)
    run.mark(top=5)
    run.trash()
    page = app(home, "run")
    page.query_params["runs_trash"] = "true"
    page.run()
    page.button(key=f"delete_{OTHER}").click().run()
    assert "5 rows are marked" in said(healthy(page))
    assert run.folder.path.exists()
    page.button(key="delete_for_good").click().run()
    assert not healthy(page).error
    assert not run.folder.path.exists()
    assert api.runs(home, trashed=True) == []


def test_a_copy_of_a_run_begins_with_all_its_settings(app, home):
    told = RunConfig(
        data=str(FLIPS.path), label=FLIPS.label, id=FLIPS.id, features=("mean area", "mean radius"),
        targets=("validation", "class:malignant", "rows:3,17"), validation=0.3, model="logistic",
        epochs=7, batch_size=16, lr=0.02, optimizer="adam", weight_decay=0.01, seed=4,
        record_epochs="all", auxiliary=True, device="cpu",
    )  # fmt: skip
    folder = create_run(home, told, "the first")
    folder.write_state(State.CANCELLED)
    page = app(home, "run").run()
    choose(page, folder.run_id, "Duplicate with changes")
    assert "Filled in from the run the first" in page.info[0].value.replace("*", "")
    assert page.text_input(key="run_name").value == "the first"
    assert "Takes **about" in said(page)
    page.number_input(key="epochs").set_value(2).run()
    healthy(page.button(key="start_run").click().run())
    again = api.open_run("latest", home)
    config = RunConfig.model_validate(again.record()["config"])
    assert config == told.model_copy(update={"epochs": 2})
    again.cancel()


def test_a_run_of_an_earlier_finine_is_copied_without_the_option_that_is_gone(app, home):
    folder = create_run(home, RunConfig(data=str(FLIPS.path), label=FLIPS.label, epochs=7), "old")
    record = folder.read()
    del record["config"]["record_epochs"]
    folder.update(config={**record["config"], "record_steps": 12})
    folder.write_state(State.CANCELLED)
    page = app(home, "run").run()
    choose(page, folder.run_id, "Duplicate with changes")
    assert page.number_input(key="epochs").value == 7
    assert page.selectbox(key="record_epochs").value == "late"


def test_a_queued_run_says_what_it_waits_for_and_is_cancelled_at_once(app, tmp_path, wait_for):
    slot = _try_slot(tmp_path, 0)
    run = api.run(FLIPS.path, label=FLIPS.label, home=tmp_path, epochs=1, block=False)
    wait_for(lambda: run.folder.came_up)
    page = healthy(app(tmp_path, "run").run())
    assert "queued, waiting for 1 run before it" in said(page)
    page.button(key="cancel_run").click().run()
    assert run.status().state is State.CANCELLED
    assert "The run was cancelled" in said(healthy(page.run()))
    slot.close()


def test_a_long_list_has_pages(app, home, own_run):
    for number in range(25):
        copy = RunFolder(home / "runs" / f"copy-{number:02d}")
        copy.path.mkdir()
        write_json(copy.path / "run.json", own_run.folder.read())
        copy.write_state(State.DONE)
        register_run(home, copy.run_id, f"copy {number}", f"2026-02-01T00:00:{number:02d}+00:00")
    page = healthy(app(home, "run").run())
    assert len(listed(page)) == 20
    page.pagination(key="runs_page").set_value(2).run()
    assert listed(healthy(page)) == [*(f"copy-{k:02d}" for k in range(5, -1, -1)), OTHER]
    assert in_address(page, "runs_page") == "2"
    page.text_input(key="runs_search").set_value("copy").run()
    assert len(listed(healthy(page))) == 20, "a search begins on its first page"
