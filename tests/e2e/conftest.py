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


@pytest.fixture(scope="session")
def serve(tmp_path_factory):
    """Starts the app as a person does, `finine app`, on a home; gives its address.

    A home that was served as usual before is served by the same process again.
    """
    processes, addresses = [], {}

    def start(home, *, options=("--no-browser",), environment=None):
        asked = (home, options, tuple((environment or {}).items()))
        if asked not in addresses:
            addresses[asked] = started(home, options, environment)
        return addresses[asked]

    def started(home, options, environment):
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        log = (tmp_path_factory.mktemp("server") / "log.txt").open("wb")
        processes.append(
            subprocess.Popen(
                [sys.executable, "-m", "finine_core.cli", "app", "--home", str(home),
                 "--port", str(port), *options],
                stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **(environment or {})},
            )
        )  # fmt: skip
        address = f"http://localhost:{port}"
        while True:
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=5).read()
                return address
            except OSError:
                assert processes[-1].poll() is None, Path(log.name).read_text()
                time.sleep(0.2)

    yield start
    for process in processes:
        os.killpg(process.pid, 15)
        process.wait(timeout=20)


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
