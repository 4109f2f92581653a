"""What a person does on a page and waits for, in a real browser."""

import io
import zipfile

from playwright.sync_api import TimeoutError, expect

from tests.waiting import Progress

ACTION_MS = 300_000  # a page takes two seconds; a hundred times that is a hang on any machine
LOOK_MS = 200
# Two frames after a button is drawn the browser has bound its key.
BOUND = """() => new Promise(done =>
    requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done))))"""


def by_key(page, key):
    return page.locator(f".st-key-{key}")


def press(page, key):
    """Press a button, once the page has answered what was done before."""
    settled(page)
    button = by_key(page, key).get_by_role("button")
    expect(button).to_have_count(1)
    button.click()


def strike(page, letter):
    """Press a key, once the page has answered what was done before."""
    settled(page)
    expect(by_key(page, "mark_delete").get_by_role("button")).to_have_count(1)
    page.evaluate(BOUND)
    page.keyboard.press(letter)


def no_error_is_shown(page):
    expect(page.get_by_test_id("stException")).to_have_count(0)


def go(page, name):
    page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
    expect(page.get_by_role("heading", name=name, exact=True)).to_be_visible()


def settled(page):
    """Wait until the page has answered the last action."""
    expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")


def comes(locator, home):
    """Wait for what a run, a verification or a map of a home brings, as long as it goes on."""
    progress = Progress(home)
    while not locator.is_visible():
        progress.require()
        locator.page.wait_for_timeout(LOOK_MS)


def pick(chooser, option):
    """Choose from a list. A list closes by itself when the page moves, so it is opened until it
    holds the option, as a person would."""
    offered = chooser.page.get_by_role("option", name=option, exact=True)
    for _ in range(10):
        chooser.click()
        try:
            return offered.click(timeout=3_000)
        except TimeoutError:
            chooser.press("Escape")
    raise AssertionError(f"the list never offered {option!r}")


def export(page):
    """Export on the Export page; gives the downloaded zip."""
    go(page, "Export")
    press(page, "prepare_export")
    with page.expect_download() as waiting:
        press(page, "download_zip")
    no_error_is_shown(page)
    return zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes()))


def without_row(content, row):
    """The bytes of a file in which each row is a line, less one of the rows."""
    lines = content.splitlines(keepends=True)
    return b"".join(lines[: row + 1] + lines[row + 2 :])
