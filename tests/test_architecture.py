"""The house stays as it was drawn: layers point one way, and the core knows no widgets."""

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from finine_sample_data import SAMPLES

ROOT = Path(__file__).parent.parent
# Each room may import itself and the rooms listed with it.
BASE = {
    "errors",
    "files",
    "heard",
    "keywords",
    "meanwhile",
    "measures",
    "paths",
    "processes",
    "told",
}
READING = {"formats", "dataset", "encoders"}  # from bytes to what a model sees
ALLOWED = {
    "errors": set(),
    "files": {"errors", "paths"},
    "heard": {"errors"},
    "keywords": {"errors"},
    "meanwhile": set(),
    "measures": set(),
    "paths": {"errors"},
    "told": {"errors", "files", "paths"},
    "processes": set(),
    "access": BASE,
    "tradeoff": set(),
    "database": BASE,
    "formats": BASE,
    "dataset": BASE | {"formats"},
    "encoders": BASE | {"formats", "dataset"},
    "gradients": BASE,
    "training": BASE,
    "recording": BASE | {"gradients"},
    "influence": BASE | {"tradeoff", "gradients", "training", "recording"},
    "suspicion": BASE | {"dataset"},
    "runs": BASE
    | READING
    | {"database", "tradeoff", "influence", "gradients", "training", "suspicion"},
    "curation": BASE | {"database", "runs", "formats", "dataset", "influence"},
    "verification": BASE | {"tradeoff", "runs", "training", "dataset", "suspicion"},
    "health": BASE | {"database", "runs", "influence", "encoders"},
    "api": BASE | READING | {"health", "curation", "verification", "runs", "influence"},
    "cli": BASE | {"access", "api", "curation", "verification", "runs", "influence", "sample_data"},
}
FILES = sorted((ROOT / "finine_core").rglob("*.py"))


def imported(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import in the core"
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def room(module):
    """The room of ours that a module name lies in, or None."""
    parts = module.split(".")
    if parts[0] == "finine_sample_data":
        return "sample_data"
    return parts[1] if parts[0] == "finine_core" and len(parts) > 1 else None


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(ROOT)))
def test_every_import_points_down_the_house(path):
    own = path.relative_to(ROOT / "finine_core").parts[0].removesuffix(".py")
    if own == "__init__":
        return
    for module in imported(path):
        target = room(module)
        if target in ALLOWED and target != own:
            assert target in ALLOWED[own], f"{path}: {own} must not import {target}"
        assert module.split(".")[0] not in {"streamlit", "plotly", "finine_app", "pickle"}


def test_the_app_reaches_the_core_only_through_its_public_rooms():
    for path in (ROOT / "app").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module:
                assert room(node.module) not in {"gradients", "training"}, path
                assert node.module.split(".")[0] not in {"torch", "sklearn", "umap"}, path


def test_looking_at_results_needs_neither_torch_nor_scikit_learn():
    code = (
        "import sys, finine_core.api, finine_core.cli\n"
        "heavy = {'torch', 'sklearn', 'streamlit', 'plotly'} & set(sys.modules)\n"
        "assert not heavy, heavy"
    )
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert found.returncode == 0, found.stderr


def test_no_file_has_grown_past_its_one_question():
    for path in [*FILES, *(ROOT / "app").rglob("*.py")]:
        lines = len(path.read_text(encoding="utf-8").splitlines())
        assert lines <= 330, f"{path} has {lines} lines; it answers two questions"


def test_every_package_of_ours_is_installed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    setup = project["tool"]["setuptools"]
    found = {
        ".".join([name, *path.parent.relative_to(ROOT / folder).parts])
        for name, folder in setup["package-dir"].items()
        for path in (ROOT / folder).rglob("__init__.py")
    }
    files_only = {f"finine_sample_data.{one}" for one in SAMPLES}
    assert found | files_only == set(setup["packages"])
