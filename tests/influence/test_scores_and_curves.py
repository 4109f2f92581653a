"""Estimators, intervals, ranks and curves on signals whose true μ is known."""

import tracemalloc

import numpy as np
import pytest

from finine_core.errors import FinineError
from finine_core.influence import (
    ESTIMATORS,
    TARGETS,
    SignalPlan,
    TargetSignals,
    estimator,
    row_curve,
    score_target,
)
from finine_core.influence.bootstrap import block_draws, quantiles, redrawn
from finine_core.influence.curves import GRID, drawn_curves
from finine_core.tradeoff import gaussian_beta

STEPS, EPOCHS, TOTAL = 64, 20, 2000
SCALE = EPOCHS / np.sqrt(TOTAL)


def simulated(mus, seed=0, noise=0.05, rate=1.0):
    """Signals of rows with the given whole-run μ; σ = 1 at every step."""
    random = np.random.default_rng(seed)
    mus = np.asarray(mus, dtype=np.float64)
    signal = mus / SCALE * (1 + noise * random.normal(size=(STEPS, len(mus))))
    background = random.normal(size=(STEPS, len(mus)))
    arrays = [signal * rate, background * rate, 0 * background, rate**2 + 0 * background]
    return TargetSignals(*(a.astype(np.float32) for a in arrays), scale=SCALE)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_a_pooled_estimator_recovers_known_influence_with_its_sign(name):
    true = np.array([-2.0, -0.5, 0.3, 1.0, 4.0])
    found = estimator(name).mu(simulated(true))
    np.testing.assert_allclose(found, true, rtol=0.03)


@pytest.mark.parametrize("name", list(ESTIMATORS))
def test_a_factor_common_to_all_steps_does_not_change_mu(name):
    one, other = (estimator(name).mu(simulated([0.5, 2.0], rate=r)) for r in (1.0, 0.01))
    np.testing.assert_allclose(one, other, rtol=1e-4)


def test_rank_one_is_the_most_suspicious_of_each_target():
    signals = simulated([0.5, 3.0, -1.0])
    mine = score_target(signals, estimator("gaussian"), TARGETS["self"], seed=0)
    theirs = score_target(signals, estimator("gaussian"), TARGETS["validation"], seed=0)
    assert mine.rank.tolist() == [2, 1, 3]
    assert theirs.rank.tolist() == [2, 3, 1]


def test_the_interval_holds_mu_and_grows_with_the_noise_of_the_steps():
    quiet = score_target(simulated([1.0], noise=0.1), estimator("gaussian"), TARGETS["self"], 0)
    noisy = score_target(simulated([1.0], noise=2.0), estimator("gaussian"), TARGETS["self"], 0)
    for one in (quiet, noisy):
        assert one.low[0] <= one.mu[0] <= one.high[0]
    assert (noisy.high - noisy.low)[0] > 5 * (quiet.high - quiet.low)[0]


def test_scores_do_not_depend_on_how_rows_are_chunked(monkeypatch):
    signals = simulated(np.linspace(-1, 1, 23))
    whole = score_target(signals, estimator("gaussian"), TARGETS["validation"], seed=1)
    monkeypatch.setattr("finine_core.influence.scores.CHUNK_ROWS", 5)
    parts = score_target(signals, estimator("gaussian"), TARGETS["validation"], seed=1)
    np.testing.assert_array_equal(whole.low, parts.low)
    np.testing.assert_array_equal(whole.high, parts.high)


def test_a_row_whose_gradients_do_not_vary_is_an_error_not_a_nan():
    signals = simulated([1.0, 1.0])
    signals.variance[:, 1] = 0
    signals.signal[:, 1] = 0
    for numbers, said in ((None, "rows 1"), (np.array([4, 17]), "rows 17")):
        with pytest.raises(FinineError, match=rf"undefined for 1 training rows \({said}\)"):
            score_target(signals, estimator("gaussian"), TARGETS["self"], 0, numbers)


def test_bootstrap_draws_are_whole_blocks_of_neighbours():
    draws = block_draws(64, seed=0).index
    assert draws.min() >= 0
    assert draws.max() < 64
    inside = np.diff(draws[:, :4], axis=1)
    assert (inside == 1).all()


@pytest.mark.parametrize("name", list(ESTIMATORS))
@pytest.mark.parametrize("steps", [1, 7, 32])
@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("carried", [False, True])
def test_all_draws_at_once_are_the_draws_one_by_one(name, steps, shared, carried):
    random = np.random.default_rng(steps)
    signal, background, trend = random.normal(size=(3, steps, 9)).astype(np.float32)
    variance = random.exponential(size=(steps, 1 if shared else 9)).astype(np.float32)
    variance[0] = 0.0  # a step without deviation
    signals = TargetSignals(signal, background, trend, variance, scale=2.0, carried=carried)
    draws = block_draws(steps, seed=3)
    with np.errstate(all="ignore"):
        slow = np.stack([estimator(name).mu(redrawn(signals, draw)) for draw in draws.index])
        fast = estimator(name).mu_of_draws(signals, draws)
    np.testing.assert_allclose(fast, slow, rtol=1e-5, atol=1e-6)


