"""The network for images: every layer has a rule, and its products are those of autograd."""

import pytest
import torch
from torch.func import functional_call, grad, vmap
from torch.nn import functional

from finine_core.gradients import RowGradients
from finine_core.training.models import model_kind


def row_loss(outputs, labels):
    return functional.cross_entropy(outputs, labels, reduction="none")


@pytest.mark.parametrize("shape", [(1, 12, 9), (3, 8, 8)])
def test_norms_and_products_of_rows_are_those_of_vmap(shape):
    model = model_kind("cnn").seeded(shape, 4, seed=0).double()
    torch.manual_seed(1)
    inputs, labels = torch.randn(6, *shape, dtype=torch.float64), torch.randint(0, 4, (6,))
    parameters = dict(model.named_parameters())

    def loss(values, row, label):
        return row_loss(functional_call(model, values, (row[None],)), label[None])[0]

    each = vmap(grad(loss), in_dims=(None, 0, 0))(parameters, inputs, labels)
    flat = torch.cat([each[name].flatten(1) for name in parameters], dim=1)
    gradients = RowGradients(model.eval(), row_loss)
    probe = gradients.probe(inputs[:3], labels[:3])
    found = gradients.products(inputs, labels, norms=True, probes=probe)
    assert not gradients.fallbacks
    torch.testing.assert_close(found.norms, flat.square().sum(dim=1))
    torch.testing.assert_close(found.pairs, flat @ flat[:3].T)
