"""Recording of any model as it trains: with dropout, batch norm, layers that have no rule."""

import pytest
import torch

from finine_core.gradients import RowGradients
from finine_core.influence import SignalStore, SignalWriter
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer
from tests.recording.models import (
    BATCH_NORM,
    BY_RULES,
    WITH_DROPOUT,
    WITHOUT_RULES,
    DrawnOnce,
    built,
    numbers,
)

KINDS = {
    **BATCH_NORM,
    **WITH_DROPOUT,
    **WITHOUT_RULES,
    **{name: BY_RULES[name] for name in ("tied weights", "grouped convolution")},
}
pytestmark = pytest.mark.filterwarnings("ignore::finine_core.gradients.FallbackWarning")


class KeepGradients:
    """Each step's own gradient, and before each window that of the validation loss."""

    def __init__(self, trainer, plan):
        self.trainer, self.plan, self.of_step = trainer, plan, {}
        self.gradients = RowGradients(trainer.model, trainer.loss)
        self.starts = {window.first for window in plan.windows}

    def before_step(self, step, batch, learning_rate):  # noqa: ARG002
        if step in self.starts:
            self.trainer.model.eval()
            held = self.trainer.validation_x, self.trainer.validation_y
            self.towards = self.gradients.mean_gradient(*held)

    def learned(self, one):
        product = sum(
            float((p.grad * self.towards[name]).sum())
            for name, p in self.trainer.model.named_parameters()
            if p.grad is not None
        )
        self.of_step[one.step] = (one.batch, product)

    def after_epoch(self, progress):
        pass


def trainer_of(kind, dtype=torch.float64):
    model, x, y = built({**KINDS, "drawn once": (DrawnOnce, numbers(3, 4))}[kind], dtype)
    return Trainer(model, x[:19], y[:19], x[14:], y[14:], Settings(2, 8, 0.05, "sgd", 0.0, 0))


@pytest.mark.parametrize("kind", list(KINDS))
def test_signals_of_a_batch_add_up_to_what_its_step_does(kind, tmp_path):
    trainer = trainer_of(kind)
    plan = plan_for(trainer, ("self", "validation"))
    writer, kept = SignalWriter(tmp_path, plan), KeepGradients(trainer, plan)
    trainer.run([kept, Recorder(trainer, writer)])
    writer.flush()
    store = SignalStore(tmp_path)
    signals = store.target("validation")
    assert len(kept.of_step) == trainer.total_steps
    for step, (batch, product) in kept.of_step.items():
        found = float(signals.signal[step // plan.per_epoch, batch].sum(dtype=float))
        expected = trainer.settings.learning_rate * product * len(batch) / plan.batch
        assert found == pytest.approx(expected, rel=1e-4, abs=1e-7)
    assert (store.target("self").signal > 0).all()


@pytest.mark.parametrize("kind", [*KINDS, "drawn once"])
def test_recording_changes_no_bit_of_any_models_training(kind, tmp_path):
    watched, plain = (trainer_of(kind, torch.float32) for _ in range(2))
    plan = plan_for(watched, ("self", "validation"))
    watched.run([Recorder(watched, SignalWriter(tmp_path, plan))])
    plain.run()
    others = plain.model.state_dict()
    for name, value in watched.model.state_dict().items():
        assert torch.equal(value, others[name]), name


def test_hooks_are_gone_when_a_run_ends_in_the_middle_of_a_window(tmp_path):
    class Stop:
        def before_step(self, step, *_):
            assert step < 1

        def after_epoch(self, progress):
            pass

    trainer = trainer_of("a transformer's layer")
    recorder = Recorder(trainer, SignalWriter(tmp_path, plan_for(trainer, ("self",))))
    with pytest.raises(AssertionError):
        trainer.run([recorder, Stop()])
    assert recorder.between
    for layer in trainer.model.modules():
        assert not layer._forward_hooks
        assert "forward" not in vars(layer)
