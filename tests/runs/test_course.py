"""How each row was learned is kept beside its mean loss."""

import numpy as np
import pytest
import torch

from finine_core.runs.work.epoch_margins import (
    TOGETHER,
    EpochMargins,
    early_losses,
    mean_margins,
    times_forgotten,
)
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer


def test_early_loss_and_forgetting_are_of_the_epochs_that_were_looked_at(tmp_path):
    losses = np.arange(10, dtype=np.float32).reshape(5, 2)
    margins = np.array([[1, -1], [-1, 1], [2, 1], [-1, 1], [-1, 1]], dtype=np.float32)
    never = np.full((5, 1), -1, dtype=np.float32)
    np.save(tmp_path / "epoch_losses.npy", losses)
    assert times_forgotten(tmp_path) is None, "without classes nothing is right or wrong"
    np.save(tmp_path / "margins.npy", np.hstack([margins, never]))
    assert early_losses(tmp_path).tolist() == [0.0, 1.0]
    assert times_forgotten(tmp_path)[:2].tolist() == [2.0, 0.0]
    assert np.isnan(times_forgotten(tmp_path)[2]), "what was never learned was not forgotten"


def test_scores_of_a_run_have_them(own_run):
    scores = own_run.scores("self").sort_values("row_number")
    folder = own_run.folder.signals
    assert scores["early_loss"].to_numpy() == pytest.approx(early_losses(folder))
    expected = times_forgotten(folder)
    assert scores["forgotten"].to_numpy(dtype=float) == pytest.approx(expected, nan_ok=True)
    assert scores["early_loss"].mean() > scores["mean_loss"].mean(), "it learns"


def test_what_waits_to_be_written_stays_small_whatever_the_inputs_and_classes(tmp_path):
    classes, width, rows = 1_000, 5_000, 1_200
    x, y = torch.ones(rows, width), torch.arange(rows) % classes
    settings = Settings(1, 8, 0.01, "sgd", 0.0, 0)
    trainer = Trainer(torch.nn.Linear(width, classes), x, y, x[:0], y[:0], settings)
    seen, held = EpochMargins(tmp_path, trainer, margins=True), []

    class Looking:
        def before_step(self, *_):
            held.append(sum(one.nbytes for step in seen._waiting for one in step))

        def after_epoch(self, progress):
            pass

    trainer.run([seen, Looking()])
    assert max(held) < 1.1 * 4 * TOGETHER < 4 * rows * classes, "four bytes an output, no inputs"
    assert np.isfinite(mean_margins(tmp_path)).all()
