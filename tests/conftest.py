"""What many tests share: one real run on a sample, and the app opened on a home."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from itertools import zip_longest
from pathlib import Path

import pytest

from finine_core import api
from finine_sample_data import SAMPLES
from tests.waiting import wait_until

# Folders whose files take minutes, longest first: they come first, so that no long file is left to
# one process at the end, and those of the browser in between, so that two seldom draw at once.
BROWSER, LONG_FIRST = "e2e", ("verification", "runs", "benchmarks", "cli", "tests")
APP = Path(__file__).parent.parent / "app" / "main.py"
APP_SECONDS = 300  # for one pass over a page: two seconds where nothing else is going on


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; `--no-loadscope-reorder` in the Makefile keeps that order."""
    files = list(dict.fromkeys(item.path for item in items))
    drawn = [path for path in files if path.parent.name == BROWSER]
    others = [path for path in files if path.parent.name != BROWSER]
    known = dict(zip(LONG_FIRST, range(len(LONG_FIRST)), strict=True))
    others.sort(key=lambda path: known.get(path.parent.name, len(known)))
    turns = [one for pair in zip_longest(drawn, others) for one in pair if one is not None]
    place = {path: k for k, path in enumerate(turns)}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory: pytest.TempPathFactory) -> api.Run:
    """A finished run on breast_cancer_flips in a home of its own; look, and change nothing."""
    sample = SAMPLES["breast_cancer_flips"]
    return api.run(
        sample.path,
        label=sample.label,
        id=sample.id,
        home=tmp_path_factory.mktemp("home"),
        name="flips",
        epochs=6,
        record_steps=8,
    )


@pytest.fixture
def own_run(finished_run: api.Run, tmp_path: Path) -> api.Run:
    """A copy of that run in a home of this test, to decide on."""
    home = tmp_path / "home"
    shutil.copytree(finished_run.home, home)
    return api.open_run(finished_run.run_id, home)


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch) -> Callable:
    """Give `app(home, page)`: the app opened on a home, at a page, not yet run."""
    testing = pytest.importorskip("streamlit.testing.v1")
    from streamlit.util import calc_hash

    def open_app(home: Path, page: str | None = None):
        monkeypatch.setenv("FININE_HOME", str(home))
        opened = testing.AppTest.from_file(str(APP), default_timeout=APP_SECONDS)
        return at_page(opened, page) if page else opened

    def at_page(opened, page: str):
        # AppTest goes to pages that are files; ours are functions, known by the hash of their URL.
        opened._page_hash = calc_hash(page)
        return opened

    open_app.at_page = at_page  # type: ignore[attr-defined]
    return open_app


@pytest.fixture(scope="session")
def wait_for(tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """Give `wait_for(condition)`: look until it holds, as long as any process here goes on."""
    folder = tmp_path_factory.getbasetemp()
    return lambda condition: wait_until(condition, folder)
