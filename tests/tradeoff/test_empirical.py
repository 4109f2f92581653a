"""Curves of two samples: thresholds in either direction, and the likelihood ratio."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from finine_core.tradeoff import (
    empirical_curve,
    gaussian_beta,
    mu_from_auc,
    mu_from_curve,
    neyman_pearson_curve,
    require_trade_off,
)

samples = arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5, width=16))
larger = arrays(np.float64, st.integers(3, 60), elements=st.floats(-5, 5, width=16))
GRID = np.linspace(0.01, 0.99, 99)  # α = 0 is set by the sample's single largest draw


@settings(max_examples=30, deadline=None)
@given(samples)
def test_two_equal_samples_cannot_be_told_apart(sample):
    grid = np.linspace(0, 1, 11)
    np.testing.assert_allclose(empirical_curve(sample, sample).at(grid), 1 - grid, atol=1e-12)
    alike = neyman_pearson_curve(sample, sample, folds=1)
    np.testing.assert_allclose(alike.at(grid), 1 - grid, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(samples, samples)
def test_turning_both_samples_around_changes_nothing(with_row, without_row):
    if np.median(with_row) == np.median(without_row):
        return  # the direction of the test is then a convention
    grid = np.linspace(0, 1, 51)
    one = empirical_curve(with_row, without_row).at(grid)
    other = empirical_curve(-with_row, -without_row).at(grid)
    np.testing.assert_allclose(one, other, atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(samples, samples)
def test_lower_of_a_sample_is_upper_of_its_negative(with_row, without_row):
    one = empirical_curve(with_row, without_row, direction="lower").at(GRID)
    other = empirical_curve(-with_row, -without_row, direction="upper").at(GRID)
    np.testing.assert_allclose(one, other, atol=1e-12)
    auto = empirical_curve(with_row, without_row)
    way = "lower" if np.median(with_row) >= np.median(without_row) else "upper"
    np.testing.assert_array_equal(
        auto.at(GRID), empirical_curve(with_row, without_row, direction=way).at(GRID)
    )


@pytest.mark.parametrize("mu", [-2.0, 0.0, 0.5, 1.0, 3.0])
def test_the_empirical_curve_of_normal_samples_approaches_g_mu(mu):
    random = np.random.default_rng(0)
    curve = empirical_curve(random.normal(mu, 1, 20_000), random.normal(0, 1, 20_000))
    assert np.abs(curve.at(GRID) - gaussian_beta(mu, GRID)).max() < 0.02
    assert float(mu_from_auc(curve.auc())) == pytest.approx(abs(mu), abs=0.05)


@pytest.mark.parametrize("make", [empirical_curve, neyman_pearson_curve])
def test_the_error_of_a_curve_shrinks_as_samples_grow(make):
    random = np.random.default_rng(3)
    errors = []
    for size in (100, 2500, 62_500):
        curve = make(random.normal(1, 1, size), random.normal(0, 1, size))
        errors.append(np.abs(curve.at(GRID) - gaussian_beta(1, GRID)).max())
    assert errors[0] > errors[1] > errors[2]
    assert errors[2] < 0.02


def test_a_curve_needs_draws_and_refuses_nan():
    for make in (empirical_curve, neyman_pearson_curve):
        with pytest.raises(ValueError, match="at least one draw"):
            make([], [1.0])
        with pytest.raises(ValueError, match="NaN"):
            make([1.0, np.nan], [1.0])
        with pytest.raises(ValueError, match=r"one-dimensional; got shape \(1, 2\)"):
            make([[1.0, 2.0]], [1.0])
    with pytest.raises(ValueError, match="'sideways'"):
        empirical_curve([1.0], [2.0], direction="sideways")


def two_modes(random, size):
    return random.choice([-3.0, 3.0], size) + random.normal(0, 1, size)


def test_the_likelihood_ratio_tells_two_modes_that_no_threshold_tells():
    random = np.random.default_rng(0)
    one, other = random.normal(0, 1, 8000), two_modes(random, 8000)
    ratio = neyman_pearson_curve(one, other).at(GRID)
    threshold = empirical_curve(one, other).at(GRID)
    assert np.all(ratio <= threshold + 0.01)
    assert threshold[9] > 0.45, "at α = .1"
    assert ratio[9] < 0.15
    # The best test rejects for large |x|.
    cut = norm.isf(GRID / 2)
    exact = norm.cdf(cut - 3) - norm.cdf(-cut - 3)
    assert np.abs(ratio - exact).max() < 0.03


@settings(max_examples=25, deadline=None)
@given(larger, larger, st.integers(1, 8), st.integers(1, 3))
def test_a_likelihood_ratio_curve_is_a_trade_off_function(with_row, without_row, bins, folds):
    curve = neyman_pearson_curve(with_row, without_row, bins, folds=folds)
    require_trade_off(curve)
    again = neyman_pearson_curve(with_row, without_row, bins, folds=folds)
    np.testing.assert_array_equal(curve.beta, again.beta)


@settings(max_examples=25, deadline=None)
@given(larger, larger)
def test_without_splitting_changing_places_mirrors_the_curve(with_row, without_row):
    one = neyman_pearson_curve(with_row, without_row, folds=1)
    other = neyman_pearson_curve(without_row, with_row, folds=1)
    budgets = np.linspace(0, 1, 51)
    np.testing.assert_allclose(one.alpha_at(budgets), other.at(budgets), atol=1e-12)


def test_splitting_takes_away_the_optimism_of_many_bins():
    random = np.random.default_rng(1)
    size, bins = 500, 40
    aucs = {1: [], 2: []}
    for _ in range(30):
        one, other = random.normal(0, 1, (2, size))
        for folds, found in aucs.items():
            found.append(neyman_pearson_curve(one, other, bins, folds=folds).auc())
    optimism = np.sqrt(bins / (2 * np.pi * size))
    assert np.mean(aucs[1]) - 0.5 == pytest.approx(optimism, rel=0.15)
    assert np.mean(aucs[2]) - 0.5 < optimism / 4


def test_infinite_losses_are_the_largest_draws():
    one, other = [0.0, 1.0, 2.0, 3.0], [np.inf, np.inf, 2.5, np.inf]
    assert empirical_curve(one, other).at(0.0) == 0.25
    assert neyman_pearson_curve(one, other, folds=1).auc() > 0.8


def test_impossible_bins_and_folds_are_refused():
    with pytest.raises(ValueError, match="bins must be at least 1; got 0"):
        neyman_pearson_curve([0.0, 1.0], [0.0, 1.0], 0)
    with pytest.raises(ValueError, match="smaller side, 1; got 2"):
        neyman_pearson_curve([0.0], [0.0, 1.0])


def test_a_likelihood_ratio_curve_estimates_mu():
    random = np.random.default_rng(2)
    curve = neyman_pearson_curve(random.normal(0, 1, 20_000), random.normal(1.5, 1, 20_000))
    assert mu_from_curve(curve) == pytest.approx(1.5, abs=0.05)
