"""Who gets in, and which files of the machine they may choose."""

from __future__ import annotations

import os

import pytest

from finine_app import state
from finine_app.components.data.source import safe_name, save_upload
from finine_core.access import DATA_ROOTS_VARIABLE, login_settings, require_choosable
from finine_core.errors import FinineError
from tests.app.looking import MIXED, healthy, said, with_file

LOGIN = """
[auth]
redirect_uri = "http://localhost:8501/oauth2callback"
cookie_secret = "a secret of thirty-two letters ok"
client_id = "finine"
client_secret = "known to two"
server_metadata_url = "http://localhost:1/.well-known/openid-configuration"

[finine]
allowed = ["ada@example.org"]
"""


def visitor(monkeypatch, **account):
    """Let every visit be by this account, as Streamlit tells it after a login."""
    from streamlit.user_info import UserInfoProxy

    monkeypatch.setattr(UserInfoProxy, "to_dict", lambda _: account)


@pytest.mark.parametrize("page_name", ["review", "data", "export"])
def test_nothing_is_shown_before_the_login(app, own_run, monkeypatch, page_name):
    (own_run.home / "secrets.toml").write_text(LOGIN)
    visitor(monkeypatch, is_logged_in=False)
    page = healthy(app(own_run.home, page_name).run())
    assert [one.key for one in page.button] == ["log_in"]
    assert "flips" not in said(page)
    assert not page.dataframe
    assert not page.sidebar.children


def test_an_account_that_is_not_allowed_sees_nothing_but_why(app, own_run, monkeypatch):
    (own_run.home / "secrets.toml").write_text(LOGIN)
    visitor(monkeypatch, is_logged_in=True, email="eve@example.com")
    page = healthy(app(own_run.home, "review").run())
    assert "eve@example.com may not use this app" in said(page)
    assert [one.key for one in page.button] == ["log_out"]


def test_the_account_is_the_reviewer(app, own_run, monkeypatch):
    (own_run.home / "secrets.toml").write_text(LOGIN)
    visitor(monkeypatch, is_logged_in=True, email="ada@example.org", email_verified=True)
    page = healthy(app(own_run.home, "review").run())
    assert "Logged in as ada@example.org" in said(page)
    assert not [one for one in page.text_input if one.key == "reviewer_name"]
    next(one for one in page.button if one.key.startswith("mark_delete")).click().run()
    assert [one.reviewer for one in own_run.decisions()] == ["ada@example.org"]


@pytest.mark.parametrize(
    "text", ["", "[auth", "[finine]\nallowed = ['a@b']", "[auth]\n[finine]\nallowed = []",
             "[auth]\n[finine]\nallowed = 'a@b.org'"],
)  # fmt: skip
def test_a_login_with_a_slip_lets_nobody_in(app, own_run, text):
    (own_run.home / "secrets.toml").write_text(text)
    with pytest.raises(FinineError, match=r"secrets\.toml"):
        login_settings(own_run.home)
    page = healthy(app(own_run.home, "review").run())
    assert "secrets.toml" in said(page)
    assert not page.button


def test_with_roots_only_their_files_uploads_and_samples_can_be_chosen(app, tmp_path, monkeypatch):
    root, home = tmp_path / "root", tmp_path / "home"
    root.mkdir()
    secret = tmp_path / "secret.csv"
    secret.write_text(MIXED)
    (root / "link.csv").symlink_to(secret)
    monkeypatch.setenv(DATA_ROOTS_VARIABLE, str(root))
    page = app(home, "data").run()
    page.radio(key="data_source").set_value("A file on this machine").run()
    for text in (str(secret), str(root / ".." / "secret.csv"), str(root / "link.csv"),
                 "/etc/passwd", "/no/such/file"):  # fmt: skip
        page.text_input(key="data_path").set_value(text).run()
        assert "does not read files from that place" in said(healthy(page)), text
        assert "some words" not in said(page)
    (root / "data.csv").write_text(MIXED)
    page.text_input(key="data_path").set_value(str(root / "data.csv")).run()
    assert "does not read files" not in said(healthy(page))
    linked = app(home, "data")
    linked.query_params["data"] = str(secret)
    assert "secret" not in said(healthy(linked.run()))


def test_without_roots_the_person_at_the_machine_chooses_any_file(app, tmp_path):
    page, _ = with_file(app, tmp_path / "home", tmp_path, MIXED)
    assert "does not read files" not in said(page)
    require_choosable(tmp_path / "anything.csv", [])


@pytest.mark.parametrize(
    "name",
    ["../../../x.csv", "/etc/passwd.csv", ".hidden.csv", "a\0b.csv", "x" * 5_000 + ".csv",
     "<script>.csv", "a;rm -rf ~.csv", "..\\..\\x.csv", "\u202egnp.csv", "-rf.csv", "con.csv\n"],
)  # fmt: skip
def test_an_upload_stays_in_the_home_whatever_it_is_called(tmp_path, name):
    import io

    home = tmp_path / "home"
    path = save_upload(home, name, io.BytesIO(MIXED.encode()))
    assert path.resolve().is_relative_to((home / state.UPLOADS).resolve())
    assert path.parent.parent == home / state.UPLOADS
    assert not path.name.startswith((".", "-"))
    assert len(os.fsencode(path.name)) < 255
    assert path.name == safe_name(name)
    assert oct(home.stat().st_mode & 0o777) == "0o700"
