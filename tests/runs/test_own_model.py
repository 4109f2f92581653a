"""A model and a loss of one's own: named in a terminal, given in Python, never from a browser."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
import torch
from torch import nn

from finine_core import api
from finine_core.api.given import kept_data
from finine_core.errors import FinineError
from finine_core.gradients.checks import FallbackWarning
from finine_core.runs import NO_CODE, State
from finine_core.training.models import model_kind

ROOT = Path(__file__).parent.parent.parent
MARK = "<!-- a test runs these lines -->\n"
BUILD = "def build_model(shape, outputs):\n    return nn.Linear(shape[0], outputs)\n"


@pytest.fixture(autouse=True)
def at_a_terminal(monkeypatch):
    """The app, opened by another test of this process, has said that no code may be run."""
    monkeypatch.delenv(NO_CODE, raising=False)


@pytest.fixture
def data(tmp_path):
    return table_in(tmp_path)


def table_in(folder):
    path = folder / "rows.csv"
    lines = [f"{k},{k * 7 % 11},{'low' if k < 30 else 'high'}" for k in range(60)]
    path.write_text("x,z,y\n" + "\n".join(lines) + "\n")
    return path


def started(data, **options):
    home = data.parent / "home"
    return api.run(data, label="y", features=["x", "z"], home=home, epochs=3, **options)


@pytest.fixture(scope="module")
def named_run(tmp_path_factory):
    """A run of `mine:build_model`, which leaves a trace when it is imported; copy, and change."""
    folder = tmp_path_factory.mktemp("named")
    code_in(folder, "open('ran', 'w').close()\n" + BUILD)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(NO_CODE, raising=False)
        patch.chdir(folder)
        return started(table_in(folder), model="mine:build_model")


@pytest.fixture
def own_copy(named_run, tmp_path, monkeypatch):
    """Its own home and code for each test."""
    shutil.copytree(named_run.home, tmp_path / "home")
    shutil.copy(named_run.home.parent / "mine.py", tmp_path)
    run = api.open_run(named_run.run_id, tmp_path / "home")
    record = run.folder.read()
    at = {"code_folder": str(tmp_path)}
    run.folder.update(config=record["config"] | at, resolved=record["resolved"] | at)
    monkeypatch.chdir(tmp_path)
    return run


def code_in(folder, text, name="mine"):
    (folder / f"{name}.py").write_text("import torch\nfrom torch import nn\n" + text)


def test_the_lines_about_an_own_model_work_as_printed(tmp_path):
    text = (ROOT / "docs" / "own_model.md").read_text(encoding="utf-8")
    module, script = re.findall(rf"{MARK}```python\n(.*?)```", text, re.DOTALL)
    (commands,) = re.findall(rf"{MARK}```bash\n(.*?)```", text, re.DOTALL)
    (tmp_path / "my_model.py").write_text(module)
    commands = commands.replace("finine ", f"{shlex.quote(sys.executable)} -m finine_core.cli ")
    commands = commands.replace("bounded_loss", "bounded_loss --epochs 3")
    found = subprocess.run(
        ["bash", "-euc", commands], cwd=tmp_path, capture_output=True, text=True,
        env={**os.environ, "FININE_HOME": str(tmp_path / "home")},
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    run = api.open_run("latest", tmp_path / "home")
    record = run.record()
    assert record["config"]["code_folder"] == str(tmp_path)
    assert set(record["versions"]) >= {"model code", "loss code"}
    assert record["results"]["estimator"] == "gaussian"
    assert run.verification().repeats == 2
    assert run.scores("self")["probability"].between(0, 1).all()
    assert len(run.curve(int(run.scores("self")["row_number"][0])).alpha) > 2
    found = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, capture_output=True, text=True
    )
    assert found.returncode == 0, found.stderr
    assert found.stdout.strip().endswith("2 repeats")


def test_a_named_logistic_regression_is_the_registered_one(named_run, data):
    theirs = started(data, model="logistic")
    assert named_run.record()["results"]["estimator"] == "carried"
    assert named_run.scores("self")["mu"].tolist() == theirs.scores("self")["mu"].tolist()


def test_a_model_of_unknown_layers_is_recorded_row_by_row(data):
    class Odd(nn.Module):
        def __init__(self, inputs, outputs):
            super().__init__()
            self.weights = nn.Parameter(torch.randn(inputs, outputs) * 0.1)

        def forward(self, rows):
            return torch.tanh(rows) @ self.weights

    with pytest.warns(FallbackWarning):
        run = started(data, model=lambda shape, outputs: Odd(shape[0], outputs))
    assert (run.scores("self")["mu"] >= 0).all()


def test_objects_train_here_and_leave_torch_as_it_was(data):
    torch.manual_seed(7)
    expected = torch.rand(1)
    torch.manual_seed(7)
    threads = torch.get_num_threads()
    exact = torch.are_deterministic_algorithms_enabled()
    module = nn.Sequential(nn.Linear(2, 4), nn.ReLU(), nn.Linear(4, 2))
    before = {key: value.clone() for key, value in module.state_dict().items()}
    torch.manual_seed(7)
    seen = []
    run = started(data, model=module, on_progress=seen.append)
    assert run.status().state is State.DONE
    assert seen[-1].state is State.DONE
    assert torch.equal(torch.rand(1), expected)
    assert torch.get_num_threads() == threads
    assert torch.are_deterministic_algorithms_enabled() is exact
    assert all(torch.equal(before[key], value) for key, value in module.state_dict().items())
    assert run.record()["config"]["model"] == "object Sequential"
    run.mark(rows=run.scores("self")["row_number"].head(3).tolist(), decision="delete")
    with pytest.raises(FinineError, match="Give it again in Python"):
        run.verify(repeats=2)
    assert run.verify(repeats=2, model=module).repeats == 2


def test_an_object_trains_in_this_process_or_not_at_all(data):
    with pytest.raises(FinineError, match="block=False cannot be"):
        started(data, model=nn.Linear(2, 2), block=False)


@pytest.mark.parametrize(
    ("loss", "said"),
    [
        (nn.CrossEntropyLoss(), "reduction='none'"),
        (lambda outputs, targets: (outputs.detach()[:, 0] - targets) ** 2, "does not depend"),
        (lambda outputs, targets: outputs @ targets, r"'loss' failed \(RuntimeError"),
    ],
)
def test_a_loss_that_cannot_be_used_says_why(data, loss, said):
    with pytest.raises(FinineError, match=said):
        started(data, loss=loss)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("def build(shape, outputs):\n    return 3\n", "gave a int"),
        ("def build(shape, outputs):\n    raise OSError('no')\n", "OSError: no"),
        ("build = 3\n", "is a int"),
        ("other = 3\n", "AttributeError"),
    ],
)
def test_a_model_that_cannot_be_used_says_why(tmp_path, text, said):
    name = f"mine_{abs(hash(text))}"
    code_in(tmp_path, text, name)
    with pytest.raises(FinineError, match=said):
        model_kind(f"{name}:build", str(tmp_path)).seeded((2,), 2, seed=0)


def test_a_model_with_other_outputs_than_the_task_is_refused(data):
    with pytest.raises(FinineError, match=r"gives \(2, 7\) for 2 rows"):
        started(data, model=nn.Linear(2, 7))


def test_a_module_that_is_not_there_is_told_before_anything_is_started(data, monkeypatch):
    monkeypatch.chdir(data.parent)
    with pytest.raises(FinineError, match="no module 'nowhere'"):
        started(data, model="nowhere:build_model")
    assert not api.runs(data.parent / "home")


def test_changed_code_is_noticed(own_copy, tmp_path):
    from finine_core.runs.work.earlier import drop_what_others_made

    own_copy.mark(rows=own_copy.scores("self")["row_number"].head(3).tolist(), decision="delete")
    code_in(tmp_path, BUILD + "# changed\n")
    with pytest.raises(FinineError, match="model code has changed"):
        own_copy.verify(repeats=2)
    assert set(drop_what_others_made(own_copy.folder)) == {"model code"}


def test_nothing_that_a_browser_starts_runs_code(own_copy, data, monkeypatch):
    run = own_copy
    run.mark(rows=run.scores("self")["row_number"].head(3).tolist(), decision="delete")
    monkeypatch.setenv(NO_CODE, "1")
    for options in ({"model": "mine:build_model"}, {"loss": "mine:loss"}):
        with pytest.raises(FinineError, match="not run from a browser"):
            started(data, **options)
    for attempt in (lambda: run.verify(repeats=2), lambda: run.start_verify(repeats=2)):
        with pytest.raises(FinineError, match="not run from a browser"):
            attempt()
    run.folder.write_state(State.FAILED, "as if")
    with pytest.raises(FinineError, match="not run from a browser"):
        run.resume()
    assert not (data.parent / "ran").exists()


def test_a_worker_that_a_browser_started_imports_nothing(own_copy, tmp_path):
    """Also when a record that somebody else wrote names code."""
    own_copy.folder.update(resolved=None)
    own_copy.folder.encoded.unlink()
    subprocess.run(
        [sys.executable, "-m", "finine_core.runs.worker", str(own_copy.folder.path)],
        env={**os.environ, NO_CODE: "1"}, capture_output=True,
    )  # fmt: skip
    assert "not run from a browser" in own_copy.folder.read_state()[1]
    assert not (tmp_path / "ran").exists()


def test_a_table_that_is_no_file_is_kept_in_the_home(data):
    frame = pd.read_csv(data)
    home = data.parent / "home"
    kept = {kept_data(one, home) for one in (frame, pa.Table.from_pandas(frame))}
    (path,) = kept
    assert pd.read_parquet(path).equals(frame)
    assert list((home / "data").iterdir()) == [path]
    run = started(data, model="logistic")
    of_frame = api.run(frame, label="y", features=["x", "z"], home=home, epochs=3, model="logistic")
    assert of_frame.scores("self")["mu"].tolist() == run.scores("self")["mu"].tolist()
    with pytest.raises(FinineError, match="A dict cannot be read as data"):
        api.run({}, label="y", home=data.parent / "home")
