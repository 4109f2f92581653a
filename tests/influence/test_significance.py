"""The promised rate of false discoveries, held against signals and μ whose truth is known."""

import numpy as np
import pytest

from finine_core.errors import FinineError
from finine_core.influence import TARGETS, TargetSignals, discoveries
from finine_core.influence.significance import (
    MIN_LINES,
    fit_null,
    harm_p_values,
    mean_below_zero,
    q_values,
)

RATES = (0.05, 0.1, 0.2)
SELF, VALIDATION = TARGETS["self"], TARGETS["validation"]


def autocorrelated(steps, rows, phi, random):
    """Stationary AR(1) series of unit variance, (steps, rows)."""
    x = np.empty((steps, rows))
    x[0] = random.normal(size=rows)
    for step in range(1, steps):
        x[step] = phi * x[step - 1] + np.sqrt(1 - phi**2) * random.normal(size=rows)
    return x


def signals_of(units, random):
    """Signals of which `units` are multiples of a batch deviation that changes along the run."""
    deviation = np.exp(np.cumsum(random.normal(0, 0.2, size=(len(units), 1)), axis=0))
    zero = np.zeros_like(deviation, dtype=np.float32)
    return TargetSignals(
        (units * deviation).astype(np.float32), zero, zero, (deviation**2).astype(np.float32), 1.0
    )


def realised(places, bad):
    """Share of false ones among the discoveries (0 when there are none), and share found."""
    return np.mean(~bad[places]) if len(places) else 0.0, np.mean(
        np.isin(np.flatnonzero(bad), places)
    )


def averaged(draw, simulations):
    """Mean FDP and recall at each rate, and the Monte-Carlo error of the FDP."""
    found = np.array(
        [[realised(places, bad) for places, bad in draw(seed)] for seed in range(simulations)]
    )
    return found.mean(axis=0), found[:, :, 0].std(axis=0) / np.sqrt(simulations)


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.5])
@pytest.mark.parametrize("lines", [MIN_LINES, 32, 128])
def test_p_values_of_rows_without_influence_are_uniform_down_to_the_far_tail(lines, phi):
    random = np.random.default_rng(lines)
    p = mean_below_zero(autocorrelated(lines, 60_000, phi, random))
    for level, most in ((0.1, 1.25), (0.01, 1.5), (0.001, 1.6)):
        assert 0.7 < np.mean(p < level) / level < most
    assert len(np.unique(p)) > 50_000, "no least step, as resampling would have"


@pytest.mark.parametrize("phi", [0.0, 0.3, 0.5])
def test_harmful_rows_are_found_at_the_promised_rate(phi):
    def draw(seed):
        random = np.random.default_rng(seed)
        bad = np.arange(800) < 120
        units = autocorrelated(32, 800, phi, random) * random.lognormal(0, 0.7, size=800)
        units += np.where(bad, -1.5, 0.0) * units.std(axis=0)
        signals = signals_of(units, random)
        return [(discoveries(signals, units[0], VALIDATION, q).places, bad) for q in RATES]

    found, error = averaged(draw, 20)
    assert np.all(found[:, 0] <= np.array(RATES) + 2 * error), found
    assert found[1, 1] > 0.3, "and enough of them are found"


def rate_of_false_ones(lines, phi, simulations):
    """Mean share of false ones where 10 % are promised and harmful rows stand out clearly."""

    def draw(seed):
        random = np.random.default_rng([lines, seed])
        bad = np.arange(800) < 120
        units = autocorrelated(lines, 800, phi, random) * random.lognormal(0, 0.7, size=800)
        units += np.where(bad, -4.0, 0.0) * units.std(axis=0)
        signals = signals_of(units, random)
        mu = signals.signal.sum(axis=0, dtype=np.float64)
        return [(discoveries(signals, mu, VALIDATION, 0.1).places, bad)]

    return averaged(draw, simulations)[0][0, 0]


@pytest.mark.parametrize(("phi", "most"), [(0.0, 0.1), (0.3, 0.1), (0.5, 0.115)])
def test_the_fewest_lines_that_are_tested_keep_the_promise(phi, most):
    assert 0.07 < rate_of_false_ones(MIN_LINES, phi, 40) < most


