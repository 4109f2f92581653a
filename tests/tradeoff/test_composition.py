"""Composition: against exact sums, against Gaussians, and as an algebra."""

from functools import reduce

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from finine_core.tradeoff import (
    Curve,
    compose,
    compose_gaussian,
    compose_power,
    dominates,
    empirical_curve,
    gaussian_beta,
    gaussian_curve,
    identity_curve,
    mu_bounds,
    mu_from_curve,
    require_trade_off,
)

GRID = np.linspace(0, 1, 401)
# A single outcome of probability ½ split between two ratios .0014 apart; the rounding of chords.
DISCRETE_TOLERANCE = 5e-4
CHORDS = 1e-4

masses = st.lists(st.integers(0, 20), min_size=4, max_size=4).filter(any)
pairs = st.tuples(masses, masses).map(lambda pq: tuple(np.array(x) / sum(x) for x in pq))


def curve_of(null, other):
    """T(P, Q) of two distributions over a few outcomes, by sorting their ratios."""
    kept = (null > 0) | (other > 0)
    null, other = null[kept], other[kept]
    with np.errstate(divide="ignore"):
        order = np.argsort(-(other / null), kind="stable")
    alpha = np.concatenate([[0.0], np.cumsum(null[order])])
    beta = np.concatenate([[1.0], 1 - np.cumsum(other[order])])
    alpha[-1], beta[-1] = 1.0, 0.0
    alpha, beta = np.append(alpha, 1.0), np.clip(np.append(beta, 0.0), 0, 1)
    last = np.append(np.diff(alpha) > 0, True)  # the lowest β of each α
    return Curve(alpha[last], beta[last])


def fine(mu):
    return gaussian_curve(mu, 3001, even_in="quantile")


def gap(one, other):
    grid = np.union1d(GRID, np.union1d(one.alpha, other.alpha))
    return one.at(grid) - other.at(grid)


@settings(max_examples=25, deadline=None)
@given(pairs, pairs)
def test_a_composition_is_the_curve_of_all_pairs_of_outcomes(one, other):
    found = compose([curve_of(*one), curve_of(*other)])
    require_trade_off(found)
    exact = curve_of(*(np.outer(a, b).ravel() for a, b in zip(one, other, strict=True)))
    # Sides that are never or always told apart included: zero and infinite ratios.
    assert np.abs(gap(found, exact)[1:]).max() < DISCRETE_TOLERANCE
    assert gap(found, exact).max() < CHORDS, "rounding is conservative: not above the truth"


@pytest.mark.parametrize("mus", [(1, 2), (0.1, 0.2), (0.01, -0.02), (0.5, 3), (1, 1, 1, 1)])
def test_gaussian_influences_compose_in_squares(mus):
    found = compose([fine(mu) for mu in mus])
    total = compose_gaussian(mus)
    assert total == pytest.approx(np.sqrt(sum(mu**2 for mu in mus)))
    np.testing.assert_allclose(found.at(GRID), gaussian_beta(total, GRID), atol=2e-5)
    assert mu_from_curve(found) == pytest.approx(total, abs=5e-5)


@pytest.mark.parametrize("step", [0.5, 0.1, 0.02])
def test_rounding_errs_to_the_easier_side_and_shrinks_with_the_square_of_the_step(step):
    error = compose([fine(1), fine(2)], step=step).at(GRID) - gaussian_beta(5**0.5, GRID)
    assert error.max() < 2e-6
    assert 0.02 * step**2 < -error.min() < 0.05 * step**2


@pytest.mark.parametrize(("mu", "count"), [(0.3, 10), (0.1, 100)])
def test_a_power_is_the_gaussian_of_mu_times_root_k(mu, count):
    found = compose_power(fine(mu), count).at(GRID)
    np.testing.assert_allclose(found, gaussian_beta(mu * count**0.5, GRID), atol=1e-5)


