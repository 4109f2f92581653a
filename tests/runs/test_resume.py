"""A run goes on exactly where it was, and never on what another has made."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

from finine_core.errors import FinineError
from finine_core.influence import SignalPlan, SignalStore, SignalWriter
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.runs.work import checkpoints
from finine_core.runs.work.checkpoints import Checkpoints
from finine_core.runs.work.earlier import drop_what_others_made
from finine_core.runs.work.epoch_margins import EpochMargins, check_kept
from finine_core.runs.work.pipeline import _gone_on
from finine_core.training.checkpoints import load_checkpoint, save_checkpoint
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer


class Watch:
    """Keeps what an epoch came to; ends the run before a step."""

    def __init__(self, path=None, trainer=None, stop=None):
        self.path, self.trainer, self.stop, self.epochs = path, trainer, stop, []

    def before_step(self, step, batch, learning_rate):  # noqa: ARG002
        if step == self.stop:
            save_checkpoint(self.path, self.trainer.checkpoint())
            raise KeyboardInterrupt

    def after_epoch(self, progress):
        self.epochs.append(progress)


def trainer(optimizer):
    model = torch.nn.Sequential(torch.nn.Dropout(0.3), model_kind("mlp").seeded((6,), 2, seed=0))
    random = torch.Generator().manual_seed(0)
    x, y = torch.randn(50, 6, generator=random), torch.arange(50) % 2
    return Trainer(model, x[:40], y[:40], x[40:], y[40:], Settings(4, 8, 0.05, optimizer, 1e-3, 0))


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize("stop", [7, 10, 18], ids=["in an epoch", "between two", "late"])
def test_a_checkpoint_between_any_two_steps_goes_on_bit_for_bit(optimizer, stop, tmp_path):
    whole, seen = trainer(optimizer), Watch()
    whole.run([seen])
    cut, path = trainer(optimizer), tmp_path / "latest.safetensors"
    before = Watch(path, cut, stop)
    with pytest.raises(KeyboardInterrupt):
        cut.run([before])
    torch.manual_seed(99)  # another process has other random numbers
    resumed, after = trainer(optimizer), Watch()
    resumed.restore(load_checkpoint(path))
    resumed.run([after])
    assert before.epochs + after.epochs == seen.epochs, "losses of the cut epoch, too"
    for one, other in zip(resumed.model.parameters(), whole.model.parameters(), strict=True):
        assert torch.equal(one, other)


class Cut:
    """Ends the run before a step, or in the middle of it."""

    def __init__(self, step, within):
        self.step, self.within = step, within

    def before_step(self, step, batch, learning_rate):  # noqa: ARG002
        if step == self.step and not self.within:
            raise KeyboardInterrupt

    def learned(self, one):
        if one.step == self.step and self.within:
            raise KeyboardInterrupt

    def after_epoch(self, progress):
        pass


def plan_of(one):
    """The second epoch and the fourth, each in windows of 2, 1 and 2 steps."""
    plan = replace(plan_for(one, ("self", "validation"), (1, 3)), window_steps=2)
    assert [window.first for window in plan.windows] == [5, 7, 8, 15, 17, 18]
    return plan


def recorded(folder, optimizer, cut=None, *, margins=True):
    """Train and record as a worker does, from the last checkpoint on if there is one."""
    one = trainer(optimizer)
    plan, latest = plan_of(one), folder / "checkpoints" / "latest.safetensors"
    writer = _gone_on(one, plan, latest, folder / "signals", margins=margins)
    began, recorder = one.step, Recorder(one, writer)
    seen = EpochMargins(folder / "signals", one, margins=margins)
    kept = Checkpoints(latest, one, (writer, seen), lambda: recorder.between)
    observers = [kept, recorder, seen]
    try:
        one.run([*observers, Cut(*cut)] if cut else observers)
    except KeyboardInterrupt:
        hooks = [layer._forward_hooks for layer in one.model.modules()]
        assert not any(hooks), "hooks go with the run"
        return one.step, began
    writer.flush()
    seen.flush()
    return {path.name: path.read_bytes() for path in (folder / "signals").iterdir()}, began


@pytest.fixture
def checkpoints_whenever_possible(monkeypatch):
    monkeypatch.setattr(checkpoints, "CHECKPOINT_SECONDS", 0.0)
    monkeypatch.setattr(checkpoints, "CHECKPOINT_SHARE", 1e9)


@pytest.fixture(scope="module", params=["sgd", "adam"])
def whole(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    return request.param, recorded(folder, request.param)[0]


@pytest.mark.parametrize("step", range(20))
@pytest.mark.usefixtures("checkpoints_whenever_possible")
def test_a_run_that_is_cut_anywhere_records_the_same_bits(whole, step, tmp_path):
    optimizer, expected = whole
    within = (step % 2 == 0) == (optimizer == "adam")  # else before the step
    stopped, _ = recorded(tmp_path, optimizer, (step, within))
    assert stopped == step
    checkpoint = load_checkpoint(tmp_path / "checkpoints" / "latest.safetensors")
    within_a_window = {6, 9, 16, 19}  # the second steps of windows of two
    assert checkpoint.step == (step - 1 if step in within_a_window else step)
    torch.manual_seed(99)  # another process has other random numbers
    found, began = recorded(tmp_path, optimizer)
    assert began == checkpoint.step
    assert found.keys() == expected.keys()
    for name, content in expected.items():
        assert found[name] == content, name


@pytest.mark.usefixtures("checkpoints_whenever_possible")
def test_what_was_written_after_the_checkpoint_does_no_harm(whole, tmp_path):
    optimizer, expected = whole
    recorded(tmp_path, optimizer, (7, False))  # after the first window
    one, signals = trainer(optimizer), tmp_path / "signals"
    later = np.random.default_rng([0, 1]).permutation(40)[16:]  # rows of the windows that follow
    for path in signals.glob("*.npy"):
        array = np.lib.format.open_memmap(path, mode="r+")
        if array.shape[-1] == one.rows:
            array[0 if array.shape[0] == 2 else 1, later] = 7
            array[-1] = 7
        else:
            array[1:] = 7
        array.flush()
    found, began = recorded(tmp_path, optimizer)
    assert began == 7
    for name, content in expected.items():
        assert found[name] == content, name


@pytest.mark.usefixtures("checkpoints_whenever_possible")
@pytest.mark.parametrize(
    "name", ["self.signal.npy", "validation.trend.npy", "losses.npy", "done.npy", "margins.npy",
             "epoch_losses.npy", "index.json"],
)  # fmt: skip
@pytest.mark.parametrize("left", [b"torn", None], ids=["torn", "missing"])
def test_a_run_starts_over_where_something_of_it_is_gone(whole, name, left, tmp_path, capsys):
    optimizer, expected = whole
    recorded(tmp_path, optimizer, (9, False))
    path = tmp_path / "signals" / name
    path.unlink() if left is None else path.write_bytes(left)
    found, began = recorded(tmp_path, optimizer)
    assert began == 0
    assert "starts over" in capsys.readouterr().out
    assert found == expected


def test_signals_go_on_only_where_all_that_was_recorded_is_there(tmp_path):
    plan = replace(PLAN, window_steps=2)
    writer, rows = SignalWriter(tmp_path, plan), np.arange(4)
    assert [one.beyond for one in plan.windows] == [6, 8, 14, 16]
    for window in (0, 1):
        writer.write(window, "self", rows, signal=np.full(4, window + 1.0))
        writer.write_losses(window, rows, np.ones(4))
        rows = rows + 4
    writer.flush()
    for step in (1, 6, 8, 9, 13):
        SignalWriter(tmp_path, plan, resumed_at=step)
        stored = SignalStore(tmp_path).target("self").signal[0]
        assert stored.tolist() == [1.0] * 4 + [2.0] * 4
    with pytest.raises(FinineError, match="end before step 14"):
        SignalWriter(tmp_path, plan, resumed_at=14)
    (tmp_path / "self.variance.npy").write_bytes(b"torn")
    with pytest.raises(FinineError, match=r"self\.variance\.npy cannot be read"):
        SignalWriter(tmp_path, plan, resumed_at=6)
    SignalWriter(tmp_path, plan)  # from the start: everything is made anew
    assert not SignalStore(tmp_path).target("self").signal.any()
    for changed in ({"recorded": [1, 2]}, {"window_steps": 3}):
        index = json.loads((tmp_path / "index.json").read_text())
        (tmp_path / "index.json").write_text(json.dumps({**index, **changed}))
        with pytest.raises(FinineError, match="not those of this run"):
            SignalWriter(tmp_path, plan, resumed_at=2)
        (tmp_path / "index.json").write_text(json.dumps(index))


PLAN = SignalPlan(8, (1, 3), 16, 4, 2, ("self",), ("self",))


def test_margins_that_are_gone_are_not_taken_for_zeros(tmp_path):
    one = trainer("sgd")
    EpochMargins(tmp_path, one, margins=True)
    check_kept(tmp_path, one, margins=True)
    one.step = 5
    EpochMargins(tmp_path, one, margins=True)
    for name in ("margins.npy", "epoch_losses.npy"):
        whole = (tmp_path / name).read_bytes()
        for left in (b"torn", None):
            (tmp_path / name).unlink() if left is None else (tmp_path / name).write_bytes(left)
            for again in (check_kept, EpochMargins):
                with pytest.raises(FinineError, match=f"{name} cannot be read"):
                    again(tmp_path, one, margins=True)
        (tmp_path / name).write_bytes(whole)
    assert (tmp_path / "margins.npy").stat().st_blocks > 0, "room is taken before it is needed"
    (tmp_path / "margins.npy").unlink()
    check_kept(tmp_path, one, margins=False)  # a run without classes has none


def test_a_run_of_other_versions_starts_over_and_one_of_the_same_does_not(own_run, capsys):
    folder = own_run.folder
    assert drop_what_others_made(folder) == {}
    assert folder.encoded.exists()
    folder.update(versions={**folder.read()["versions"], "torch": "1.0"})
    own_run.mark(rows=[int(own_run.scores(top=1)["row_number"].iloc[0])])
    changed = drop_what_others_made(folder)
    assert changed["torch"][0] == "1.0"
    assert "torch 1.0 -> " in capsys.readouterr().out
    assert not any(one.exists() for one in (folder.encoded, folder.checkpoints, folder.signals))
    assert folder.read()["versions"]["torch"] != "1.0"
    assert own_run.log.counts()["delete"] == 1
