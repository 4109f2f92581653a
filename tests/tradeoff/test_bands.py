"""Bands: how often they hold the truth, and how they shrink."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from finine_core.tradeoff import (
    Curve,
    bootstrap_band,
    dkw_band,
    empirical_curve,
    gaussian_beta,
    gaussian_curve,
    identity_curve,
)

samples = arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5, width=16))


@settings(max_examples=25, deadline=None)
@given(samples, samples, st.floats(0.1, 0.99))
def test_a_band_holds_its_own_curve_and_nothing_impossible(with_row, without_row, level):
    band = dkw_band(with_row, without_row, level)
    assert band.contains(empirical_curve(with_row, without_row))
    assert np.all((band.low >= 0) & (band.low <= band.high) & (band.high <= 1 - band.alpha))
    wider = dkw_band(with_row, without_row, (1 + level) / 2)
    assert np.all((wider.low <= band.low) & (wider.high >= band.high))


@pytest.mark.parametrize("direction", ["auto", "lower"])
@pytest.mark.parametrize("mu", [0.0, 1.0])
def test_the_simultaneous_band_holds_the_whole_truth_at_least_as_often_as_it_says(mu, direction):
    random = np.random.default_rng(0)
    truth = gaussian_curve(mu, even_in="quantile") if mu else identity_curve()
    level, runs = 0.8, 200
    held = sum(
        dkw_band(
            random.normal(mu, 1, 60), random.normal(0, 1, 90), level, direction=direction
        ).contains(truth)
        for _ in range(runs)
    )
    assert held / runs >= level


def test_the_simultaneous_band_is_not_idle():
    random = np.random.default_rng(1)
    width = []
    for size in (400, 40_000):
        band = dkw_band(random.normal(1, 1, size), random.normal(0, 1, size))
        width.append((band.high - band.low)[100])  # at α = ½
        assert not band.contains(identity_curve())
    assert width[1] == pytest.approx(width[0] / 10, rel=0.2)


@pytest.mark.parametrize("mu", [0.0, 1.0])
def test_the_bootstrap_band_holds_each_point_about_as_often_as_it_says(mu):
    random = np.random.default_rng(2)
    runs, places = 80, [20, 60, 100]  # α = .1, .3, .5
    held = np.zeros(3)
    for seed in range(runs):
        band = bootstrap_band(
            random.normal(mu, 1, 150), random.normal(0, 1, 150), 0.9, resamples=50, seed=seed
        )
        truth = gaussian_beta(mu, band.alpha[places])
        held += (band.low[places] <= truth + 1e-9) & (truth <= band.high[places] + 1e-9)
    assert np.all(held / runs >= 0.83)  # 2 standard errors of 80 trials below .9


@settings(max_examples=30, deadline=None)
@given(samples, samples)
def test_the_bootstrap_band_holds_the_samples_own_curve(with_row, without_row):
    band = bootstrap_band(with_row, without_row, resamples=20)
    assert band.contains(empirical_curve(with_row, without_row))
    assert np.all((band.low >= 0) & (band.low <= band.high) & (band.high <= 1 - band.alpha + 1e-12))


def autocorrelated(random, size, keep=0.9):
    """A first-order autoregression of unit variance."""
    noise = random.normal(0, np.sqrt(1 - keep**2), size)
    found = np.empty(size)
    found[0] = random.normal()
    for at in range(1, size):
        found[at] = keep * found[at - 1] + noise[at]
    return found


def test_blocks_see_the_autocorrelation_that_single_draws_miss():
    random = np.random.default_rng(3)
    one, other = autocorrelated(random, 600) + 1, autocorrelated(random, 600)
    widths = [
        np.mean(band.high - band.low)
        for block in (1, 40)
        for band in [bootstrap_band(one, other, resamples=150, block_length=block)]
    ]
    assert widths[1] > 1.8 * widths[0]


def test_the_same_seed_gives_the_same_band():
    one, other = np.random.default_rng(0).normal(0, 1, (2, 50))
    first, again, different = (
        bootstrap_band(one, other, resamples=50, seed=seed) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first.low, again.low)
    assert not np.array_equal(first.low, different.low)


def test_a_band_notices_a_curve_that_leaves_it_at_one_point():
    band = dkw_band(np.zeros(10_000), np.zeros(10_000))
    assert band.contains(identity_curve())
    assert not band.contains(Curve(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.3, 0.0])))


@pytest.mark.parametrize("band", [dkw_band, bootstrap_band])
def test_impossible_settings_are_refused(band):
    for level in (0.0, 1.0, np.nan):
        with pytest.raises(ValueError, match="level"):
            band([0.0], [1.0], level)
    with pytest.raises(ValueError, match="NaN"):
        band([0.0, np.nan], [1.0])
    with pytest.raises(ValueError, match="points"):
        band([0.0], [1.0], points=1)


def test_impossible_resampling_is_refused():
    with pytest.raises(ValueError, match="resamples must be at least 2; got 1"):
        bootstrap_band([0.0], [1.0], resamples=1)
    with pytest.raises(ValueError, match="smaller side, 2; got 3"):
        bootstrap_band([0.0, 1.0], [1.0, 2.0, 3.0], block_length=3)
