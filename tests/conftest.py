"""What many tests share: one real run on a sample, and the app opened on a home."""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from finine_core import api
from finine_core.runs import RunFolder
from finine_sample_data import SAMPLES
from tests.durations import LONG_SECONDS, listed, long_ones_first
from tests.jobs import ending_jobs
from tests.waiting import wait_until

APP = Path(__file__).parent.parent / "app" / "main.py"
APP_SECONDS = 300  # for one pass over a page: two seconds where nothing else is going on


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests are known as such, and long files come first.

    `--no-loadscope-reorder` in the Makefile keeps that order.
    """
    known = listed()
    for item in items:
        if known.get(item.nodeid, 0) >= LONG_SECONDS:
            item.add_marker(pytest.mark.long)
    place = {path: k for k, path in enumerate(long_ones_first({item.path for item in items}))}
    items.sort(key=lambda item: place[item.path])


@pytest.fixture(autouse=True)
def no_job_outlives_its_test(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Whatever a test started on a home of these tests ends with it, and slows no other test."""
    with ending_jobs(tmp_path_factory.getbasetemp()):
        yield


@pytest.fixture(scope="session")
def once(tmp_path_factory: pytest.TempPathFactory) -> Callable:
    """Give `once(name, make)`: a folder that one test process fills; each has a copy of its own."""
    ours = tmp_path_factory.getbasetemp()
    shared = ours.parent if "PYTEST_XDIST_WORKER" in os.environ else ours

    def made(name: str, make: Callable[[Path], object]) -> Path:
        folder, done = shared / f"once-{name}", shared / f"once-{name}.done"
        with (shared / f"once-{name}.lock").open("w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            if not done.exists():
                shutil.rmtree(folder, ignore_errors=True)  # of one that failed half-way
                folder.mkdir()
                make(folder)
                # A run is told to be done a moment before its worker has put everything away.
                runs = [RunFolder(path) for path in folder.glob("**/runs/*") if path.is_dir()]
                wait_until(lambda: not any(run.is_held() for run in runs), folder)
                done.touch()
        return Path(shutil.copytree(folder, tmp_path_factory.mktemp(name), dirs_exist_ok=True))

    return made


@pytest.fixture(scope="session")
def finished_run(once: Callable) -> api.Run:
    """A finished run on breast_cancer_flips in a home of its own; look, and change nothing."""
    sample = SAMPLES["breast_cancer_flips"]

    def make(home: Path) -> None:
        api.run(sample.path, label=sample.label, id=sample.id, home=home, name="flips",
                epochs=6)  # fmt: skip

    return api.open_run("latest", once("finished-run", make))


@pytest.fixture
def own_run(finished_run: api.Run, tmp_path: Path) -> api.Run:
    """A copy of that run in a home of this test, to decide on."""
    home = tmp_path / "home"
    shutil.copytree(finished_run.home, home)
    return api.open_run(finished_run.run_id, home)


@pytest.fixture(scope="session")
def _components_once() -> Iterator[None]:
    """Streamlit reads what all installed packages say of themselves for each app: once will do."""
    scanner = pytest.importorskip("streamlit.components.v2.manifest_scanner")
    found = scanner.scan_component_manifests()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scanner, "scan_component_manifests", lambda *_, **__: found)
        yield


@pytest.fixture
def app(monkeypatch: pytest.MonkeyPatch, _components_once: None) -> Callable:
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
