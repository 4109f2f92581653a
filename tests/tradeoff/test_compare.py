"""Which of two curves is easier to tell, and where they cross."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from finine_core.tradeoff import (
    Curve,
    compare,
    crossings,
    dominates,
    empirical_curve,
    gaussian_curve,
    identity_curve,
)

samples = arrays(np.float64, st.integers(1, 40), elements=st.floats(-5, 5, width=16))
curves = st.builds(empirical_curve, samples, samples)
tolerances = st.sampled_from([0.0, 0.01, 0.1])


def test_gaussian_curves_never_cross_but_others_may():
    assert crossings(gaussian_curve(0.5), gaussian_curve(2.5)) == []
    # a rare, perfectly telling event against a common, weak one
    random = np.random.default_rng(1)
    base = random.normal(0, 1, 5000)
    rare = np.where(random.random(5000) < 0.25, 8.0, 0.0) + random.normal(0, 1, 5000)
    found = crossings(empirical_curve(rare, base), gaussian_curve(0.7))
    assert len(found) == 1
    assert 0 < found[0] < 1
    assert compare(empirical_curve(rare, base), gaussian_curve(0.7)) == "crossing"


@settings(max_examples=25, deadline=None)
@given(curves, curves, tolerances)
def test_two_curves_that_dominate_each_other_are_the_same(one, other, tolerance):
    both = dominates(one, other, tolerance) and dominates(other, one, tolerance)
    assert both == (compare(one, other, tolerance) == "same")
    if both:
        grid = np.linspace(0, 1, 101)
        np.testing.assert_allclose(one.at(grid), other.at(grid), atol=tolerance + 1e-12)


@settings(max_examples=25, deadline=None)
@given(curves, curves, tolerances)
def test_comparing_the_other_way_round_says_the_reverse(one, other, tolerance):
    reverse = {"below": "above", "above": "below", "crossing": "crossing", "same": "same"}
    said = compare(one, other, tolerance)
    assert compare(other, one, tolerance) == reverse[said]
    assert dominates(one, other, tolerance) == (said in {"below", "same"})


@settings(max_examples=25, deadline=None)
@given(curves, curves, curves)
def test_dominance_is_a_partial_order(one, other, third):
    assert dominates(one, one, tolerance=0)
    assert dominates(one, identity_curve(), tolerance=1e-12), "nothing is harder than guessing"
    if dominates(one, other, tolerance=0) and dominates(other, third, tolerance=0):
        assert dominates(one, third, tolerance=1e-12)


@given(st.floats(0, 4), st.floats(0, 4))
def test_gaussian_curves_are_ordered_by_mu(one, other):
    low, high = sorted([one, other])
    assert dominates(gaussian_curve(high), gaussian_curve(low), tolerance=1e-12)
    if high - low > 0.1 and low < 3:
        assert compare(gaussian_curve(high), gaussian_curve(low)) == "below"


def test_a_difference_between_the_points_of_an_even_grid_is_seen():
    spike = Curve(np.array([0.0, 0.001, 1.0]), np.array([1.0, 0.5, 0.0]))
    blunt = Curve(np.array([0.0, 1.0]), np.array([0.5, 0.0]))
    assert compare(spike, blunt) == "above"


def test_impossible_tolerances_and_nan_are_refused():
    for tolerance in (-0.1, np.nan):
        with pytest.raises(ValueError, match="tolerance"):
            dominates(identity_curve(), identity_curve(), tolerance)
    broken = Curve(np.array([0.0, 1.0]), np.array([np.nan, 0.0]))
    with pytest.raises(ValueError, match="NaN"):
        compare(broken, identity_curve())
