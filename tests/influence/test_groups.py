"""Influence of a group from stored signals: it adds up, and is what drawn batches show."""

from dataclasses import replace

import numpy as np
import pytest

from finine_core.errors import FinineError
from finine_core.influence import (
    SignalPlan,
    SliceColumn,
    TargetSignals,
    estimator,
    group_curve,
    group_influence,
    slice_influences,
)
from finine_core.influence.groups import group_p_values, group_signals, member_sums
from finine_core.tradeoff import empirical_curve, mu_from_auc
from tests.influence.conftest import record, small_trainer

ROWS, BATCH, EPOCHS = 400, 20, 30
TOTAL = EPOCHS * ROWS // BATCH
PLAN = SignalPlan(ROWS, tuple(range(EPOCHS)), TOTAL, EPOCHS, BATCH, ("validation",), ())


def recorded(products, seed=0):
    """What a run with these ⟨g_τ, g_i⟩ in every epoch, (L, n), would store; η = 1."""
    random = np.random.default_rng(seed)
    batches = np.stack([random.choice(ROWS, BATCH, replace=False) for _ in products])
    background = np.take_along_axis(products, batches, axis=1).mean(axis=1, keepdims=True)
    arrays = (
        products / BATCH,
        background,
        products.mean(axis=1, keepdims=True),
        products.var(axis=1, ddof=1, keepdims=True) / BATCH,
    )
    return TargetSignals(*(one.astype(np.float32) for one in arrays), scale=EPOCHS / np.sqrt(TOTAL))


def constant(seed=0, bad=0, trend=0.0):
    """The same products in every epoch; the first `bad` rows are harmful and spread widely."""
    random = np.random.default_rng(seed)
    products = random.normal(trend, 1.0, size=ROWS)
    products[:bad] = random.normal(-1.5, 3.0, size=bad)
    return np.tile(products, (EPOCHS, 1))


def drawn_runs(products, members, runs=4000, seed=1):
    """Summed batch means of whole runs drawn with all rows, and with the others only; by CLT."""
    random = np.random.default_rng(seed)
    sides = []
    for rows in (products, np.delete(products, members)):
        one_step = np.stack(
            [random.choice(rows, BATCH, replace=False).mean() for _ in range(15_000)]
        )
        one_step += rows.mean() - one_step.mean()  # 600 steps would add up the pool's own error
        sides.append(random.choice(one_step, size=(runs, TOTAL)).sum(axis=1))
    return sides


def test_a_plain_group_has_the_sum_of_its_members_influences():
    signals = recorded(np.random.default_rng(0).normal(size=(EPOCHS, ROWS)))
    members = np.array([3, 17, 200, 399])
    found = group_influence(signals, PLAN, members, seed=0, refill=False)
    assert found.mu == pytest.approx(estimator("gaussian").mu(signals)[members].sum(), rel=1e-5)
    assert found.rows == 4
    assert found.low <= found.mu <= found.high


def test_a_refilled_group_is_held_against_a_random_one():
    signals = recorded(constant(trend=2.0))  # removing any row from a run cuts training short
    random = np.random.default_rng(5)
    refilled, plain = (
        [
            group_influence(signals, PLAN, random.choice(ROWS, 40, False), seed=0, refill=one).mu
            for _ in range(60)
        ]
        for one in (True, False)
    )
    assert abs(np.mean(refilled)) < 3 * np.std(refilled) / np.sqrt(60)
    assert np.mean(plain) > 4


@pytest.mark.parametrize("size", [1, 10, 40, 120])
def test_mu_and_the_curve_are_those_of_batches_drawn_with_and_without_the_group(size):
    products = constant(bad=120)
    # the μ of the drawn runs must be one that 4000 of them can tell
    members = np.arange(size) if size < 40 else np.concatenate([np.arange(size), [380, 381]])
    shrink = {1: 1.0, 10: 1.0, 40: 0.3, 120: 0.04}[size]
    values = products[0].copy()
    rest = np.delete(values, members).mean()
    values[members] = shrink * (values[members] - rest) + rest
    signals = recorded(np.tile(values, (EPOCHS, 1)))
    found = group_influence(signals, PLAN, members, seed=0)
    drawn_with, drawn_without = drawn_runs(values, members)
    truth = empirical_curve(drawn_with, drawn_without)
    # a batch drawn without replacement has 5 % less variance than the stored formula says
    direction = np.sign(drawn_with.mean() - drawn_without.mean())
    assert found.mu == pytest.approx(direction * mu_from_auc(truth.auc()), rel=0.08, abs=0.08)
    curves = []
    for seed in range(8):  # 30 recorded residuals know their spread to a ninth
        signals = recorded(np.tile(values, (EPOCHS, 1)), seed)
        curves.append(group_curve(signals, PLAN, members, found, seed=seed).beta)
    alpha = np.linspace(0, 1, 201)
    assert np.abs(np.mean(curves, axis=0) - truth.at(alpha))[2:-2].max() < 0.08


