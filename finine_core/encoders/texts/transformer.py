"""A transformer in a folder of this machine, as a frozen text encoder.

Takes the folder as Hugging Face's `save_pretrained` leaves it: `config.json`, `tokenizer.json` and
weights as safetensors. Gives the embeddings of texts, each made once (`embeddings.py`), of length 1
and centred on the training texts.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from finine_core.encoders.texts.base import Features, Watch, watch_nothing
from finine_core.encoders.texts.embedder import Embedder
from finine_core.encoders.texts.embeddings import EmbeddingCache
from finine_core.errors import FinineError
from finine_core.files import sha256_of

EXTRA = 'Install them with: pip install "finine[text]"'
PACKAGES = ("transformers", "tokenizers")
SHARD_TEXTS = 256  # texts between two writes of the cache: so many are lost when a run is stopped
SCHEME = "mean-1"  # how an embedding is made of a model's outputs; part of the cache's names
_SETTINGS = ("config.json", "tokenizer.json", "tokenizer_config.json", "sentence_bert_config.json")
# Directions of the centred embeddings: all texts alike when none is longer than rounding.
SMALLEST_SPREAD = 1e-6


@dataclass(frozen=True, eq=False)
class Transformer:
    """A model in a folder; None where its package is not installed.

    Attributes:
        mend: what to do when there is no folder.
        cache: where embeddings are kept, in folders by model; None for nowhere.
    """

    name: str
    folder: Path | None
    description: str = "a transformer model of your own, in a folder"
    mend: str = ""
    cache: Path | None = None

    def kept_in(self, cache: Path | None) -> Transformer:
        """The same, keeping its embeddings there."""
        return replace(self, cache=cache)

    def problem(self) -> FinineError | None:
        """What is missing: packages, the folder, or a file in it."""
        absent = [one for one in PACKAGES if find_spec(one) is None]
        if absent:
            who = f"The text encoder {self.name} needs the package{'s' * (len(absent) > 1)}"
            return FinineError(f"{who} {' and '.join(absent)}.", f"{EXTRA} {self.mend}".strip())
        if self.folder is None:
            return FinineError(f"The model of the text encoder {self.name} is missing.", self.mend)
        for name in ("config.json", "tokenizer.json"):
            if not (self.folder / name).is_file():
                return FinineError(
                    f"The folder {self.folder} has no {name}.",
                    "Save a model with its fast tokenizer there (save_pretrained of both).",
                )
        if not self._weights():
            return FinineError(
                f"The folder {self.folder} has no weights as safetensors.",
                "Save the model with safetensors (save_pretrained does); pickled weights are"
                " never read, since reading them would run what is in them.",
            )
        return None

    def identity(self) -> str:
        """A digest of the weights, the settings, and the packages that run them."""
        self._require()
        return self._identity

    @cached_property
    def _identity(self) -> str:
        assert self.folder is not None
        parts = [SCHEME, *(f"{one} {_version(one)}" for one in ("torch", *PACKAGES))]
        settings = [self.folder / name for name in _SETTINGS]
        for path in [*self._weights(), *(one for one in settings if one.is_file())]:
            parts.append(f"{path.name} {sha256_of(path)}")
        return hashlib.sha256("\n".join(parts).encode("utf-8")).hexdigest()[:16]

    def features(
        self,
        texts: list[str],
        held_out: list[str],
        *,
        limit: int,  # noqa: ARG002  a model's width is what it is
        seed: int,  # noqa: ARG002  nothing is drawn
        watch: Watch = watch_nothing,
    ) -> Features | None:
        """Embeddings of length 1, less their mean over the training texts."""
        found = self._of([*texts, *held_out], watch)
        rows = np.stack([found[text] for text in (*texts, *held_out)]).astype(np.float64)
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        rows = np.divide(rows, norms, out=np.zeros_like(rows), where=norms > 0)
        # The mean direction is the same for every row: a model's bias says it better.
        rows -= rows[: len(texts)].mean(axis=0)
        if np.abs(rows[: len(texts)]).max() < SMALLEST_SPREAD:
            return None
        return rows[: len(texts)], rows[len(texts) :]

    def _of(self, texts: list[str], watch: Watch) -> dict[str, np.ndarray]:
        """Text → vector; only what is nowhere stored is embedded."""
        self._require()
        wanted = list(dict.fromkeys(texts))
        stored = EmbeddingCache(self.cache / self._identity) if self.cache else None
        found = stored.find(wanted) if stored else {}
        missing = [text for text in wanted if text not in found]
        if not missing:
            return found
        assert self.folder is not None
        embedder = Embedder(self.folder)
        watch(0, len(missing))
        done: dict[str, np.ndarray] = {}
        for at in range(0, len(missing), SHARD_TEXTS):
            some = missing[at : at + SHARD_TEXTS]
            before = at

            def tell(share: float, before: int = before, count: int = len(some)) -> None:
                watch(before + int(share * count), len(missing))

            vectors = embedder.vectors(some, tell)
            if stored:
                stored.store(some, vectors)
            done |= dict(zip(some, vectors, strict=True))
        return found | done

    def _require(self) -> None:
        if (problem := self.problem()) is not None:
            raise problem

    def _weights(self) -> list[Path]:
        return sorted(self.folder.glob("*.safetensors")) if self.folder else []


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
