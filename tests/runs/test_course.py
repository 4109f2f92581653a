"""How each row was learned is kept beside its mean loss."""

import numpy as np
import pytest

from finine_core.runs.work.epoch_margins import early_losses, times_forgotten


def test_early_loss_and_forgetting_are_of_the_epochs_that_were_looked_at(tmp_path):
    losses = np.arange(10, dtype=np.float32).reshape(5, 2)
    margins = np.array([[1, -1], [-1, 1], [2, 1], [-1, 1], [-1, 1]], dtype=np.float32)
    np.save(tmp_path / "epoch_losses.npy", losses)
    assert times_forgotten(tmp_path) is None, "without classes nothing is right or wrong"
    np.save(tmp_path / "margins.npy", margins)
    assert early_losses(tmp_path).tolist() == [0.0, 1.0]
    assert times_forgotten(tmp_path).tolist() == [2.0, 0.0]


def test_scores_of_a_run_have_them(own_run):
    scores = own_run.scores("self").sort_values("row_number")
    folder = own_run.folder.signals
    assert scores["early_loss"].to_numpy() == pytest.approx(early_losses(folder))
    assert scores["forgotten"].to_numpy() == pytest.approx(times_forgotten(folder))
    assert scores["early_loss"].mean() > scores["mean_loss"].mean(), "it learns"
