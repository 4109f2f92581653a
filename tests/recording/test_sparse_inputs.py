"""Inputs that are mostly zeros: the same numbers as of whole rows."""

import numpy as np
import pytest
import torch
from scipy.sparse import csr_array
from torch import nn

from finine_core.gradients import RowGradients
from finine_core.influence import SignalStore, SignalWriter, recorder
from finine_core.influence.recorder import Recorder, plan_for
from finine_core.recording.inputs import FirstLayer, sparse_inputs
from finine_core.training.models import model_kind
from finine_core.training.settings import Settings
from finine_core.training.trainer import Trainer

LOSS = nn.CrossEntropyLoss(reduction="none")


def terms(rows, there=3, width=100, seed=0):
    random = np.random.default_rng(seed)
    x = np.zeros((rows, width), dtype=np.float32)
    x[np.arange(rows)[:, None], random.integers(0, width, (rows, there))] = random.random(there) + 1
    return torch.from_numpy(x), torch.from_numpy(random.integers(0, 3, rows))


@pytest.mark.parametrize("bias", [True, False])
def test_products_are_those_of_whole_rows(bias):
    (x, y), (other_x, other_y) = terms(20), terms(7, seed=1)
    gradients = RowGradients(nn.Linear(100, 3, bias=bias).eval(), LOSS)
    key = ("weight", "bias") if bias else ("weight",)
    rows, probe = gradients.rows(x, y), gradients.rows(other_x, other_y)
    sparse = rows.with_sparse_inputs(key, csr_array(x.numpy()))
    sparse_probe = probe.with_sparse_inputs(key, csr_array(other_x.numpy()))
    direction = gradients.mean_gradient(other_x, other_y)
    for mine, theirs in ((sparse, probe), (sparse, sparse_probe), (rows, sparse_probe)):
        torch.testing.assert_close(mine.pairs(theirs), rows.pairs(probe))
    torch.testing.assert_close(sparse.squared_norms(), rows.squared_norms())
    torch.testing.assert_close(sparse.along(direction), rows.along(direction))
    some = slice(3, 9)
    torch.testing.assert_close(sparse.take(some).pairs(probe), rows.pairs(probe)[some])
    for name, value in rows.summed_gradient().items():
        torch.testing.assert_close(sparse.summed_gradient()[name], value)


@pytest.mark.parametrize("model", ["logistic", "mlp"])
def test_a_recorded_run_says_the_same_whether_zeros_are_kept_or_not(model, tmp_path, monkeypatch):
    x, y = terms(90)
    found = {}
    for kept in (True, False):
        if kept:
            monkeypatch.setattr(recorder, "sparse_inputs", lambda inputs: None)  # noqa: ARG005
        else:
            monkeypatch.undo()
        built = model_kind(model).seeded((100,), 3, seed=0)
        trainer = Trainer(built, x[:70], y[:70], x[70:], y[70:], Settings(3, 16, 0.1, "sgd", 0, 0))
        plan = plan_for(trainer, ("self", "validation"))
        watcher = Recorder(trainer, SignalWriter(tmp_path / str(kept), plan))
        trainer.run([watcher])
        assert (watcher._sparse is None) == kept
        found[kept] = SignalStore(tmp_path / str(kept))
    for target in ("self", "validation"):
        for carried in (False, True):
            whole, few = (found[one].target(target, carried=carried) for one in (True, False))
            for name in ("signal", "variance", "background"):
                np.testing.assert_allclose(
                    getattr(few, name), getattr(whole, name), rtol=2e-3, atol=1e-6, err_msg=name
                )


def test_only_numbers_in_columns_of_which_few_are_there_are_taken_so():
    x, _ = terms(50)
    assert sparse_inputs(x) is not None
    assert sparse_inputs(torch.rand(50, 100)) is None
    assert sparse_inputs(torch.zeros(50, 10, dtype=torch.long)) is None
    assert sparse_inputs(torch.zeros(50, 1, 5, 5)) is None


def test_a_layer_that_does_not_take_the_inputs_themselves_keeps_what_it_sees(tmp_path):
    x, y = terms(60)
    built = nn.Sequential(nn.Dropout(0.0), nn.ReLU(), nn.Linear(100, 3))
    trainer = Trainer(built, x[:50], y[:50], x[50:], y[50:], Settings(2, 16, 0.1, "sgd", 0, 0))
    watcher = Recorder(trainer, SignalWriter(tmp_path / "signals", plan_for(trainer, ("self",))))
    seen = []
    found = FirstLayer.of
    try:
        FirstLayer.of = staticmethod(lambda *given: seen.append(found(*given)) or seen[-1])
        trainer.run([watcher])
    finally:
        FirstLayer.of = staticmethod(found)
    assert seen == [None, None], "a window an epoch, and the layer sees what ReLU made"
    assert (SignalStore(tmp_path / "signals").target("self").variance > 0).all()