def test_variance_without_the_group_is_that_of_the_other_rows():
    products = np.random.default_rng(2).normal(3.0, 1.0, size=(EPOCHS, ROWS))
    products[:, :50] *= 20
    members = np.arange(50)
    signals = recorded(products)
    _, rest = group_signals(signals, PLAN, member_sums(signals, members), refill=True)
    expected = products[:, 50:].var(axis=1, ddof=1) / BATCH
    np.testing.assert_allclose(rest[:, 0], expected, rtol=0.02)


def test_the_rest_of_a_real_run_is_that_of_its_other_rows_whatever_an_epoch_stands_for(tmp_path):
    """The last batch of an epoch is smaller, and the second epoch stands for the first, too."""
    run = record(small_trainer(), tmp_path, epochs=(1, 2, 3))
    signals, plan = run.store.target("validation"), run.plan
    members, others = np.arange(9), np.arange(9, plan.rows)
    columns, rest = group_signals(signals, plan, member_sums(signals, members), refill=True)
    stored = np.asarray(signals.signal, np.float64)
    gap = stored[:, members].sum(1) - 9 * stored[:, others].mean(1)
    np.testing.assert_allclose(columns.signal[:, 0], gap, rtol=1e-4, atol=1e-6 * np.abs(gap).max())
    assert plan.weights[0] == pytest.approx(2 * plan.weights[1])
    moved = stored[:, others] * plan.batch / np.array(plan.weights)[:, None]  # η ⟨g_τ, g_i⟩
    expected = np.array(plan.weights) * moved.var(axis=1, ddof=1) / plan.noisy_batch
    np.testing.assert_allclose(rest[:, 0], expected, rtol=1e-4)


def test_one_row_has_nearly_its_own_influence_when_there_is_no_trend():
    signals = recorded(constant())
    own = estimator("gaussian").mu(signals)
    found = [group_influence(signals, PLAN, np.array([row]), seed=0).mu for row in range(20)]
    np.testing.assert_allclose(found, own[:20], atol=0.1)


def test_a_group_reads_only_its_members_columns():
    signals = recorded(constant())
    members = np.array([1, 2, 3])
    others = signals.signal.copy()
    others[:, 4:] = np.nan
    poisoned = replace(signals, signal=others)
    first, second = (group_influence(one, PLAN, members, seed=0) for one in (signals, poisoned))
    assert first == second


def test_groups_of_the_row_itself_are_refused_and_so_are_empty_and_whole_ones():
    signals = recorded(constant())
    plan = replace(PLAN, row_targets=("self",))
    with pytest.raises(FinineError, match="Ask for target validation"):
        group_influence(signals, plan, np.arange(3), seed=0, target="self")
    with pytest.raises(FinineError, match="empty"):
        group_influence(signals, PLAN, np.array([], dtype=np.int64), seed=0)
    with pytest.raises(FinineError, match="399 of 400"):
        group_influence(signals, PLAN, np.arange(399), seed=0)
    with pytest.raises(FinineError, match="place 400"):
        group_influence(signals, PLAN, np.array([400]), seed=0)


@pytest.mark.parametrize("size", [10, 100])
def test_p_values_of_random_groups_are_uniform_even_for_heavy_tails(size):
    random = np.random.default_rng(size)
    row_mu = random.normal(size=1000) * np.exp(random.normal(size=1000))
    totals = np.array([row_mu[random.choice(1000, size, False)].sum() for _ in range(4000)])
    p = group_p_values(row_mu, totals, np.full(4000, size))
    assert abs(np.mean(p < 0.05) - 0.05) < 0.015
    assert np.mean(p < 0.005) < 0.02  # heavy tails: the far tail of few rows is not normal


def test_slices_find_the_harmful_value_and_leave_a_random_column_alone():
    products = constant(bad=60)
    signals = recorded(products)
    row_mu = estimator("gaussian").mu(signals)
    random = np.random.default_rng(1)
    source = np.where(np.arange(ROWS) < 60, 0, random.integers(1, 4, ROWS))
    columns = [
        SliceColumn("source", ["web", "a", "b", "c"], source),
        SliceColumn("coin", ["heads", None], random.integers(0, 2, ROWS)),
        SliceColumn("rare", ["few", "many"], (np.arange(ROWS) >= 9).astype(np.int64)),
    ]
    found = slice_influences(signals, PLAN, columns, row_mu, seed=0)
    first = found[0]
    assert (first.column, first.value, first.influence.rows) == ("source", "web", 60)
    assert first.q_value < 0.01
    assert first.influence.high < 0
    alone = group_influence(signals, PLAN, np.arange(60), seed=0, row_mu=row_mu)
    assert first.influence.p_value == pytest.approx(alone.p_value, rel=1e-9)
    assert replace(first.influence, p_value=None) == replace(alone, p_value=None)
    assert all(one.q_value > 0.1 for one in found if one.column == "coin")
    assert {one.value for one in found if one.column == "coin"} == {"heads", None}
    assert not any(one.value == "few" for one in found)
    assert slice_influences(signals, PLAN, [], row_mu, seed=0) == []
