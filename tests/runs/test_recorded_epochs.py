"""Which epochs a run records, and what a group's rows and the rest share of what was recorded."""

import numpy as np
import pytest

from finine_core.influence import SignalStore, group_signals, member_sums, signal_plan
from finine_core.influence.signal_plan import recorded_epochs
from tests.trained import trained

EPOCHS = 12


@pytest.fixture
def recorded(table, tmp_path, monkeypatch):
    """Give `recorded(which)`: the signals of a run that was told which epochs to record."""
    monkeypatch.setattr(signal_plan, "SHORT_STEPS", 0)  # a longer run in all but its steps

    def run(**options):
        found = trained(
            table, label="label", id="name", epochs=EPOCHS, batch_size=25, home=tmp_path, **options
        )
        return SignalStore(found.folder.signals)

    return run


def test_late_epochs_are_recorded_unless_all_are_asked_for(recorded):
    late, every = recorded(), recorded(record_epochs="all")
    assert late.plan.recorded == recorded_epochs(EPOCHS, 1) != tuple(range(EPOCHS))
    assert every.plan.recorded == tuple(range(EPOCHS))
    # what is recorded changes nothing of the training
    np.testing.assert_array_equal(late.losses(), every.losses()[list(late.plan.recorded)])


def test_the_variance_of_the_rest_is_that_of_its_own_signals(recorded):
    store = recorded()
    plan, signals = store.plan, store.target("validation")
    assert len({plan.weight(line) for line in range(len(plan.recorded))}) > 1
    members = np.arange(40)
    _, rest = group_signals(signals, plan, member_sums(signals, members), refill=True)
    every = signals.signal.astype(np.float64)
    expected = every[:, 40:].var(axis=1, ddof=1) / every.var(axis=1, ddof=1)
    assert rest[:, 0] / signals.variance[:, 0] == pytest.approx(expected, rel=1e-3)