def test_quantiles_are_those_of_numpy_with_values_missing():
    values = np.random.default_rng(0).normal(size=(200, 50))
    values[np.random.default_rng(1).random(values.shape) < 0.3] = np.nan
    values[1:, 7] = np.nan  # one value left
    shares = [0.0, 0.05, 0.5, 0.95, 1.0]
    expected = np.nanquantile(values, shares, axis=0)
    np.testing.assert_allclose(quantiles(values, shares), expected, rtol=1e-12)
    values[:, 3] = np.nan
    assert np.isnan(quantiles(values, shares)[:, 3]).all()


@pytest.mark.parametrize("mu", [0.2, 1.0, 3.0, -1.5])
def test_the_empirical_curve_of_gaussian_signals_is_g_mu(mu):
    plan = SignalPlan(1, tuple(range(STEPS)), TOTAL, EPOCHS, 32, ("validation",), ())
    errors = []
    for seed in range(8):  # 64 recorded residuals know their variance to a tenth
        curve = row_curve(
            simulated([mu], seed=seed),
            plan,
            row_number=0,
            target="validation",
            mu=mu,
            mu_low=mu,
            mu_high=mu,
            seed=seed,
        )
        errors.append(curve.beta - curve.gaussian_beta)
        np.testing.assert_array_equal(curve.gaussian_beta, gaussian_beta(mu, curve.alpha))
        assert np.all(curve.beta <= 1 - curve.alpha + 1e-9)
    assert np.abs(np.mean(errors, axis=0)[2:-2]).max() < 0.04


def banded(mu, low, high):
    plan = SignalPlan(1, tuple(range(STEPS)), TOTAL, EPOCHS, 32, ("validation",), ())
    return row_curve(
        simulated([mu]), plan, row_number=0, target="validation",
        mu=mu, mu_low=low, mu_high=high, seed=0,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("mu", "low", "high"),
    [(1.0, 0.6, 1.5), (-1.0, -1.5, -0.4), (0.3, -0.4, 0.9), (3.0, 2.9, 3.1), (0.5, 0.5, 0.5)],
)
def test_a_band_holds_its_curve_falls_and_stays_below_guessing(mu, low, high):
    found = banded(mu, low, high)
    assert np.all(found.beta_low <= found.beta)
    assert np.all(found.beta <= found.beta_high)
    assert np.all(found.beta_low >= 0)
    assert np.all(found.beta_high <= 1 - found.alpha + 1e-9)
    for edge in (found.beta_low, found.beta_high):
        assert np.all(np.diff(edge) <= 1e-12)


def test_a_band_widens_with_the_interval_and_lies_where_the_ends_of_the_interval_do():
    narrow, wide = banded(1.0, 0.9, 1.1), banded(1.0, 0.2, 2.0)
    np.testing.assert_array_equal(narrow.beta, wide.beta)
    assert np.all(wide.beta_low <= narrow.beta_low)
    assert np.all(wide.beta_high >= narrow.beta_high)
    assert (wide.beta_high - wide.beta_low).mean() > 4 * (narrow.beta_high - narrow.beta_low).mean()
    inner = slice(2, -2)
    for edge, end in ((wide.beta_high, 0.2), (wide.beta_low, 2.0)):
        np.testing.assert_allclose(edge[inner], gaussian_beta(end, GRID)[inner], atol=0.1)


def test_a_band_whose_interval_holds_0_reaches_to_pure_guessing():
    found = banded(-0.3, -0.8, 0.2)
    assert np.abs(found.beta_high - (1 - found.alpha)).max() < 0.05
    assert found.beta_low.min() >= 0


def test_a_curve_of_thousands_of_recorded_steps_takes_little_memory_and_is_g_mu():
    random, steps = np.random.default_rng(0), 3000
    plan = SignalPlan(1, tuple(range(steps)), steps, 10, 32, ("validation",), ())
    tracemalloc.start()
    (curve,) = drawn_curves(
        plan,
        with_variance=np.ones(steps),
        without_variance=np.ones(steps),
        shape=random.choice([-1.0, 1.0], steps),
        shifts=[np.sqrt(steps)],
        seed=0,
    )
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 200 << 20
    alpha = np.linspace(0.05, 0.95, 19)
    np.testing.assert_allclose(curve.at(alpha), gaussian_beta(1.0, alpha), atol=0.05)
