"""Who can reach the app: its address, and what it says of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from finine_core.access import login_settings, may_enter

ROOT = Path(__file__).parents[2]


def finine_app(home, *options):
    return subprocess.run(
        [sys.executable, "-m", "finine_core.cli", "app", "--home", str(home), "--no-browser",
         *options],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("address", ["0.0.0.0", "::"])
def test_another_address_without_a_login_is_refused_and_says_why(tmp_path, address):
    done = finine_app(tmp_path / "home", "--address", address)
    assert done.returncode != 0
    assert f"Anyone who can reach {address}" in done.stderr
    assert "--without-login" in done.stderr
    assert "Traceback" not in done.stderr


def test_usage_statistics_are_off_however_the_app_is_started(tmp_path):
    code = (
        "from streamlit import config; config._main_script_path = 'app/main.py';"
        "config.get_config_options(force_reparse=True);"
        "print([config.get_option(n) for n in ('browser.gatherUsageStats', 'server.address',"
        " 'server.enableXsrfProtection')])"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True,
                          env={**os.environ, "HOME": str(tmp_path)}, check=True)  # fmt: skip
    assert done.stdout.strip().endswith("[False, 'localhost', True]")


def test_the_login_of_the_security_page_is_one_that_works(tmp_path):
    text = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
    (tmp_path / "secrets.toml").write_text(text.split("```toml\n")[1].split("```")[0])
    settings = login_settings(tmp_path)
    assert settings is not None
    assert may_enter({"email": "bob@lab.example.org"}, settings["allowed"])
    assert not may_enter({"email": "bob@example.org"}, settings["allowed"])
