"""A small real training run, recorded, with every step's parameters kept for checking."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from finine_core.influence import SignalPlan, SignalStore, SignalWriter
from finine_core.influence.recorder import Recorder, recorded_steps
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer


class KeepParameters:
    """Copies the parameters before every step."""

    def __init__(self, model):
        self.model, self.at = model, {}

    def before_step(self, step, batch, learning_rate):
        copies = {name: p.detach().clone() for name, p in self.model.named_parameters()}
        self.at[step] = (copies, batch.copy(), learning_rate)

    def after_epoch(self, progress):
        pass


# Probes hold the batch of 8 where there is room for it; a probe as large as the data holds it all.
@pytest.fixture(scope="session", params=[20, 5, 99], ids=["some", "few", "all"])
def recorded(request, tmp_path_factory):
    random = np.random.default_rng(3)
    x = random.normal(size=(70, 5)).astype(np.float32)
    y = (x[:, 0] + 0.5 * random.normal(size=70) > 0).astype(np.int64)
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    settings = Settings(4, 8, 0.05, "sgd", 1e-3, seed=5)
    model = model_kind("mlp").seeded((5,), 2, seed=5)
    trainer = Trainer(model, x[:60], y[:60], x[60:], y[60:], settings)
    plan = SignalPlan(
        rows=60,
        steps=recorded_steps(trainer.total_steps, 6),
        total_steps=trainer.total_steps,
        epochs=4,
        batch_size=8,
        probe_rows=request.param,
        targets=("self", "validation", "class:1"),
        row_targets=("self",),
        carried=True,
    )
    folder = tmp_path_factory.mktemp("signals")
    writer, kept = SignalWriter(folder, plan), KeepParameters(model)
    ones = torch.nonzero(y[60:] == 1).flatten()
    recorder = Recorder(trainer, writer, {"class:1": (x[60:][ones], y[60:][ones])})
    trainer.run([recorder, kept])
    writer.flush()
    return SimpleNamespace(
        trainer=trainer, plan=plan, kept=kept, recorder=recorder, store=SignalStore(folder)
    )
