"""Texts as tokens: terms of the training texts, the rarest of a long one, and a run on them."""

import numpy as np
import pytest

from finine_core import api
from finine_core.dataset import load_dataset
from finine_core.encoders import encode, tokens
from finine_core.errors import FinineError
from finine_core.training.models import bag
from tests.trained import trained

WORDS = ("good", "fine", "bad", "awful")


def table(path, rows=60, extra=""):
    lines = [f"it is {WORDS[k % 4]} film {k},so {WORDS[(k + k % 7) % 4]},{int(k % 4 > 1)}"
             for k in range(rows)]  # fmt: skip
    path.write_text("t,u,y\n" + "\n".join(lines) + extra + "\n", encoding="utf-8")
    return path


def test_the_table_has_room_for_every_token():
    assert bag.VOCABULARY == tokens.VOCABULARY


def test_columns_have_terms_of_their_own_and_share_the_room(tmp_path, monkeypatch):
    monkeypatch.setattr(tokens, "ROW_TOKENS", 10)
    dataset = load_dataset(table(tmp_path / "a.csv"), label="y", text=["t", "u"])
    encoded = encode(dataset, inputs="tokens")
    assert encoded.train_x.dtype == np.int32
    assert encoded.train_x.shape[1] == 10
    first, second = set(encoded.train_x[:, :5].ravel()), set(encoded.train_x[:, 5:].ravel())
    assert first & second <= {tokens.NO_TOKEN}
    assert max(second) <= tokens.VOCABULARY


def test_of_a_long_text_the_rarest_terms_are_kept(tmp_path, monkeypatch):
    dataset = load_dataset(table(tmp_path / "a.csv"), label="y", text=["t"])
    whole = encode(dataset, inputs="tokens").train_x
    monkeypatch.setattr(tokens, "ROW_TOKENS", 5)
    kept = encode(dataset, inputs="tokens").train_x
    counts = np.bincount(whole[whole > 0])
    for row, few in zip(whole, kept, strict=True):
        had = row[row > 0]
        assert set(few) <= set(had)
        assert counts[few].max() <= np.sort(counts[had])[4]


def test_held_out_texts_have_the_terms_of_the_training_texts_only(tmp_path):
    data, other = table(tmp_path / "a.csv"), tmp_path / "b.csv"
    other.write_text("t,u,y\nzzz qqq,so,0\nit is good,so,1\n")
    dataset = load_dataset(data, label="y", text=["t"], validation=str(other))
    found = encode(dataset, inputs="tokens").validation_x
    assert not found[0].any()
    assert found[1].any()


def test_a_run_of_the_model_bag(tmp_path):
    data = table(tmp_path / "a.csv")
    run = trained(
        data, label="y", text=["t"], ignore=["u"], home=tmp_path / "home", model="bag",
        epochs=30,
    )  # fmt: skip
    results = run.record()["results"]
    assert results["train_accuracy"] > 0.9
    assert results["estimator"] == "carried"
    assert (run.scores("self")["mu"] > 0).all()


@pytest.mark.parametrize(
    ("roles", "said"),
    [({"text": ["t"], "features": ["u"]}, "'u' is none"), ({"features": ["u"]}, "'u' is none")],
)
def test_columns_that_it_cannot_read_are_refused(tmp_path, roles, said):
    with pytest.raises(FinineError, match=f"reads text columns only, and {said}"):
        api.plan(table(tmp_path / "a.csv"), label="y", model="bag", home=tmp_path, **roles)
