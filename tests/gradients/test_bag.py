"""The model for tokens: its products are exact, and padding has no gradient."""

import torch

from finine_core.training.models import model_kind


def test_every_product_of_a_bag_is_that_of_exact_gradients(check, monkeypatch):
    from finine_core.training.models import bag

    monkeypatch.setattr(bag, "VOCABULARY", 30)
    model = model_kind("bag").seeded((7,), 3, seed=0).double().eval()
    random = torch.Generator().manual_seed(0)
    tokens = torch.randint(1, 31, (9, 7), generator=random, dtype=torch.int32)
    tokens[2, 3:] = 0
    tokens[5] = 0  # a text without a term
    gradients = check(model, tokens, torch.arange(9) % 3)
    assert not gradients.fallbacks
