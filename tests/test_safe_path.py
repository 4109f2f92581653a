"""No process of ours imports from the folder it is started in, or obeys settings there."""

import ast
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from finine_core.processes import child_environment

ROOT = Path(__file__).parent.parent
FININE = Path(sys.executable).parent / "finine"
# Modules of the standard library that something imports while a process of ours runs.
LEFT_ALONE = {"__future__", "antigravity", "this", "idlelib", "lib2to3", "test", "turtledemo"}
STARTING = {
    "subprocess.Popen", "subprocess.run", "subprocess.call", "subprocess.check_call",
    "subprocess.check_output", "os.system", "os.popen", "os.execv", "os.execve", "os.execvp",
    "os.spawnv", "os.posix_spawn",
}  # fmt: skip
SETTINGS = """
[server]
enableCORS = false
enableXsrfProtection = false
enableAgentApi = true
corsAllowedOrigins = ["https://elsewhere.example"]
headless = false
maxUploadSize = 7
[client]
allowedOrigins = ["https://elsewhere.example"]
"""


@pytest.fixture(scope="module")
def trap(tmp_path_factory):
    """A folder of data whose files are named like modules, and with settings for Streamlit."""
    folder = tmp_path_factory.mktemp("trap")
    for name in {*sys.stdlib_module_names, "numpy", "pandas", "torch", "streamlit"} - LEFT_ALONE:
        mark = f"open({str(folder / 'RAN')!r}, 'a').write({name!r})\n"
        (folder / f"{name}.py").write_text(mark)
    (folder / ".streamlit").mkdir()
    (folder / ".streamlit" / "config.toml").write_text(SETTINGS)
    lines = [f"{i * 37 % 101},{i * 11 % 7},{'ab'[(i * 37 % 101) > 50]}" for i in range(80)]
    (folder / "rows.csv").write_text("x,z,y\n" + "\n".join(lines) + "\n")
    nested = {"x": [[i, i] for i in range(40)], "y": ["a", "b"] * 20}
    pq.write_table(pa.table(nested), folder / "nested.parquet")
    return folder


@pytest.fixture(scope="module")
def finine(trap):
    """Runs `finine` as a person in that folder does."""

    def run(*arguments):
        answered = subprocess.run(
            [FININE, *arguments],
            cwd=trap,
            env={**os.environ, "FININE_HOME": "home", "PYTHONPATH": ""},
            capture_output=True,
            text=True,
        )
        assert not (trap / "RAN").exists(), f"{arguments} ran {(trap / 'RAN').read_text()}"
        return answered

    return run


def test_no_process_runs_a_file_of_the_folder_it_is_started_in(finine):
    """The worker of a run, those of a verification, of a map, of conditions, of Parquet."""
    small = ("--epochs", "2", "--model", "logistic")
    for arguments in (
        ("run", "rows.csv", "--label", "y", *small),
        ("mark", "latest", "--top", "5", "--as", "delete"),
        ("mark", "latest", "--where", "reverse(label) = 'a'", "--as", "keep"),
        ("verify", "latest", "--repeats", "2"),
        ("map", "latest"),
        ("export", "latest", "--out", "cleaned"),
        ("check", "nested.parquet", "--label", "y"),
    ):
        answered = finine(*arguments)
        nested = arguments[0] == "check"  # lists are refused, after they were looked at
        assert nested or answered.returncode == 0, (arguments, answered.stderr)
        assert "Traceback" not in answered.stderr


def test_the_app_obeys_no_settings_of_the_folder_it_is_started_in(trap):
    with socket.socket() as free:
        free.bind(("localhost", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [FININE, "app", "--no-browser", "--port", str(port)],
        cwd=trap,
        env={**os.environ, "FININE_HOME": str(trap / "app_home"), "PYTHONPATH": ""},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        _until_it_answers(process, port)
        for foreign in (
            {"Origin": "https://elsewhere.example"},
            {"Origin": f"http://localhost:{port + 1}"},
            {"Host": f"elsewhere.example:{port}"},
        ):
            assert _asked(port, foreign) == 403
        said = urllib.request.urlopen(f"http://localhost:{port}/_stcore/host-config").read()
        assert b"elsewhere.example" not in said
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    assert not (trap / "RAN").exists(), (trap / "RAN").read_text()


def _until_it_answers(process, port):
    while True:
        assert process.poll() is None, process.stdout.read()
        try:
            if _asked(port, {}) == 200:
                return
        except OSError:
            time.sleep(0.1)


def _asked(port, headers):
    """The status of the answer to a request for what tells browsers whom to trust."""
    address = f"http://localhost:{port}/_stcore/host-config"
    request = urllib.request.Request(address, headers=headers)
    try:
        with urllib.request.urlopen(request) as answered:
            return answered.status
    except urllib.error.HTTPError as refused:
        return refused.code


def slips(source):
    """Where a program starts a process of Python's in another way than `processes.py` does.

    A call of subprocess either names a program that is not Python, as the first of a list, or
    gives the environment that `child_environment` made.
    """
    tree = ast.parse(source)
    imported = {one.name for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)
                for one in node.names}  # fmt: skip
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and ast.unparse(node) == "sys.executable":
            yield node.lineno, "sys.executable"
        elif isinstance(node, ast.ImportFrom) and node.module in ("subprocess", "sys"):
            yield node.lineno, f"from {node.module} import"
        elif isinstance(node, ast.Call) and ast.unparse(node.func) in STARTING:
            named = node.args[0] if node.args else None
            words = named.elts if isinstance(named, ast.List) else []
            first = words[0].value if words and isinstance(words[0], ast.Constant) else "python"
            given = {one.arg for one in node.keywords}
            clean = "env" in given and {"child_environment", "one_thread"} & imported
            if first.startswith(("python", "finine")) and not clean:
                yield node.lineno, ast.unparse(node)[:60]
        elif isinstance(node, ast.Constant) and node.value in ("-m", "-c"):
            yield node.lineno, node.value


def test_every_process_of_ours_is_started_in_one_way():
    """Those of the programs in benchmarks/ too; tests run in the folder of the project."""
    for room in ("finine_core", "app", "sample_data", "benchmarks"):
        for path in (ROOT / room).rglob("*.py"):
            if path != ROOT / "finine_core" / "processes.py":
                found = list(slips(path.read_text(encoding="utf-8")))
                assert not found, f"{path}: use finine_core/processes.py; {found}"


@pytest.mark.parametrize(
    "source",
    [
        "import sys\ncommand = [sys.executable, 'x.py']",
        "import subprocess\nsubprocess.run(['python3', 'x.py'])",
        "import subprocess\nsubprocess.run(['finine', 'app'])",
        "import subprocess\nsubprocess.Popen(command)",
        "import subprocess\nsubprocess.Popen(command, env=os.environ)",
        "from subprocess import Popen\nPopen(command)",
        "command = [python, '-m', 'finine_core.cli']",
        "import os\nos.system('x')",
    ],
)
def test_one_that_is_started_otherwise_is_found(source):
    assert list(slips(source))


def test_other_programs_may_be_started():
    assert not list(slips("import subprocess\nsubprocess.run(['mount', folder])"))


def test_what_a_child_inherits_names_no_relative_place(monkeypatch):
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([".", "", "lib", "/opt/lib"]))
    assert child_environment()["PYTHONPATH"] == "/opt/lib"
    monkeypatch.setenv("PYTHONPATH", "")
    assert "PYTHONPATH" not in child_environment()
