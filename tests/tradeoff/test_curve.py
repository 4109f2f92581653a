"""Theory that every trade-off function must obey, whatever the samples behind it."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from finine_core.tradeoff import (
    Curve,
    empirical_curve,
    gaussian_curve,
    identity_curve,
    inverse,
    lower_envelope,
    require_trade_off,
    symmetrise,
)

GRID = np.linspace(0, 1, 101)
samples = arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5, width=16))
curves = st.builds(empirical_curve, samples, samples)


@settings(max_examples=30, deadline=None)
@given(samples, samples)
def test_an_empirical_curve_is_a_trade_off_function(with_row, without_row):
    curve = empirical_curve(with_row, without_row)
    beta = curve.at(GRID)
    assert np.all(np.diff(beta) <= 1e-12), "non-increasing"
    assert np.all(np.diff(beta, 2) >= -1e-9), "convex"
    assert np.all(beta <= 1 - GRID + 1e-12), "never worse than guessing"
    assert beta[-1] == 0
    require_trade_off(curve)


@settings(max_examples=30, deadline=None)
@given(curves)
def test_the_inverse_of_the_inverse_is_the_curve(curve):
    mirrored = inverse(curve)
    require_trade_off(mirrored)
    np.testing.assert_allclose(inverse(mirrored).at(GRID), curve.at(GRID), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(samples, samples)
def test_changing_places_of_the_hypotheses_mirrors_the_curve(with_row, without_row):
    one = inverse(empirical_curve(with_row, without_row, direction="lower"))
    other = empirical_curve(without_row, with_row, direction="upper")
    np.testing.assert_allclose(one.at(GRID), other.at(GRID), atol=1e-12)


@settings(max_examples=30, deadline=None)
@given(curves, st.floats(0, 1))
def test_the_budget_of_a_beta_is_the_least_alpha_that_reaches_it(curve, beta):
    alpha = float(curve.alpha_at(beta))
    assert curve.at(alpha) <= beta + 1e-12
    if alpha > 1e-6:
        assert curve.at(alpha - 1e-6) > beta
    assert alpha == pytest.approx(float(inverse(curve).at(beta)), abs=1e-12)


@settings(max_examples=30, deadline=None)
@given(curves)
def test_a_symmetrised_curve_is_its_own_inverse_and_on_its_side_of_both(curve):
    mirrored = inverse(curve)
    for upper in (False, True):
        even = symmetrise(curve, upper=upper)
        require_trade_off(even)
        np.testing.assert_allclose(inverse(even).at(GRID), even.at(GRID), atol=1e-9)
        sign = 1 if upper else -1
        for one in (curve, mirrored):
            assert np.all(sign * (even.at(GRID) - one.at(GRID)) >= -1e-12)


def test_symmetrising_changes_no_symmetric_curve():
    curve = gaussian_curve(1.0, even_in="quantile")
    for upper in (False, True):
        # A corner of one is a chord of the other, 0.085 apart in Φ⁻¹(α).
        np.testing.assert_allclose(
            symmetrise(curve, upper=upper).at(GRID), curve.at(GRID), atol=1e-3
        )


@settings(max_examples=30, deadline=None)
@given(arrays(np.float64, st.tuples(st.integers(1, 200), st.just(2)), elements=st.floats(0, 1)))
def test_the_envelope_is_convex_below_all_points_and_made_of_them(points):
    alpha, beta = np.concatenate([points, [[0.0, 1.0], [1.0, 0.0]]]).T
    curve = lower_envelope(alpha, beta)
    assert np.all(curve.at(alpha) <= beta + 1e-12)
    require_trade_off(curve)
    assert set(zip(curve.alpha, curve.beta, strict=True)) <= set(zip(alpha, beta, strict=True))


def test_the_envelope_of_many_noisy_points_is_that_of_the_plain_chain():
    random = np.random.default_rng(0)
    alpha = np.sort(random.random(3000))
    beta = np.clip((1 - alpha) ** 2 + random.normal(0, 0.05, 3000), 0, 1)
    hull = []
    for x, y in zip(alpha, beta, strict=True):
        while len(hull) >= 2 and (hull[-1][0] - hull[-2][0]) * (y - hull[-2][1]) <= (
            hull[-1][1] - hull[-2][1]
        ) * (x - hull[-2][0]):
            hull.pop()
        hull.append((x, y))
    curve = lower_envelope(alpha[::-1], beta[::-1])
    np.testing.assert_array_equal(np.stack([curve.alpha, curve.beta], axis=1), hull)


@pytest.mark.parametrize(
    ("alpha", "beta", "rule"),
    [
        ([0, 0.5, 1], [1, 0.7, 0], "β = 0.7 at α = 0.5 is above 1 − α = 0.5"),
        ([0, 0.2, 0.4, 1], [0.5, 0.45, 0.1, 0], "β = 0.45 at α = 0.2 is above a chord"),
        ([0, 0.2, 0.4, 1], [0.5, 0.3, 0.4, 0], "β = 0.4 at α = 0.4 is above the β before"),
        ([0, 0.5, 1], [1, -0.1, 0], r"β = -0.1 at α = 0.5 is outside \[0, 1\]"),
        ([0, 0.5, 1], [1, np.nan, 0], "corner 1 holds NaN"),
        ([0, np.nan, 1], [1, 0.5, 0], "corner 1 holds NaN"),
        ([0, 0.5, 0.5, 1], [1, 0.3, 0.2, 0], "increase strictly"),
        ([0.1, 1], [0.5, 0], "from 0 to 1"),
        ([0], [0], "k ≥ 2"),
        ([0, 0.5, 1], [1, 0], "shape"),
    ],
)
def test_what_is_no_trade_off_function_is_refused_with_the_broken_rule(alpha, beta, rule):
    curve = Curve(np.array(alpha, dtype=float), np.array(beta, dtype=float))
    with pytest.raises(ValueError, match=rule):
        require_trade_off(curve)
    with pytest.raises(ValueError, match=rule):
        inverse(curve)


def test_a_budget_is_asked_for_a_probability():
    for beta in (-0.1, 1.1, np.nan):
        with pytest.raises(ValueError, match="β"):
            identity_curve().alpha_at(beta)
