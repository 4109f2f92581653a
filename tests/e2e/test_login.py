"""A login that is required: a real browser, the app, and an OpenID Connect provider."""

import pytest
from playwright.sync_api import expect

from tests.e2e.provider import CLIENT, SECRET, provider
from tests.e2e.steps import by_key, no_error_is_shown, settled

SECRETS = """
[auth]
redirect_uri = "http://localhost:{{port}}/oauth2callback"
cookie_secret = "{cookie}"
client_id = "{client}"
client_secret = "{secret}"
server_metadata_url = "{base}/.well-known/openid-configuration"

[finine]
allowed = ["ada@example.org", "@lab.example.org"]
"""


@pytest.fixture
def base(own_run, serve):
    """The app, on a home that requires a login."""
    with provider() as address:
        (own_run.home / "secrets.toml").write_text(
            SECRETS.format(cookie="c" * 40, client=CLIENT, secret=SECRET, base=address)
        )
        yield serve(own_run.home, alone=True)


def log_in(page, email, *, verified=True):
    by_key(page, "log_in").get_by_role("button").click()
    page.get_by_label("Address").fill(email)
    if not verified:
        page.get_by_label("not verified").check()
    page.get_by_role("button", name="Go on").click()


def test_nothing_is_shown_before_the_login_and_the_account_is_the_reviewer(page, base, own_run):
    page.goto(f"{base}/review?run={own_run.run_id}")
    expect(by_key(page, "log_in")).to_be_visible()
    settled(page)
    assert own_run.run_id not in page.content(), "nothing of the home, before the login"
    expect(page.get_by_test_id("stSidebarNav")).to_have_count(0)

    for email, verified in (("eve@example.org", True), ("ada@example.org", False)):
        log_in(page, email, verified=verified)
        expect(page.get_by_text(f"{email} may not use this app.")).to_be_visible()
        assert own_run.run_id not in page.content()
        by_key(page, "log_out").get_by_role("button").click()
        expect(by_key(page, "log_in")).to_be_visible()

    log_in(page, "bob@lab.example.org")
    expect(page.get_by_test_id("stSidebarNav")).to_be_visible()
    page.goto(f"{base}/review?run={own_run.run_id}")
    settled(page)
    by_key(page, "mark_delete").get_by_role("button").click()
    expect(by_key(page, "last_action")).to_contain_text("marked for deletion")
    (event,) = own_run.log.events()
    assert event.reviewer == "bob@lab.example.org"
    no_error_is_shown(page)

    page.context.clear_cookies()
    page.goto(f"{base}/review?run={own_run.run_id}")
    expect(by_key(page, "log_in")).to_be_visible()
