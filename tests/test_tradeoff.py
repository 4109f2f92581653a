"""Theory that every trade-off function must obey."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from finine_core.tradeoff import (
    crossings,
    empirical_curve,
    gaussian_beta,
    gaussian_curve,
    mu_from_auc,
    mu_from_errors,
)

samples = arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5, width=16))
mus = st.floats(-4, 4)


@given(samples, samples)
def test_an_empirical_curve_is_a_trade_off_function(with_row, without_row):
    curve = empirical_curve(with_row, without_row)
    grid = np.linspace(0, 1, 101)
    beta = curve.at(grid)
    assert np.all(np.diff(beta) <= 1e-12), "non-increasing"
    assert np.all(np.diff(beta, 2) >= -1e-9), "convex"
    assert np.all(beta <= 1 - grid + 1e-12), "never worse than guessing"
    assert beta[-1] == 0


@given(samples)
def test_two_equal_samples_cannot_be_told_apart(sample):
    grid = np.linspace(0, 1, 11)
    np.testing.assert_allclose(empirical_curve(sample, sample).at(grid), 1 - grid, atol=1e-12)


@given(samples, samples)
def test_turning_both_samples_around_changes_nothing(with_row, without_row):
    if np.median(with_row) == np.median(without_row):
        return  # the direction of the test is then a convention
    grid = np.linspace(0, 1, 51)
    one = empirical_curve(with_row, without_row).at(grid)
    other = empirical_curve(-with_row, -without_row).at(grid)
    np.testing.assert_allclose(one, other, atol=1e-12)


@given(mus, st.floats(0.01, 0.99))
def test_mu_is_recovered_from_any_point_of_its_curve(mu, alpha):
    beta = gaussian_beta(mu, alpha)
    if 1e-9 < beta < 1 - 1e-9:
        assert mu_from_errors(alpha, beta) == pytest.approx(abs(mu), abs=1e-6)


@given(mus)
def test_a_stronger_influence_is_easier_to_tell(mu):
    grid = np.linspace(0, 1, 21)
    assert np.all(gaussian_beta(abs(mu) + 0.5, grid) <= gaussian_beta(mu, grid) + 1e-12)


@pytest.mark.parametrize("mu", [-2.0, 0.0, 0.5, 1.0, 3.0])
def test_the_empirical_curve_of_normal_samples_approaches_g_mu(mu):
    random = np.random.default_rng(0)
    curve = empirical_curve(random.normal(mu, 1, 20_000), random.normal(0, 1, 20_000))
    grid = np.linspace(0.01, 0.99, 99)  # α = 0 is set by the sample's single largest draw
    assert np.abs(curve.at(grid) - gaussian_beta(mu, grid)).max() < 0.02
    assert float(mu_from_auc(curve.auc())) == pytest.approx(abs(mu), abs=0.05)


def test_a_curve_needs_draws_and_refuses_nan():
    with pytest.raises(ValueError, match="at least one draw"):
        empirical_curve([], [1.0])
    with pytest.raises(ValueError, match="NaN"):
        empirical_curve([1.0, np.nan], [1.0])
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        gaussian_beta(1.0, 1.5)


def test_gaussian_curves_never_cross_but_others_may():
    assert crossings(gaussian_curve(0.5), gaussian_curve(2.5)) == []
    # a rare, perfectly telling event against a common, weak one
    random = np.random.default_rng(1)
    base = random.normal(0, 1, 5000)
    rare = np.where(random.random(5000) < 0.25, 8.0, 0.0) + random.normal(0, 1, 5000)
    found = crossings(empirical_curve(rare, base), gaussian_curve(0.7))
    assert len(found) == 1
    assert 0 < found[0] < 1
