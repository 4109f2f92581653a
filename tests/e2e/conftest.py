"""A real app on a real home, in a real browser."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.e2e.steps import ACTION_MS

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
ARGUMENTS = [
    "--no-sandbox",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
    "--disable-gpu-compositing",  # without a graphics card: only the map needs WebGL
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items):
    for item in items:
        if "e2e" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser():
    found = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if found is None:
        reason = "no chromium on this machine; install it to run the browser tests"
        if os.environ.get("FININE_REQUIRE_BROWSER"):
            pytest.fail(reason)
        pytest.skip(reason)
    from playwright.sync_api import sync_playwright

    expect.set_options(timeout=ACTION_MS)

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=found, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture
def page(browser):
    context = browser.new_context(
        viewport={"width": 1280, "height": 900},
        accept_downloads=True,
        color_scheme="light",
        reduced_motion="reduce",
    )
    context.set_default_timeout(ACTION_MS)
    opened = context.new_page()
    yield opened
    context.close()


class App:
    """The app, started as a person does, by `finine app`, on a home."""

    def __init__(self, home, log, *, options=("--no-browser",), environment=None):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        self.address = f"http://localhost:{port}"
        with log.open("wb") as stream:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "finine_core.cli", "app", "--home", str(home),
                 "--port", str(port), *options],
                stdout=stream, stderr=stream, start_new_session=True,
                env={**os.environ, **(environment or {})},
            )  # fmt: skip
        while True:
            try:
                urllib.request.urlopen(f"{self.address}/_stcore/health", timeout=5).read()
                return
            except OSError:
                assert self.process.poll() is None, log.read_text()
                time.sleep(0.2)

    def stop(self):
        os.killpg(self.process.pid, 15)
        self.process.wait(timeout=20)


@pytest.fixture(scope="session")
def usual_app(tmp_path_factory):
    """Give `usual_app(home)`: the address of one app for all tests, which looks at this home now.

    It takes seconds to start, so it is opened on a link that leads to the home of each test in
    turn. What it keeps in memory is known by the home's own path, so nothing is taken along.
    """
    folder = tmp_path_factory.mktemp("app")
    link, started = folder / "home", []

    def look_at(home):
        if not started:
            started.append(App(link, folder / "log.txt"))
            link.rename(folder / "first")  # the folder it made
        link.unlink(missing_ok=True)
        home.mkdir(exist_ok=True)
        link.symlink_to(home)
        return started[0].address

    yield look_at
    for app in started:
        app.stop()


@pytest.fixture
def serve(usual_app, tmp_path_factory):
    """Give `serve(home)`: the address of the app on this home.

    With `alone`, options or an environment it is an app of this test, started on the home.
    """
    started = []

    def address(home, *, alone=False, **special):
        if not alone and not special:
            return usual_app(home)
        started.append(App(home, tmp_path_factory.mktemp("server") / "log.txt", **special))
        return started[-1].address

    yield address
    for app in started:
        app.stop()


@pytest.fixture
def shot(page):
    """Saves a screenshot when FININE_SCREENSHOTS names a folder (the README's pictures)."""
    folder = os.environ.get("FININE_SCREENSHOTS")

    def take(name):
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            expect(page.get_by_test_id("stSkeleton")).to_have_count(0)
            page.set_viewport_size({"width": 1280, "height": 1250})
            page.evaluate("document.activeElement.blur()")
            page.mouse.move(640, 30)  # no tooltip in the picture
            page.wait_for_timeout(2000)  # charts fade in; for the picture only
            page.screenshot(path=str(Path(folder) / f"{name}.png"))

    return take