@pytest.mark.parametrize("count", [2, 3, 7])
def test_a_power_is_the_repeated_composition(count):
    curve = curve_of(np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.2, 0.3, 0.4, 0.1]))
    one, other = compose_power(curve, count), compose([curve] * count)
    assert np.abs(gap(one, other)).max() < 1e-9
    # How often each outcome came up is all that matters: an exact check by enumeration.
    null, other = np.array([0.5, 0.3, 0.2, 0.0]), np.array([0.2, 0.3, 0.4, 0.1])
    exact = curve_of(
        reduce(np.multiply.outer, [null] * count).ravel(),
        reduce(np.multiply.outer, [other] * count).ravel(),
    )
    assert np.abs(gap(one, exact)).max() < DISCRETE_TOLERANCE


def test_many_small_coin_steps_become_gaussian():
    count, bias = 200, 0.02
    coin = curve_of(np.array([0.5 + bias, 0.5 - bias]), np.array([0.5 - bias, 0.5 + bias]))
    found = compose_power(coin, count)
    heads = np.arange(count + 1)
    exact = curve_of(binom.pmf(heads, count, 0.5 + bias), binom.pmf(heads, count, 0.5 - bias))
    assert np.abs(gap(found, exact)).max() < DISCRETE_TOLERANCE
    low, high = mu_bounds(found)
    assert high - low < 0.05
    assert low < 4 * bias * count**0.5 < high + 0.01  # P's and Q's means, in standard deviations


def test_guessing_adds_nothing():
    curve = empirical_curve([0.0, 1.0, 2.0, 5.0], [0.0, 0.5, 1.5, 1.0])
    assert gap(compose([identity_curve(), identity_curve()]), identity_curve()) == pytest.approx(0)
    for both in ([curve, identity_curve()], [identity_curve(), curve]):
        found = compose(both)
        assert np.abs(gap(found, curve)).max() < DISCRETE_TOLERANCE
    np.testing.assert_array_equal(compose([]).at(GRID), 1 - GRID)
    np.testing.assert_array_equal(compose_power(curve, 0).at(GRID), 1 - GRID)
    assert compose([curve]) is curve
    assert compose_power(curve, 1) is curve


@settings(max_examples=10, deadline=None)
@given(pairs, pairs, pairs)
def test_the_order_and_the_grouping_of_steps_do_not_matter(one, other, third):
    a, b, c = (curve_of(*pair) for pair in (one, other, third))
    assert np.abs(gap(compose([a, b, c]), compose([c, b, a]))).max() < 1e-4
    left, right = compose([compose([a, b]), c]), compose([a, compose([b, c])])
    # Gridded twice, on grids of different step.
    assert np.abs(gap(left, right)[1:]).max() < 3 * DISCRETE_TOLERANCE


@settings(max_examples=10, deadline=None)
@given(pairs, pairs)
def test_another_step_never_makes_the_sides_harder_to_tell(one, other):
    a, b = curve_of(*one), curve_of(*other)
    both = compose([a, b])
    assert dominates(both, a, tolerance=CHORDS)
    assert dominates(both, b, tolerance=CHORDS)


def test_perfect_evidence_stays_perfect():
    sure = Curve(np.array([0.0, 1.0]), np.array([0.0, 0.0]))
    assert compose([sure, identity_curve()]).at(0.0) == pytest.approx(0, abs=1e-12)
    rare = Curve(np.array([0.0, 1.0]), np.array([0.75, 0.0]))  # telling, one time in four
    assert compose_power(rare, 3).at(0.0) == pytest.approx(0.75**3, abs=1e-9)


def test_signs_do_not_cancel_and_nan_is_refused():
    assert compose_gaussian([1.0, -1.0]) == pytest.approx(2**0.5)
    assert compose_gaussian([]) == 0
    with pytest.raises(ValueError, match="NaN"):
        compose_gaussian([1.0, np.nan])


def test_what_cannot_be_composed_is_refused_by_name():
    bent = Curve(np.array([0.0, 0.5, 1.0]), np.array([1.0, 0.9, 0.0]))
    with pytest.raises(ValueError, match="curve 1 of 2: not a trade-off function"):
        compose([identity_curve(), bent])
    with pytest.raises(ValueError, match="not a trade-off"):
        compose_power(bent, 2)
    with pytest.raises(ValueError, match="count must be at least 0; got -1"):
        compose_power(identity_curve(), -1)
    for step in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="step must be positive"):
            compose([fine(1), fine(1)], step=step)
    with pytest.raises(ValueError, match="cells"):
        compose([fine(1), fine(1)], step=1e-9)
