"""What is left of a kick, against SGD with momentum on a quadratic, step by step."""

import numpy as np
import pytest

from finine_core.influence import SignalPlan
from finine_core.influence.ends import ends_of
from finine_core.influence.response import Horizon
from finine_core.influence.signal_plan import recorded_epochs

RATE = 0.1


def trained(curvature, kicks, momentum, decay=0.0, start=0.0):
    """Where SGD ends on λx²/2 when each step's gradient deviates by what `kicks` says."""
    x, velocity = start, 0.0
    for kick in kicks:
        velocity = momentum * velocity + (curvature + decay) * x + kick
        x -= RATE * velocity
    return x


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("curvature", [0.0, 1e-4, (1 - 0.9**0.5) ** 2 / RATE, 0.3, 5.0])
def test_effect_noise_and_start_are_those_of_sgd(momentum, curvature):
    total, near, far = 24, 4, 9
    after = Horizon(RATE, momentum, 0.01, (near, far), total, 6, convex=False)
    moved = []
    for later in range(near, far):
        kicks = np.zeros(total)
        kicks[total - 1 - later] = 1.0
        moved.append(-trained(curvature, kicks, momentum, 0.01) / RATE)
    at = np.array([curvature])
    assert after.effect(at)[0] == pytest.approx(np.mean(moved), rel=1e-4)
    assert after.noise(at)[0] == pytest.approx(np.sqrt(np.mean(np.square(moved))), rel=1e-4)
    left = trained(curvature, np.zeros(total), momentum, 0.01, start=1.0)
    assert after.start(at)[0] == pytest.approx(left**2, rel=1e-3, abs=1e-12)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("curvature", [1e-3, 0.1, 3.0])
def test_an_epochs_deviations_cancel_as_in_simulated_epochs(momentum, curvature):
    random, per_epoch, epochs, size = np.random.default_rng(0), 8, 5, 4
    values = random.normal(size=per_epoch * size)
    ends = []
    for _ in range(4000):
        orders = [random.permutation(values).reshape(per_epoch, size) for _ in range(epochs)]
        ends.append(trained(curvature, np.concatenate(orders).mean(axis=1), momentum))
    total, of_a_batch = per_epoch * epochs, values.var(ddof=1) / size
    segments = [(0, 5), (5, 21), (21, total)]  # not whole epochs
    found = sum(
        (far - near)
        * Horizon(RATE, momentum, 0.0, (near, far), total, per_epoch, True).noise(
            np.array([curvature])
        )[0]
        ** 2
        for near, far in segments
    )
    said = RATE**2 * found * of_a_batch
    assert np.var(ends) == pytest.approx(said, rel=0.1)


def test_a_curvature_too_large_for_the_learning_rate_stays_finite():
    for momentum in (0.0, 0.9):
        after = Horizon(RATE, momentum, 0.0, (0, 5000), 10_000, 10, convex=True)
        for answer in (after.effect, after.noise, after.start):
            assert np.isfinite(answer(np.array([1e9]))).all()
            assert abs(answer(np.array([1e9]))[0]) <= 1


def test_recorded_epochs_that_stand_for_uneven_shares_count_by_them():
    """An early epoch stands for those before it, too: the sums over the run are still whole."""
    plan = SignalPlan(9, recorded_epochs(20, 2000), 40, 20, 5, ("self",), ("self",))
    curvature = np.array([0.0, 0.3])
    lines = range(len(plan.recorded))
    found = [
        Horizon(RATE, 0.9, 0.0, plan.left(line), 40, 2, False, plan.weight(line)) for line in lines
    ]
    whole = Horizon(RATE, 0.9, 0.0, (0, 40), 40, 2, False)
    assert len({plan.weight(line) for line in lines}) > 1
    for name, power in (("effect", 1), ("noise", 2)):
        sums = np.mean([getattr(one, name)(curvature) ** power for one in found], axis=0)
        np.testing.assert_allclose(sums, getattr(whole, name)(curvature) ** power)


@pytest.mark.parametrize("epochs", [1, 2, 7, 20])
def test_what_is_left_on_average_over_ends_is_the_mean_over_runs_that_end_there(epochs):
    """Over all recorded epochs: of effects the mean, of noise and start the mean of squares."""
    per_epoch, decay, curvature = 3, 0.01, np.array([0.0, 0.2, 2.0])
    total = epochs * per_epoch
    plan = SignalPlan(9, recorded_epochs(epochs, 2000), total, epochs, 3, ("self",), ("self",))
    lines = [
        ends_of(plan, line, rate=RATE, momentum=0.9, decay=decay, convex=False)
        for line in range(len(plan.recorded))
    ]
    whole = [
        Horizon(RATE, 0.9, decay, (0, end), end, per_epoch, False)
        for end in (max(1, round(one * epochs)) * per_epoch for one in np.linspace(0.75, 1, 6))
    ]
    effect = np.mean([one.effect(curvature) for one in lines], axis=0)
    shares = [one.total / total for one in whole]
    expected = [share * one.effect(curvature) for share, one in zip(shares, whole, strict=True)]
    np.testing.assert_allclose(effect, np.mean(expected, axis=0), rtol=1e-9)
    noise = np.mean([one.noise(curvature) ** 2 for one in lines], axis=0)
    expected = [share * one.noise(curvature) ** 2 for share, one in zip(shares, whole, strict=True)]
    np.testing.assert_allclose(noise, np.mean(expected, axis=0), rtol=1e-9)
    start = np.mean([one.start(curvature) for one in lines], axis=0)
    expected = np.mean([one.start(curvature) for one in whole], axis=0)
    np.testing.assert_allclose(start, expected, rtol=1e-9)
