"""What a person sees who types `finine app` and nothing more."""

from playwright.sync_api import expect

from tests.waiting import wait_until


def test_the_app_opens_in_the_persons_browser_with_nothing_laid_over_it(serve, page, tmp_path):
    opened = tmp_path / "opened.txt"
    browser = tmp_path / "browser"
    browser.write_text(f'#!/bin/sh\nprintf %s "$1" > {opened}\n')
    browser.chmod(0o755)
    account = tmp_path / "account"
    # Streamlit offers its add-ons over the page to whoever keeps one of these folders.
    for folder in (".claude", ".cursor", ".codex"):
        (account / folder).mkdir(parents=True)

    address = serve(
        tmp_path / "home",
        options=(),
        environment={"BROWSER": str(browser), "HOME": str(account)},
    )

    wait_until(lambda: opened.exists() and opened.read_text(), tmp_path)
    assert opened.read_text() == address

    page.goto(address)
    expect(page.get_by_role("heading").first).to_be_visible()
    page.wait_for_timeout(3000)  # the offer comes a moment after the page
    expect(page.get_by_text("Help agents")).to_have_count(0)
    expect(page.get_by_test_id("stToast")).to_have_count(0)
