"""Every page on an empty home, a finished run, a failed run, and a run that is going on."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

import pytest

from finine_core import api
from finine_core.runs import State
from finine_core.runs.jobs.heartbeat import last_beat
from finine_sample_data import SAMPLES
from tests.app.looking import healthy, said
from tests.conftest import APP

PAGES = re.findall(r'url_path="(\w+)"', APP.read_text(encoding="utf-8"))
# Pages that need a finished run, and what they say where there is none.
NEEDS_SCORES = {"review", "map", "groups", "compare", "verify", "export"}
SAMPLE = SAMPLES["breast_cancer_flips"]


@pytest.fixture(scope="module")
def homes(tmp_path_factory, finished_run, wait_for):
    """A home for each state of its newest run, by name."""
    failed, running = tmp_path_factory.mktemp("failed"), tmp_path_factory.mktemp("running")
    data = failed / "data.csv"
    shutil.copy(SAMPLE.path, data)
    lost = api.run(data, label=SAMPLE.label, id=SAMPLE.id, home=failed, block=False)
    data.unlink()  # before the worker has come up, which takes seconds
    going_on = api.run(SAMPLE.path, label=SAMPLE.label, id=SAMPLE.id, home=running,
                       epochs=100_000, model="mlp", block=False)  # fmt: skip
    assert lost.wait().state is State.FAILED
    wait_for(lambda: going_on.status().phase == "training")
    os.setpriority(os.PRIO_PROCESS, last_beat(going_on.folder).process.pid, 19)  # after the pages
    yield {
        "empty": tmp_path_factory.mktemp("empty"),
        "finished": finished_run.home,
        "failed": failed,
        "running": running,
    }
    going_on.cancel()


def test_the_pages_are_all_known():
    assert set(PAGES) >= NEEDS_SCORES | {"data", "run", "glossary"}


@pytest.mark.parametrize("state", ["empty", "finished", "failed", "running"])
@pytest.mark.parametrize("name", PAGES)
def test_a_page_says_where_one_is_and_what_to_do(app, homes, name, state):
    page = healthy(app(Path(homes[state]), name).run())
    text = said(page)
    assert page.title, "every page has a title"
    assert "Traceback" not in text
    if name in NEEDS_SCORES:
        if state == "empty":
            assert "no run yet" in text.casefold()
        elif state != "finished":
            assert state in text, "the state of the run is told in words"
    if name == "run" and state == "failed":
        assert "no longer there" in text
