"""Findings say what they are about, can be run, and name what exists. They are not run here."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDER = ROOT / "findings"
SCRIPTS = sorted(path for path in FOLDER.glob("*.sh") if path.name != "lib.sh")
FIELDS = ("Title", "Package", "Seen", "Guess", "Happens", "Matters", "finine")


def head(path: Path) -> dict[str, str]:
    """The fields of the comment that a script begins with, each on one line."""
    found: dict[str, str] = {}
    name = ""
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        if not line.startswith("# "):
            break
        field = re.match(r"# (\w+):\s+(.*)", line)
        if field:
            name = field[1]
            found[name] = field[2]
        else:
            found[name] += " " + line.removeprefix("#").strip()
    return found


@pytest.fixture(params=SCRIPTS, ids=lambda path: path.stem)
def script(request: pytest.FixtureRequest) -> Path:
    path = request.param
    assert isinstance(path, Path)
    return path


def test_there_are_findings():
    assert SCRIPTS


def test_a_script_can_be_run_and_stops_at_the_first_error(script):
    text = script.read_text(encoding="utf-8")
    assert text.startswith("#!/usr/bin/env bash\n")
    assert os.access(script, os.X_OK)
    assert "\nset -euo pipefail\n" in text
    assert "import finine" not in text
    assert "from finine" not in text


def test_the_head_has_every_field(script):
    found = head(script)
    assert tuple(found) == FIELDS
    assert all(found.values())
    assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", found["Seen"])


def test_packages_of_the_head_are_those_installed_and_printed(script):
    text = script.read_text(encoding="utf-8")
    installs = " ".join(re.findall(r"^install (.*)$", text, flags=re.MULTILINE)).split()
    pinned = set(installs) - {"--no-deps"}
    assert all(re.fullmatch(r"[\w-]+==[\w.]+", one) for one in pinned)
    named = head(script)["Package"].split(", ")
    assert set(named) <= pinned
    name, version = named[0].split("==")
    assert f"\n{name} {version}" in text.split("expect <<'TXT'")[1]
    constraints = (FOLDER / "constraints.txt").read_text(encoding="utf-8").splitlines()
    assert pinned <= set(constraints)


def test_files_of_ours_that_the_head_names_exist(script):
    for name in re.findall(
        r"\b(?:finine_core|tests|benchmarks|app)/[\w./]+\w", head(script)["finine"]
    ):
        assert (ROOT / name).exists(), name


def test_the_readme_lists_every_finding(script):
    assert f"({script.name})" in (FOLDER / "README.md").read_text(encoding="utf-8")
