"""Some of the rows of a chunk have the products that they have among all of them."""

import pytest
import torch
from torch import nn

from finine_core.gradients import RowGradients
from tests.recording.models import BY_RULES, WITHOUT_RULES, built

pytestmark = pytest.mark.filterwarnings("ignore::finine_core.gradients.FallbackWarning")


@pytest.mark.parametrize("kind", [*BY_RULES, *WITHOUT_RULES])
def test_rows_that_are_taken_keep_their_products(kind):
    model, x, y = built({**BY_RULES, **WITHOUT_RULES}[kind])
    gradients = RowGradients(model.eval(), nn.CrossEntropyLoss(reduction="none"))
    every = gradients.rows(x, y)
    pairs = every.pairs(every)
    first, last = every.take(slice(0, 5)), every.take(slice(17, 22))
    torch.testing.assert_close(first.losses, every.losses[:5])
    torch.testing.assert_close(last.squared_norms(), every.squared_norms()[17:])
    torch.testing.assert_close(first.pairs(last), pairs[:5, 17:])
    torch.testing.assert_close(pairs.diagonal(), every.squared_norms())


def test_a_model_is_by_rules_when_every_layer_has_one():
    for kinds, expected in ((BY_RULES, True), (WITHOUT_RULES, False)):
        for kind in kinds.values():
            model, x, y = built(kind)
            gradients = RowGradients(model.eval(), nn.CrossEntropyLoss(reduction="none"))
            assert gradients.learned(x, y).by_rules == expected
