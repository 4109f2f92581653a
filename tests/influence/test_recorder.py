"""What the recorder stores equals the formulas of docs/method.md, computed the slow exact way."""

import numpy as np
import pytest
import torch

from finine_core.errors import FinineError
from finine_core.influence import SignalStore
from finine_core.training.objectives import objective_named
from finine_core.training.objectives.own import OwnLoss
from tests.influence.conftest import HELD_OUT, ROWS, record, small_trainer
from tests.influence.exact import Window


def focal(outputs, labels):
    """A loss of one's own, whose curvature nobody knows."""
    each = torch.nn.functional.cross_entropy(outputs, labels, reduction="none")
    return (1 - torch.exp(-each)).square() * each


def held(noisy):
    return (noisy > 0).float()


CASES = {
    "as in a run": {},
    "three windows an epoch": {"window_steps": 3},
    "a flush a step": {"together": 1},
    "few directions, few curvature rows": {"directions": 6, "curvature_rows": 20},
    "more directions than there are": {"directions": 200},
    "all but one kept": {"directions": 59, "window_steps": 5, "together": 1},
    "some epochs": {"epochs": (1, 3)},
}
TRAINERS = {
    "numbers": {"objective": objective_named("squared"), "targets": lambda one: one[:, :1]},
    "several labels": {"objective": objective_named("multi_label"), "targets": held},
    "adam": {"optimizer": "adam"},
    "a loss of one's own": {"objective": OwnLoss("focal", focal, objective_named("cross_entropy"))},
    "single precision": {"dtype": torch.float32},
}


@pytest.fixture(scope="module", params=[*CASES, *TRAINERS])
def recorded(request, tmp_path_factory):
    trainer = small_trainer(**TRAINERS.get(request.param, {}))
    shared = {}
    if trainer.objective.name == "cross_entropy":
        ones = trainer.validation_y == 1
        shared["class:1"] = (trainer.validation_x[ones], trainer.validation_y[ones])
    folder = tmp_path_factory.mktemp("signals")
    found = record(trainer, folder, shared=shared, **CASES.get(request.param, {}))
    found.windows = [Window(found, place) for place in range(len(found.plan.windows))]
    return found


def compared(recorded, found, expected, what):
    single = recorded.trainer.train_x.dtype == torch.float32
    rtol, atol = (1e-3, 1e-4) if single else (1e-5, 1e-6)  # signals are stored as float32
    for name, values in expected.items():
        scale = np.abs(values).max()
        np.testing.assert_allclose(
            found[name], values, rtol=rtol, atol=atol * scale, err_msg=f"{what}: {name}"
        )


def test_a_run_by_sgd_whose_curvature_is_known_has_both_views(recorded):
    known = recorded.trainer.objective.carried and recorded.trainer.settings.optimizer == "sgd"
    assert recorded.plan.views == ((False, True) if known else (False,))


def test_signals_on_the_row_itself_are_the_exact_ones(recorded):
    for carried in recorded.plan.views:
        stored = recorded.store.target("self", carried=carried)
        for window in recorded.windows:
            expected = window.on_self(carried)
            found = {name: getattr(stored, name)[window.line, window.rows] for name in expected}
            compared(recorded, found, expected, f"window {window.place}, carried {carried}")
        assert not stored.trend.any()


def test_signals_on_shared_targets_are_the_exact_ones(recorded):
    trainer, plan = recorded.trainer, recorded.plan
    for name in [one for one in plan.targets if one != "self"]:
        rows = slice(0, HELD_OUT) if name == "validation" else trainer.validation_y == 1
        x, y = trainer.validation_x[rows], trainer.validation_y[rows]
        for carried in plan.views:
            stored = recorded.store.target(name, carried=carried)
            of_epoch = {}
            for window in recorded.windows:
                expected = window.on_shared(x, y, carried)
                found = {"signal": stored.signal[window.line, window.rows]}
                compared(
                    recorded, found, {"signal": expected["signal"]}, f"{name}, carried {carried}"
                )
                share = (window.beyond - window.first) / plan.per_epoch
                of_epoch.setdefault(window.line, []).append((share, expected))
            for line, parts in of_epoch.items():
                shares = np.array([share for share, _ in parts])
                trend, background, variance = (
                    np.array([one[quantity] for _, one in parts])
                    for quantity in ("trend", "background", "variance")
                )
                expected = {
                    "trend": shares @ trend,
                    "background": shares @ trend + np.sqrt(shares) @ (background - trend),
                    "variance": shares @ variance,
                }
                found = {quantity: getattr(stored, quantity)[line, 0] for quantity in expected}
                compared(recorded, found, expected, f"{name}, carried {carried}, line {line}")


def test_losses_are_those_of_the_steps_that_rows_took_part_in(recorded):
    stored = recorded.store.losses()
    for window in recorded.windows:
        found = stored[window.line, window.rows]
        np.testing.assert_allclose(found, window.losses.numpy(), rtol=1e-5)
    assert stored.shape == (len(recorded.plan.recorded), ROWS)


def test_windows_cover_each_recorded_epoch_once(recorded):
    steps = [k for one in recorded.windows for k in range(one.first, one.beyond)]
    per_epoch = recorded.plan.per_epoch
    assert steps == [
        epoch * per_epoch + k for epoch in recorded.plan.recorded for k in range(per_epoch)
    ]


@pytest.mark.parametrize("name", ["as in a run", "adam", "a loss of one's own"])
def test_recording_does_not_change_training(name, tmp_path):
    watched, plain = (small_trainer(**TRAINERS.get(name, {})) for _ in range(2))
    record(watched, tmp_path)
    plain.run()
    for mine, theirs in zip(watched.model.parameters(), plain.model.parameters(), strict=True):
        assert torch.equal(mine, theirs)


def test_a_row_with_the_batch_to_itself_has_a_finite_background(tmp_path):
    """57 rows in batches of 8: the last batch of an epoch is one row."""
    trainer = small_trainer()
    trainer.train_x, trainer.train_y = trainer.train_x[:57], trainer.train_y[:57]
    store = record(trainer, tmp_path).store
    for carried in (False, True):
        signals = store.target("self", carried=carried)
        assert np.isfinite(signals.background).all()
        assert (signals.background == 0).sum() == len(store.plan.recorded)


def test_a_run_of_one_batch_an_epoch_is_recorded(tmp_path):
    trainer = small_trainer()
    trainer.train_x, trainer.train_y = trainer.train_x[:6], trainer.train_y[:6]
    store = record(trainer, tmp_path).store
    assert np.isfinite(store.target("self", carried=True).variance).all()
    assert (store.target("self").variance > 0).all()


def test_a_reader_cannot_write(recorded):
    with pytest.raises(ValueError, match="read-only"):
        recorded.store.target("self").signal[0, 0] = 1.0


def test_asking_for_a_target_that_was_not_recorded_names_the_recorded_ones(recorded, tmp_path):
    with pytest.raises(FinineError, match="It has: self, validation"):
        recorded.store.target("selfie")
    with pytest.raises(FinineError, match="No signals"):
        SignalStore(tmp_path)
