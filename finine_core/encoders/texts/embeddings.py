"""Embeddings that were made before: a text is embedded once for each model, whatever file it is in.

`<home>/cache/embeddings/<model>/<shard>.safetensors` holds SHA-256 digests of texts and their
vectors, some hundred a shard. A shard is named by its digests and written whole or not at all, so
two runs may write at once. The folder may be deleted at any time: that costs the time to embed
again, and nothing else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from finine_core.files import make_private, write_atomically

CACHE = Path("cache") / "embeddings"  # in a home
_KEYS, _VECTORS = "digests", "vectors"
_NAME_DIGITS = 16  # of the digest of digests: 64 bits


class EmbeddingCache:
    """The stored vectors of one model.

    Args:
        folder: of that model's shards; made when something is stored.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def find(self, texts: Sequence[str]) -> dict[str, np.ndarray]:
        """Text → vector, of those that are stored. A shard that cannot be read is passed over."""
        wanted = {digest(text): text for text in texts}
        found: dict[str, np.ndarray] = {}
        for path in sorted(self.folder.glob("*.safetensors")):
            if len(found) == len(wanted):
                break
            try:
                with safe_open(str(path), framework="np") as stored:
                    keys = [key.tobytes() for key in stored.get_tensor(_KEYS)]
                    places = [k for k, key in enumerate(keys) if key in wanted]
                    if places:
                        vectors = stored.get_tensor(_VECTORS)
                        found |= {wanted[keys[k]]: vectors[k] for k in places}
            except (SafetensorError, OSError) as error:  # damaged, or deleted a moment ago
                print(f"The stored embeddings {path} cannot be read ({error}).", flush=True)
        return found

    def store(self, texts: Sequence[str], vectors: np.ndarray) -> None:
        """Keep the vectors (n, d) of n texts."""
        keys = [digest(text) for text in texts]
        name = hashlib.sha256(b"".join(keys)).hexdigest()[:_NAME_DIGITS]
        digests = np.frombuffer(b"".join(keys), dtype=np.uint8).reshape(len(keys), -1)
        make_private(self.folder)
        with write_atomically(self.folder / f"{name}.safetensors", durable=False) as temporary:
            tensors: dict[str, np.ndarray] = {
                _KEYS: digests,
                _VECTORS: np.ascontiguousarray(vectors, np.float32),
            }
            save_file(tensors, str(temporary))


def digest(text: str) -> bytes:
    """SHA-256 of a text; halves of surrogate pairs, which no file may hold, have one too.

    Examples:
        >>> len(digest("a text"))
        32
    """
    return hashlib.sha256(text.encode("utf-8", errors="surrogatepass")).digest()


def cache_bytes(home: Path) -> int:
    """How much room the stored embeddings of a home take."""
    return sum(one.stat().st_size for one in (home / CACHE).rglob("*.safetensors"))
