"""The wheel, installed outside of the checkout: everything is in it, and it works as it is."""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import time
import tomllib
import urllib.request
import venv
import zipfile
from contextlib import suppress
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from finine_core.cli import cli

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
FOLDERS = PROJECT["tool"]["setuptools"]["package-dir"]  # package → folder of the checkout
OUTSIDE = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "FININE"))}
WAIT_SECONDS = 120  # a first job on a busy machine


@pytest.fixture(scope="module")
def installed(tmp_path_factory) -> SimpleNamespace:
    """An environment with the wheel; what it depends on is that of this one, seen by a path."""
    folder = tmp_path_factory.mktemp("install")
    source = folder / "source"
    source.mkdir()  # a copy: building leaves files behind, and would take old ones in
    for name in ("pyproject.toml", "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    for name in FOLDERS.values():
        shutil.copytree(ROOT / name, source / name, ignore=shutil.ignore_patterns("__pycache__"))
    pip = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
    subprocess.run(
        [*pip, "wheel", "--no-deps", "--no-index", "--no-build-isolation", "-w", folder, source],
        check=True,
    )
    (wheel,) = folder.glob("*.whl")
    shutil.rmtree(source)
    venv.create(folder / "venv", symlinks=True)
    python = folder / "venv" / "bin" / "python"
    subprocess.run(
        [*pip, "--python", python, "install", "--no-deps", "--no-index", wheel], check=True
    )
    (packages,) = (folder / "venv" / "lib").glob("*/site-packages")
    # What a .pth names is searched, and its own .pth files, such as a checkout's, are not run.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib"), encoding="utf-8")
    return SimpleNamespace(folder=folder, wheel=wheel, python=python, packages=packages)


def run(installed: SimpleNamespace, *command: str, **variables: str) -> str:
    done = subprocess.run(
        [installed.python.parent / command[0], *command[1:]], cwd=installed.folder,
        env={**OUTSIDE, **variables}, capture_output=True, text=True, timeout=WAIT_SECONDS,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_every_file_of_the_packages_is_in_the_wheel(installed):
    inside = set(zipfile.ZipFile(installed.wheel).namelist())
    wanted = {
        f"{package}/{path.relative_to(ROOT / folder)}"
        for package, folder in FOLDERS.items()
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert wanted <= inside, sorted(wanted - inside)
    assert {"finine_core/py.typed", "finine_app/.streamlit/config.toml"} <= inside


def test_the_command_is_there_and_comes_from_the_wheel(installed):
    assert "Train once with f-INE recording" in run(installed, "finine", "--help")
    where = run(
        installed, "python", "-c",
        "import finine_core, finine_app, finine_sample_data as s;"
        "print(finine_core.__file__, finine_app.__file__, s.__file__, sep='\\n')",
    )  # fmt: skip
    assert all(Path(one).is_relative_to(installed.packages) for one in where.splitlines())


def test_the_app_runs_a_first_job_answers_and_ends_when_it_is_told_to(installed):
    home = installed.folder / "home"
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        port = probe.getsockname()[1]
    app = subprocess.Popen(
        [installed.python.parent / "finine", "app", "--no-browser", "--port", str(port),
         "--home", home, "--first-job", "sample:breast_cancer_flips"],
        cwd=installed.folder, env=OUTSIDE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        deadline = time.monotonic() + WAIT_SECONDS
        while not answers(port):
            assert app.poll() is None, app.communicate()[1]
            assert time.monotonic() < deadline, "it never answered"
            time.sleep(0.1)
        assert "done" in run(installed, "finine", "runs", "--home", str(home))
        told = run(
            installed, "python", "-c",
            "from importlib.util import find_spec; from streamlit.testing.v1 import AppTest;"
            "main = find_spec('finine_app.main').origin;"
            "page = AppTest.from_file(main, default_timeout=100).run();"
            "print([one.value for one in page.title], len(page.exception))",
            FININE_HOME=str(home),
        )  # fmt: skip
        assert told.strip() == "['Review'] 0"
        app.send_signal(signal.SIGTERM)
        app.communicate(timeout=30)  # the pipe ends only when the server, which has it too, ends
        assert app.returncode == 128 + signal.SIGTERM
        assert not answers(port)
    finally:
        app.kill()


def answers(port: int) -> bool:
    with suppress(OSError):
        address = f"http://localhost:{port}"
        with urllib.request.urlopen(f"{address}/_stcore/health", timeout=5) as health:
            ready = health.read() == b"ok"
        with urllib.request.urlopen(address, timeout=5) as page:
            return ready and b"<html" in page.read()
    return False


def test_the_containerfile_names_what_is_there_and_runs_as_no_root():
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
    said: dict[str, list[str]] = {}
    for word, _, rest in (line.partition(" ") for line in lines if line.strip()):
        said.setdefault(word, []).append(rest)
    copied = {name for rest in said["COPY"] for name in rest.split()[:-1]}
    assert {*FOLDERS.values(), "pyproject.toml", "constraints.txt"} <= copied
    kept = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    for name in copied:
        assert (ROOT / name).exists(), name
        assert f"!{name}" in kept, name
    assert said["USER"] == ["finine"]
    assert lines.index("USER finine") < lines.index(f"ENTRYPOINT {said['ENTRYPOINT'][0]}")
    (home,) = said["VOLUME"]
    assert said["ENV"] == [f"FININE_HOME={home}"]
    program, name, *options = json.loads(said["ENTRYPOINT"][0]) + json.loads(said["CMD"][0])
    assert program in PROJECT["project"]["scripts"]
    command = typer.main.get_command(cli).commands[name]
    given = command.make_context(name, options).params  # an option that does not exist is refused
    assert [str(given["port"])] == said["EXPOSE"]
