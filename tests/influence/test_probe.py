"""A probe's weighted moments aim at those of all rows, and the drawn rows are worth it."""

import numpy as np
import pytest
import torch

from finine_core.influence.probe import draw_probe, moments

ROWS, BATCH = 400, 16


@pytest.fixture(scope="module")
def gradients():
    """Gradients of rows of which few are large, as late in training."""
    random = np.random.default_rng(0)
    return random.normal(0.2, 1.0, size=(ROWS, 12)) * random.exponential(1.0, (ROWS, 1)) ** 2


def estimates(gradients, norms, count, draws=400):
    """Means and variances of all rows from many probes, each (draws, ROWS)."""
    found = []
    for seed in range(draws):
        random = np.random.default_rng([1, seed])
        batch = random.choice(ROWS, BATCH, replace=False)
        probe = draw_probe(ROWS, batch, norms, count, random)
        pairs = torch.from_numpy(gradients @ gradients[probe.index].T)
        found.append([part.numpy() for part in moments(pairs, probe, slice(0, ROWS))])
    mean, variance = zip(*found, strict=True)
    return np.array(mean), np.array(variance)


def exact(gradients):
    pairs = gradients @ gradients.T
    np.fill_diagonal(pairs, np.nan)
    return np.nanmean(pairs, axis=1), np.nanvar(pairs, axis=1, ddof=1)


def test_a_probe_of_all_rows_gives_the_exact_moments(gradients):
    probe = draw_probe(ROWS, np.arange(3, 9), None, ROWS, np.random.default_rng(0))
    assert sorted(probe.index) == list(range(ROWS))
    assert probe.index[:6].tolist() == list(range(3, 9))
    pairs = torch.from_numpy(gradients @ gradients[probe.index].T)
    mean, variance = moments(pairs[100:200].clone(), probe, slice(100, 200))
    np.testing.assert_allclose(mean, exact(gradients)[0][100:200], rtol=1e-9)
    np.testing.assert_allclose(variance, exact(gradients)[1][100:200], rtol=1e-9)


@pytest.mark.parametrize("stale", [0.0, 1.0], ids=["true norms", "norms that have changed"])
@pytest.mark.parametrize("count", [12, 48], ids=["no room for the batch", "with the batch"])
def test_moments_of_drawn_rows_are_right_on_average_even_when_norms_are_stale(
    gradients, stale, count
):
    norms = (gradients**2).sum(axis=1)
    norms = norms * np.random.default_rng(2).exponential(1.0, ROWS) ** stale
    variance = estimates(gradients, norms, count, draws=800)[1]
    ratio = np.median(variance.mean(axis=0) / exact(gradients)[1])
    assert (
        0.8 < ratio < 1.2
    )  # weights that sum to 1 only on average leave a bias of order 1 / count


def test_rows_drawn_by_their_norms_scatter_less_than_uniform_ones(gradients):
    norms = (gradients**2).sum(axis=1)
    uniform = estimates(gradients, None, 48)[1].std(axis=0)
    weighted = estimates(gradients, norms, 48)[1].std(axis=0)
    assert np.median(weighted / uniform) < 0.6


def test_a_batch_without_room_is_left_out_and_the_weights_stay_bounded(gradients):
    norms = (gradients**2).sum(axis=1)
    probe = draw_probe(ROWS, np.arange(50), norms, 20, np.random.default_rng(3))
    assert probe.batch_rows == 0
    assert len(probe.index) == 20
    assert probe.weights.max() <= 1 / 10 + 1e-12, "ten uniform rows stand for ROWS"


@pytest.mark.parametrize("batch", [100, 128, 129, 255, 256, 300])
def test_the_trend_rests_on_drawn_rows_whatever_the_batch(batch):
    random = np.random.default_rng(0)
    probe = draw_probe(4000, np.arange(batch), None, 256, random)
    assert len(probe.index) == 256
    assert (probe.trend_weights > 0).sum() >= 128
    assert probe.batch_rows in (0, batch)