def test_fewer_lines_would_not_keep_it(monkeypatch):
    monkeypatch.setattr("finine_core.influence.significance.MIN_LINES", 4)
    assert rate_of_false_ones(8, 0.5, 40) > 0.12


def test_helpful_rows_and_rows_with_a_mean_signal_above_zero_are_never_called_harmful():
    random = np.random.default_rng(0)
    signals = signals_of(0.5 + 0.2 * random.normal(size=(32, 300)), random)
    assert harm_p_values(signals).min() == 1.0
    assert len(discoveries(signals, np.ones(300), VALIDATION, 0.2).places) == 0


@pytest.mark.parametrize("share", [0.0, 0.1, 0.2])
def test_large_mu_is_found_at_the_promised_rate_when_ordinary_mu_is_log_normal(share):
    def draw(seed):
        random = np.random.default_rng(seed)
        bad = np.arange(1200) < share * 1200
        mu = np.exp(random.normal(-1, 0.5, size=1200) + bad * random.normal(1.8, 0.3, size=1200))
        adjusted = q_values(fit_null(mu).p_values(mu))
        return [(np.flatnonzero(adjusted <= q), bad) for q in RATES]

    found, error = averaged(draw, 10)
    if share:
        assert np.all(found[:, 0] <= np.array(RATES) + 2 * error), found
        assert found[1, 1] > 0.7
    else:  # the rate is the chance of any discovery
        assert np.all(found[:, 0] <= np.array(RATES) + 2 * np.sqrt(np.array(RATES) / 10))


def test_the_fitted_null_is_the_ordinary_rows_whatever_the_others_are():
    random = np.random.default_rng(3)
    mu = np.exp(np.concatenate([random.normal(1, 0.4, 9000), random.normal(3, 0.3, 1000)]))
    null = fit_null(mu)
    assert null.ordinary == pytest.approx(0.9, abs=0.06)
    p = null.p_values(mu)[:9000]
    largest = discoveries(signals_of(np.ones((8, 1)), random), mu, SELF, 0.1).places[:100]
    assert set(largest) == set(np.argsort(-mu)[:100])
    assert 0.04 < np.mean(p < 0.1) < 0.11, "rather too strict than too lax"


def test_q_values_are_those_of_benjamini_and_hochberg():
    p = np.random.default_rng(0).uniform(size=50) ** 2
    ranked = np.sort(p) * 50 / np.arange(1, 51)
    expected = np.minimum.accumulate(ranked[::-1])[::-1]
    np.testing.assert_allclose(np.sort(q_values(p)), np.minimum(expected, 1))


def test_too_little_to_go_by_and_impossible_rates_are_refused():
    random = np.random.default_rng(0)
    few = signals_of(np.ones((MIN_LINES - 1, 200)), random)
    with pytest.raises(FinineError, match=r"12 times are too few.*--record-epochs all"):
        discoveries(few, np.ones(200), VALIDATION, 0.1)
    with pytest.raises(FinineError, match="99 rows are too few"):
        discoveries(few, np.ones(99), SELF, 0.1)
    for wrong in (0.0, 1.0, -0.1, float("nan")):
        with pytest.raises(FinineError, match="cannot be promised"):
            discoveries(few, np.ones(200), SELF, wrong)


def test_rows_without_any_signal_are_no_discoveries():
    random = np.random.default_rng(0)
    units = np.concatenate([np.zeros((32, 100)), random.normal(-5, 1, size=(32, 10))], axis=1)
    found = discoveries(signals_of(units, random), units[0], VALIDATION, 0.1)
    assert sorted(found.places) == list(range(100, 110))
    assert "10 of 110 rows stand out on target validation" in found.words


def test_a_null_cannot_be_learned_where_most_rows_are_tied():
    tied = np.concatenate([np.ones(160), np.linspace(1.1, 2.0, 40)])
    with pytest.raises(FinineError, match="same μ"):
        fit_null(tied)


def test_a_signal_that_is_no_number_does_not_pass_for_a_p_value():
    assert np.isnan(mean_below_zero(np.full((32, 1), np.nan)))
    assert mean_below_zero(np.zeros((32, 1)))[0] == 0.5, "a row without any signal says nothing"
