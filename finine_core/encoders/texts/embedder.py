"""Runs a transformer of a folder over texts: one vector for each.

Takes `config.json`, `tokenizer.json` and weights as safetensors. No pickle and no code of the
folder is ever read, and nothing is downloaded. A text's vector is the mean of the last layer over
all its tokens. A text longer than the model takes is cut into pieces of the model's length, whose
tokens are averaged together.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from finine_core.errors import FinineError, shown

if TYPE_CHECKING:
    from tokenizers import Tokenizer
    from torch import nn

# At most so many tokens of a text are read, about 3,000 English words: what is beyond moves a mean
# of so many little. The cut by letters comes first, so that no tokenizer gets a text of megabytes.
MAX_TOKENS = 4096
MAX_LETTERS = 16 * MAX_TOKENS
LONGEST_PIECE = 512  # tokens a piece has at most, where the folder does not say: what BERT takes
# A forward pass takes always so many pieces, and lengths in such steps: a matrix product rounds
# otherwise for other shapes, and a text's numbers must not depend on which texts came with it.
PIECES, LENGTH_STEP = 16, 32
_ENDLESS = 1_000_000  # a tokenizer without a limit gives a number beyond this

Piece = tuple[int, list[int]]  # of which text, and its tokens


class Embedder:
    """A loaded model with its tokenizer.

    Raises:
        FinineError: the folder holds no model that gives a vector for each token.
    """

    def __init__(self, folder: Path) -> None:
        self.model = _model(folder)
        self.longest = _longest_piece(folder, self.model)
        self.tokenizer = _tokenizer(folder, self.longest)

    def vectors(self, texts: list[str], told: Callable[[float], None] | None = None) -> np.ndarray:
        """One vector a text, (n, d) float32: zeros for a text without a token.

        Args:
            told: called with the share that is done.
        """
        import torch

        pieces: list[Piece] = []
        for k, encoding in enumerate(
            self.tokenizer.encode_batch([text[:MAX_LETTERS] for text in texts])
        ):
            parts = [encoding.ids, *(one.ids for one in encoding.overflowing)]
            left = MAX_TOKENS
            for ids in parts:
                if ids and left > 0:
                    pieces.append((k, ids))
                    left -= len(ids)
        sums = np.zeros((len(texts), self.width), dtype=np.float64)
        counts = np.zeros(len(texts))
        done = 0
        for some in _batches(pieces):
            rounded = -(-max(len(ids) for _, ids in some) // LENGTH_STEP) * LENGTH_STEP
            longest = min(rounded, self.longest)
            tokens = torch.zeros(PIECES, longest, dtype=torch.int64)
            mask = torch.zeros(PIECES, longest, dtype=torch.int64)
            mask[:, 0] = 1  # of rows that are only there for the shape
            for place, (_, ids) in enumerate(some):
                tokens[place, : len(ids)] = torch.tensor(ids)
                mask[place, : len(ids)] = 1
            with torch.inference_mode():
                hidden = self.model(input_ids=tokens, attention_mask=mask)[0]
                summed = (hidden * mask[..., None]).sum(dim=1).double().numpy()
            for place, (k, ids) in enumerate(some):
                sums[k] += summed[place]
                counts[k] += len(ids)
            done += len(some)
            if told:
                told(done / len(pieces))
        found = sums / np.maximum(counts, 1)[:, None]
        if not np.isfinite(found).all():
            bad = int(np.flatnonzero(~np.isfinite(found).all(axis=1))[0])
            raise FinineError(
                f"The model gives numbers that are not finite for the text {shown(texts[bad])}.",
                "Use another text encoder.",
            )
        return found.astype(np.float32)

    @property
    def width(self) -> int:
        """Numbers in a vector."""
        config: Any = self.model.config
        return int(getattr(config, "hidden_size", None) or config.d_model)


def _batches(pieces: list[Piece]) -> Iterator[list[Piece]]:
    """Pieces of about the same length together, each length by itself; PIECES at most."""
    order = sorted(range(len(pieces)), key=lambda k: len(pieces[k][1]))
    by_length: dict[int, list[Piece]] = {}
    for k in order:
        by_length.setdefault(-(-len(pieces[k][1]) // LENGTH_STEP), []).append(pieces[k])
    for alike in by_length.values():
        for at in range(0, len(alike), PIECES):
            yield alike[at : at + PIECES]


def _model(folder: Path) -> nn.Module:
    import torch
    from transformers import AutoModel
    from transformers.utils import logging

    logging.disable_progress_bar()
    try:
        model, told = AutoModel.from_pretrained(
            str(folder), local_files_only=True, use_safetensors=True, trust_remote_code=False,
            output_loading_info=True, dtype=torch.float32,
        )  # fmt: skip
    except Exception as error:  # whatever is wrong with the folder, the library has its own words
        raise FinineError(
            f"The model in {folder} cannot be loaded ({type(error).__name__}: {error}).",
            "It must be a model that transformers knows by itself, with weights as safetensors.",
        ) from error
    # a pooler is of no use here, and many folders have none
    missing = sorted(one for one in told["missing_keys"] if "pooler" not in one)
    if missing:
        raise FinineError(
            f"The weights in {folder} lack {len(missing)} of the model's tensors"
            f" (first {missing[0]!r}).",
            "Save the model again; without them its numbers would be random ones.",
        )
    if getattr(model.config, "is_encoder_decoder", False):
        model = model.get_encoder()
    found: nn.Module = model.eval()
    return found


def _tokenizer(folder: Path, longest: int) -> Tokenizer:
    from tokenizers import Tokenizer

    try:
        found = Tokenizer.from_file(str(folder / "tokenizer.json"))
    except Exception as error:  # the library raises plain Exceptions
        raise FinineError(
            f"{folder / 'tokenizer.json'} cannot be read ({error}).", "Save the tokenizer again."
        ) from error
    found.no_padding()
    found.enable_truncation(longest)
    return found


def _longest_piece(folder: Path, model: nn.Module) -> int:
    """Tokens that the model takes at once: the least of what its settings say."""
    config: Any = model.config
    limits = [
        _setting(folder / "sentence_bert_config.json", "max_seq_length"),
        _setting(folder / "tokenizer_config.json", "model_max_length"),
        getattr(config, "max_position_embeddings", None),
    ]
    said = [int(one) for one in limits if isinstance(one, int | float) and 0 < one < _ENDLESS]
    return min([*said, LONGEST_PIECE])


def _setting(path: Path, name: str) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8")).get(name)
    except (OSError, ValueError, AttributeError):
        return None  # a folder need not say it
