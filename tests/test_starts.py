"""What a start imports: commands and the app's first page begin without what they do not need."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

import finine_core
from finine_core import api

ROOT = Path(__file__).parent.parent
OURS = {"finine_core", "finine_app", "finine_sample_data"}
# Typer and what it imports itself; pydantic, as soon as a command has options.
COMMANDS = {"typer", "click", "rich", "annotated_doc", "shellingham", "colorama"}
PYDANTIC = {
    "pydantic",
    "pydantic_core",
    "annotated_types",
    "typing_extensions",
    "typing_inspection",
}
LOADED = """
import json, sys
before = set(sys.modules)
try:
    {code}
finally:
    found = {{one.partition(".")[0] for one in set(sys.modules) - before}}
    print("loaded", json.dumps(sorted(found - set(sys.stdlib_module_names))))
"""


def loaded_by(code: str) -> set[str]:
    """Top-level packages that a new process imports for this line, those of Python apart."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(code=code)],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert "loaded [" in done.stdout, done.stderr
    found = json.loads(done.stdout.rsplit("loaded ", 1)[1])
    return {one for one in found if not one.startswith("_")}


def command(*words: str) -> str:
    return f"from finine_core.cli import main; sys.argv = {['finine', *words]!r}; main()"


def test_help_imports_typer_and_nothing_heavy():
    assert loaded_by(command("--help")) <= COMMANDS | OURS


@pytest.mark.parametrize(
    "words",
    [("runs",), ("runs", "--json"), ("show", "latest"), ("decisions", "latest"), ("undo", "latest"),
     ("cancel", "latest"), ("groups", "latest"), ("rename", "latest", "other"), ("trash", "latest"),
     ("run", "--help")],
    ids=" ".join,
)  # fmt: skip
def test_what_reads_no_table_imports_no_library_of_tables(own_run: api.Run, words):
    told = words if "--help" in words else (*words, "--home", str(own_run.home))
    assert loaded_by(command(*told)) <= COMMANDS | PYDANTIC | OURS


def test_reading_scores_needs_no_library_of_science(own_run: api.Run):
    found = loaded_by(command("scores", "latest", "--top", "3", "--home", str(own_run.home)))
    assert not found & {"scipy", "openpyxl", "PIL", "sklearn", "statsmodels", "torch"}


def test_importing_the_package_is_quick_and_its_functions_are_there():
    assert loaded_by("import finine_core as fi") <= OURS
    code = "import finine_core as fi; from finine_core import api; fi.run, fi.check, fi.Run"
    assert loaded_by(code) <= PYDANTIC | OURS


def test_the_first_page_of_an_empty_home_needs_no_library_of_tables(tmp_path):
    code = (
        f"import os; os.environ['FININE_HOME'] = {str(tmp_path)!r};"
        "from streamlit.testing.v1 import AppTest; before |= set(sys.modules);"
        f"page = AppTest.from_file({str(ROOT / 'app' / 'main.py')!r}, default_timeout=60).run();"
        "assert [one.value for one in page.title] == ['Data'], page"
    )
    heavy = {"pandas", "pyarrow", "duckdb", "scipy", "openpyxl", "pydantic", "torch", "sklearn"}
    assert not loaded_by(code) & heavy


def lazy_rooms() -> list[Path]:
    files = sorted((ROOT / "finine_core").rglob("__init__.py"))
    return [one for one in files if "loaded_on_first_use(" in one.read_text(encoding="utf-8")]


@pytest.mark.parametrize("path", lazy_rooms(), ids=lambda one: one.parent.name)
def test_names_for_editors_and_names_for_python_are_the_same(path):
    name = ".".join(path.parent.relative_to(ROOT).parts)
    tree = ast.parse(path.read_text(encoding="utf-8"))
    (only,) = (one for one in tree.body if isinstance(one, ast.If))
    told = {
        (one.module, alias.name)
        for one in only.body if isinstance(one, ast.ImportFrom) for alias in one.names
    }  # fmt: skip
    (call,) = (one for one in ast.walk(only) if isinstance(one, ast.Call))
    given = {(m, one) for m, names in ast.literal_eval(call.args[1]).items() for one in names}
    # an API also names types here that only its signatures use
    assert given == told if name != "finine_core.api" else given <= told
    room = import_module(name)
    for module, one in given:
        assert getattr(room, one) is getattr(import_module(module), one)
        assert one in dir(room)
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = room.no_such_name


def test_the_names_of_the_package_stay_what_they_are_when_rooms_are_loaded(tmp_path):
    first = {name: getattr(finine_core, name) for name in finine_core.__all__}
    assert finine_core.list_runs(tmp_path) == []  # which loads the room finine_core.runs
    rooms = {path.parent.name for path in (ROOT / "finine_core").glob("*/__init__.py")}
    assert not rooms & first.keys()
    assert {name: getattr(finine_core, name) for name in finine_core.__all__} == first
