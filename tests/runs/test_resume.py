"""A run goes on exactly where it was, and never on what another has made."""

import json

import numpy as np
import pytest
import torch

from finine_core.errors import FinineError
from finine_core.influence import SignalPlan, SignalStore, SignalWriter
from finine_core.runs.work.earlier import drop_what_others_made
from finine_core.runs.work.epoch_margins import EpochMargins, check_kept
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


PLAN = SignalPlan(5, (1, 4, 7), 9, 3, 2, 5, ("self",), ("self",))


def written(folder, lines):
    writer = SignalWriter(folder, PLAN)
    for line in range(lines):
        writer.write_step(line, np.array([line, 0]), 0.1)
        writer.write(line, "self", slice(0, 5), signal=np.full(5, line + 1.0))
    writer.flush()


def test_signals_go_on_only_where_all_that_was_recorded_is_there(tmp_path):
    written(tmp_path, lines=2)
    resumed = SignalWriter(tmp_path, PLAN, resumed_at=6)
    assert resumed.signal(1, "self").tolist() == [2.0] * 5
    with pytest.raises(FinineError, match="end before step 8"):
        SignalWriter(tmp_path, PLAN, resumed_at=8)
    (tmp_path / "self.trend.npy").write_bytes(b"torn")
    with pytest.raises(FinineError, match=r"self\.trend\.npy cannot be read"):
        SignalWriter(tmp_path, PLAN, resumed_at=6)
    SignalWriter(tmp_path, PLAN)  # from the start: everything is made anew
    assert not SignalStore(tmp_path).target("self").signal.any()
    index = json.loads((tmp_path / "index.json").read_text())
    (tmp_path / "index.json").write_text(json.dumps({**index, "steps": [1, 4, 8]}))
    with pytest.raises(FinineError, match="not those of this run"):
        SignalWriter(tmp_path, PLAN, resumed_at=2)


def test_margins_that_are_gone_are_not_taken_for_zeros(tmp_path):
    one = trainer("sgd")
    EpochMargins(tmp_path, one)
    check_kept(tmp_path, one)
    one.step = 5
    EpochMargins(tmp_path, one)
    for name in ("margins.npy", "epoch_losses.npy"):
        whole = (tmp_path / name).read_bytes()
        for left in (b"torn", None):
            (tmp_path / name).unlink() if left is None else (tmp_path / name).write_bytes(left)
            for again in (check_kept, EpochMargins):
                with pytest.raises(FinineError, match=f"{name} cannot be read"):
                    again(tmp_path, one)
        (tmp_path / name).write_bytes(whole)
    assert (tmp_path / "margins.npy").stat().st_blocks > 0, "room is taken before it is needed"


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
