"""No line of ours turns data into code: nothing that evaluates, unpickles, or asks a shell."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FOLDERS = ("finine_core", "app", "sample_data", "benchmarks", "tests")
BUILT_IN = {"eval", "exec", "compile", "__import__"}
LOADS_OBJECTS = {"pickle", "joblib", "dill", "cloudpickle", "shelve", "marshal", "yaml"}
SHELLS = {("os", "system"), ("os", "popen"), ("subprocess", "getoutput"), ("torch", "load")}
# Tests of what must not be read make a pickle to show that it would be found.
MAKES_A_PICKLE = {
    "tests/test_no_pickle.py",
    "tests/test_no_code_from_data.py",
    "benchmarks/reliability/bad_inputs/wrong_kinds.py",
}


# Code that a person names in a terminal or in Python; never in a browser.
IMPORTS_BY_NAME = {"import_module", "spec_from_file_location", "run_path", "run_module"}
# The first imports what a person named; the others names that stand in our own code.
MAY_IMPORT_BY_NAME = {
    "finine_core/training/code.py",
    "finine_core/first_use.py",
    "app/main.py",
}


def dangers(tree: ast.AST) -> Iterator[str]:
    """Every call or import in a module that could run what it reads."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            yield from ({name.split(".")[0] for name in names} & LOADS_OBJECTS)
        if not isinstance(node, ast.Call):
            continue
        called, options = node.func, {one.arg: one.value for one in node.keywords}
        if isinstance(called, ast.Name) and called.id in BUILT_IN | IMPORTS_BY_NAME:
            yield called.id
        if isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name):
            if (called.value.id, called.attr) in SHELLS:
                yield f"{called.value.id}.{called.attr}"
            if called.attr == "read_pickle" or called.attr in IMPORTS_BY_NAME:
                yield called.attr
        for name in ("shell", "allow_pickle", "unsafe_allow_html"):
            value = options.get(name)
            if value is not None and not (isinstance(value, ast.Constant) and value.value is False):
                yield name


@pytest.mark.parametrize("folder", FOLDERS)
def test_nothing_turns_data_into_code(folder):
    for path in sorted((ROOT / folder).rglob("*.py")):
        name = path.relative_to(ROOT).as_posix()
        if name not in MAKES_A_PICKLE:
            found = set(dangers(ast.parse(path.read_text(encoding="utf-8"))))
            if name in MAY_IMPORT_BY_NAME or folder in ("benchmarks", "tests"):
                found -= IMPORTS_BY_NAME
            assert not found, f"{name}: {found}"


@pytest.mark.parametrize(
    "line",
    ["eval('1')", "import pickle", "from yaml import load", "torch.load('x')",
     "torch.load('x', weights_only=True)",
     "os.system('x')",
     "subprocess.run('x', shell=True)", "np.load('x', allow_pickle=True)",
     "importlib.import_module('x')", "pd.read_pickle('x')",
     "st.markdown('x', unsafe_allow_html=True)"],
)  # fmt: skip
def test_it_would_be_found(line):
    assert list(dangers(ast.parse(line)))
