"""Signals that an earlier finine recorded, step by step, still give the numbers they gave."""

import json
import shutil

import numpy as np
import pytest

from finine_core.errors import FinineError
from finine_core.influence import (
    SignalStore,
    TargetSignals,
    estimator,
    group_curve,
    group_influence,
    row_curve,
)
from finine_core.influence.groups import group_signals, member_sums

ROWS, EPOCHS, BATCH, PROBES = 30, 4, 8, 12
PER_EPOCH = 4  # the last batch has 6 rows; it was never recorded
TOTAL = EPOCHS * PER_EPOCH
STEPS = (0, 2, 5, 9, 12, 14)
QUANTITIES = ("signal", "background", "trend", "variance")


def written(folder, schema, rows=ROWS):
    """A store as it was written: T × n arrays, the batches and the learning rates; its arrays."""
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    found = {}
    for target in ("self", "validation"):
        for carried in (False, True)[:schema]:
            for quantity in QUANTITIES:
                own = quantity == "signal" or target == "self"
                values = random.normal(0.3, 1.0, size=(len(STEPS), rows if own else 1))
                values = np.abs(values) if quantity == "variance" else values
                values = values.astype(np.float32)
                stem = f"{target}.carried" if carried else target
                np.save(folder / f"{stem}.{quantity}.npy", values)
                found[target, carried, quantity] = values
    batches = np.stack([random.choice(rows, BATCH, replace=False) for _ in STEPS])
    found["batches"], found["losses"] = batches, random.random((len(STEPS), rows), np.float32)
    np.save(folder / "batches.npy", batches)
    np.save(folder / "losses.npy", found["losses"])
    np.save(folder / "learning_rates.npy", np.full(len(STEPS), 0.01))
    index = {
        "schema": schema, "rows": rows, "steps": list(STEPS), "total_steps": TOTAL,
        "epochs": EPOCHS, "batch_size": BATCH, "probe_rows": PROBES,
        "targets": ["self", "validation"], "row_targets": ["self"],
    }  # fmt: skip
    if schema == 2:
        index["carried"] = True
    (folder / "index.json").write_text(json.dumps(index))
    return found


@pytest.fixture(params=[1, 2])
def old(request, tmp_path):
    arrays = written(tmp_path / "signals", request.param)
    return request.param, SignalStore(tmp_path / "signals"), arrays


def test_mu_is_signal_over_pooled_deviation(old):
    schema, store, arrays = old
    for target in ("self", "validation"):
        for carried in (False, True)[:schema]:
            signal, variance = (
                arrays[target, carried, one].astype(np.float64) for one in ("signal", "variance")
            )
            expected = EPOCHS / np.sqrt(TOTAL) * signal.mean(0) / np.sqrt(variance.mean(0))
            chosen = estimator("carried" if carried else "gaussian")
            found = chosen.mu(store.target(target, carried=carried))
            np.testing.assert_allclose(found, expected, rtol=1e-6)
    if schema == 1:
        with pytest.raises(FinineError, match="not carried to its end"):
            store.target("self", carried=True)


def test_lines_are_the_recorded_steps(old):
    _, store, arrays = old
    assert store.plan.by_steps
    assert store.plan.places == ("step", list(STEPS))
    np.testing.assert_allclose(store.mean_losses(), arrays["losses"].mean(0), rtol=1e-6)


def test_a_trend_from_probes_adds_its_own_noise(old):
    _, store, arrays = old
    background, trend = (arrays["self", False, one] for one in ("background", "trend"))
    expected = (background - trend) / np.sqrt(1 + BATCH / PROBES)
    np.testing.assert_allclose(store.target("self").residual(), expected, rtol=1e-5)


def test_a_rows_curve_is_drawn_without_its_own_share_of_the_batches(old):
    _, store, arrays = old
    place = int(arrays["batches"][0, 0])
    signal, background, trend, variance = (arrays["validation", False, q] for q in QUANTITIES)
    own = np.where((arrays["batches"] == place).any(1), signal[:, place], 0)[:, None]
    expected = TargetSignals(
        signal[:, place : place + 1], background - own, trend, variance, EPOCHS / np.sqrt(TOTAL)
    )
    found = store.row("validation", place)
    np.testing.assert_allclose(found.residual(), expected.residual(), rtol=1e-6)
    curves = [
        row_curve(one, store.plan, row_number=0, target="validation",
                  mu=1.0, mu_low=0.5, mu_high=1.5, seed=3)
        for one in (found, expected)
    ]  # fmt: skip
    np.testing.assert_array_equal(curves[0].beta, curves[1].beta)


def test_groups_are_held_against_the_rest_of_full_batches(old):
    _, store, arrays = old
    signals, members, others = store.target("validation"), np.array([1, 4, 9]), ROWS - 3
    signal, _, trend, variance = (
        arrays["validation", False, one].astype(np.float64) for one in QUANTITIES
    )
    columns, rest = group_signals(signals, store.plan, member_sums(signals, members), refill=True)
    mean, own = trend[:, 0] / BATCH, signal[:, members]
    rest_mean = (ROWS * mean - own.sum(1)) / others
    np.testing.assert_allclose(columns.signal[:, 0], own.sum(1) - 3 * rest_mean, rtol=1e-5)
    squares = (ROWS - 1) * variance[:, 0] / BATCH - 3 * own.var(1)
    squares -= 3 * others / ROWS * (own.mean(1) - rest_mean) ** 2
    expected = BATCH * np.maximum(squares, 0) / (others - 1)
    np.testing.assert_allclose(rest[:, 0], expected, rtol=1e-5)
    found = group_influence(signals, store.plan, members, seed=0)
    pooled = (variance[:, 0] + expected).mean() / 2
    mu = EPOCHS / np.sqrt(TOTAL) * (own.sum(1) - 3 * rest_mean).mean() / np.sqrt(pooled)
    assert found.mu == pytest.approx(mu, rel=1e-4)
    assert np.isfinite(group_curve(signals, store.plan, members, found, seed=0).beta).all()


def test_an_old_run_is_looked_at_as_ever(own_run):
    """Its table of a row's signals is by steps, and its curve and groups are there."""
    folder = own_run.folder
    rows = SignalStore(folder.signals).plan.rows
    shutil.rmtree(folder.signals)
    (folder.path / "checksums.json").unlink()  # which old runs had none of
    arrays = written(folder.signals, 2, rows=rows)
    row = int(own_run.scores(top=1)["row_number"].iloc[0])
    table = own_run.signals(row, "self")
    assert table["step"].tolist() == list(STEPS)
    place = int(np.flatnonzero(own_run._results.training_rows() == row)[0])
    for name, carried in (("", False), ("carried_", True)):
        np.testing.assert_array_equal(
            table[f"{name}signal"], arrays["self", carried, "signal"][:, place]
        )
        deviation = np.sqrt(arrays["self", carried, "variance"][:, place])
        np.testing.assert_array_equal(table[f"{name}deviation"], deviation)
    np.testing.assert_array_equal(table["loss"], arrays["losses"][:, place])
    assert np.isfinite(own_run.curve(row, "validation").beta).all()
    assert np.isfinite(own_run.group(rows=[row], target="validation").mu)
