"""G_μ: its inverse, and the μ of a point, of an area and of a whole curve."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from finine_core.tradeoff import (
    Curve,
    empirical_curve,
    gaussian_alpha,
    gaussian_beta,
    gaussian_curve,
    identity_curve,
    inverse,
    mu_bounds,
    mu_from_auc,
    mu_from_curve,
    mu_from_errors,
    require_trade_off,
)

mus = st.floats(-4, 4)


@settings(max_examples=30, deadline=None)
@given(mus, st.floats(0.01, 0.99))
def test_mu_is_recovered_from_any_point_of_its_curve(mu, alpha):
    beta = gaussian_beta(mu, alpha)
    if 1e-9 < beta < 1 - 1e-9:
        assert mu_from_errors(alpha, beta) == pytest.approx(abs(mu), abs=1e-6)


@settings(max_examples=30, deadline=None)
@given(mus)
def test_a_stronger_influence_is_easier_to_tell(mu):
    grid = np.linspace(0, 1, 21)
    assert np.all(gaussian_beta(abs(mu) + 0.5, grid) <= gaussian_beta(mu, grid) + 1e-12)


@settings(max_examples=30, deadline=None)
@given(mus, st.floats(0.01, 0.99))
def test_the_budget_of_a_gaussian_beta_is_the_alpha_it_came_from(mu, alpha):
    beta = gaussian_beta(mu, alpha)
    assert gaussian_alpha(mu, beta) == pytest.approx(alpha, abs=1e-9)


@pytest.mark.parametrize("even_in", ["alpha", "quantile"])
@pytest.mark.parametrize("mu", [-2.0, 0.0, 0.5, 3.0, 40.0, np.inf])
def test_a_gaussian_curve_is_a_symmetric_trade_off_function(mu, even_in):
    curve = gaussian_curve(mu, 2001, even_in=even_in)
    require_trade_off(curve)
    np.testing.assert_allclose(curve.at(curve.alpha), gaussian_beta(mu, curve.alpha), atol=1e-12)
    budgets = np.linspace(0.01, 0.99, 99)
    np.testing.assert_allclose(inverse(curve).at(budgets), gaussian_alpha(mu, budgets), atol=6e-4)


def test_no_error_and_every_error_are_on_the_curve_of_every_mu():
    np.testing.assert_array_equal(gaussian_beta([0.0, 1.0, -3.0], 0.0), 1.0)
    np.testing.assert_array_equal(gaussian_beta([0.0, 1.0, np.inf], 1.0), 0.0)
    assert gaussian_beta(np.inf, 0.0) == 0
    for point in ((0.0, 1.0), (1.0, 0.0)):
        with pytest.raises(ValueError, match="every μ"):
            mu_from_errors(*point)


@settings(max_examples=30, deadline=None)
@given(st.floats(0.05, 3.5))
def test_mu_of_a_gaussian_curve_is_its_own(mu):
    curve = gaussian_curve(mu, 2001, even_in="quantile")
    assert mu_from_curve(curve) == pytest.approx(mu, abs=1e-4)
    if mu < 3:
        assert mu_bounds(curve) == pytest.approx((mu, mu), abs=1e-4)


@pytest.mark.parametrize("mu", [0.3, 1.0])
def test_the_bounds_enclose_the_mu_of_the_area_and_close_in_as_samples_grow(mu):
    random = np.random.default_rng(0)
    widths = []
    for size in (200, 20_000):
        curve = empirical_curve(random.normal(mu, 1, size), random.normal(0, 1, size))
        low, high = mu_bounds(curve)
        assert low <= mu_from_curve(curve) <= high
        widths.append(high - low)
    assert widths[1] < 0.1 < widths[0]


def test_mu_of_guessing_is_0_and_of_certainty_infinite():
    sure = Curve(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    assert mu_from_curve(identity_curve()) == 0
    assert mu_bounds(identity_curve()) == pytest.approx((0, 0), abs=1e-9)
    assert mu_from_curve(sure) == np.inf
    with pytest.raises(ValueError, match="almost perfectly"):
        mu_bounds(sure)
    with pytest.raises(ValueError, match="margin"):
        mu_bounds(sure, margin=0.5)


def test_nan_and_impossible_numbers_are_refused():
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        gaussian_beta(1.0, 1.5)
    for call in (gaussian_beta, gaussian_alpha):
        with pytest.raises(ValueError, match="NaN"):
            call(np.nan, 0.5)
        with pytest.raises(ValueError, match="NaN"):
            call(1.0, [0.5, np.nan])
    with pytest.raises(ValueError, match="α"):
        mu_from_errors(-0.1, 0.5)
    with pytest.raises(ValueError, match="AUC"):
        mu_from_auc(1.1)
    with pytest.raises(ValueError, match="points"):
        gaussian_curve(1.0, points=1)
