"""Which images show the same picture, saved again, made smaller or a little brighter?

Two perceptual hashes of the library imagehash find candidates, and the pixels must agree: small
pictures of one kind, such as digits, have nearly the same hash. Compared is what is learned from:
pixels of 8 bits, on white where the file was transparent, all in one size. What was measured is in
docs/images.md; turned, mirrored and cut copies are not found.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from finine_core.dataset.holding_out.same_inputs import in_order

# Of 256 bits and of 64; and how far pixels must then be correlated. On digits, clothes and crops of
# photographs these find copies that were saved as JPEG or brightened, and took no two others for
# copies (python -m benchmarks.image_copies).
FINE_SIDE, COARSE_SIDE = 16, 8
FINE_BITS, FINE_CORRELATION = 20, 0.9
COARSE_BITS, COARSE_CORRELATION = 6, 0.99
LOOKED_AT_BITS = 12  # of the 64; of pairs further apart the 256 are not looked at
FLAT = 2.0  # standard deviation of the levels; a picture with less shows nothing to compare
# Comparing all pairs of more would take minutes; of these only images of equal pixels are copies.
MOST_COMPARED = 20_000
_ROWS_AT_ONCE = 256  # times MOST_COMPARED words: 40 MB
_LEVELS_AT_ONCE = 4_000_000  # of either image of the pairs that are looked at: 16 MB

Pairs = tuple[NDArray[np.int64], NDArray[np.int64]]


def image_copies(pixels: NDArray[np.uint8], usable: NDArray[np.bool_] | None = None) -> np.ndarray:
    """Equal numbers for images that are copies of one another, (n,) int64.

    Args:
        pixels: (n, channels, height, width).
        usable: (n,) bool, False for images that could not be read: no copies; all when None.

    Examples:
        >>> random = np.random.default_rng(0)
        >>> pixels = random.integers(0, 200, (3, 1, 28, 28)).astype(np.uint8)
        >>> brighter = np.round(1.1 * pixels[:1] + 5).astype(np.uint8)
        >>> image_copies(np.concatenate([pixels, brighter, pixels[2:]])).tolist()
        [0, 1, 2, 0, 2]
    """
    rows = len(pixels)
    flat = pixels.reshape(rows, -1)
    whole = np.ascontiguousarray(flat).view(np.dtype((np.void, flat.shape[1]))).reshape(-1)
    _, first, same = np.unique(whole, return_index=True, return_inverse=True)
    same = same.reshape(-1)
    if usable is not None:  # damaged ones have no pixels
        same = np.where(usable, same, len(first) + np.arange(rows))
    of_each = first if usable is None else first[usable[first]]
    of_each = np.sort(of_each[flat[of_each].std(axis=1) >= FLAT])
    if 1 < len(of_each) <= MOST_COMPARED:
        same = _with_links(same, of_each, _pairs(pixels[of_each]))
    return in_order(same)


def _with_links(same: np.ndarray, places: np.ndarray, pairs: Iterator[Pairs]) -> np.ndarray:
    """The sets that are left when those of each pair are one; `pairs` are of `places`."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    size = int(same.max()) + 1
    joined = np.arange(size)  # after each bunch, so that the pairs of many alike are not kept
    for a, b in pairs:
        links = joined[same[places[a]]], joined[same[places[b]]]
        graph = coo_array((np.ones(len(a), dtype=np.bool_), links), shape=(size, size))
        joined = connected_components(graph, directed=False)[1][joined]
    return joined[same]


def _pairs(pixels: NDArray[np.uint8]) -> Iterator[Pairs]:
    """Pairs of copies, some at a time."""
    fine, coarse = _hashes(pixels)
    levels = pixels.reshape(len(pixels), -1).astype(np.float32)
    levels -= levels.mean(axis=1, keepdims=True)
    levels /= np.sqrt(np.square(levels).sum(axis=1, keepdims=True))
    at_once = max(1, _LEVELS_AT_ONCE // levels.shape[1])
    for start in range(0, len(pixels), _ROWS_AT_ONCE):
        stop = min(start + _ROWS_AT_ONCE, len(pixels))
        apart = np.bitwise_count(coarse[start:stop, None] ^ coarse[None, start:])
        a, b = np.nonzero(apart <= LOOKED_AT_BITS)
        a, b = a[b > a], b[b > a]
        near = apart[a, b] <= COARSE_BITS
        a, b = start + a, start + b
        same = np.bitwise_count(fine[a] ^ fine[b]).sum(axis=1) <= FINE_BITS
        a, b, same = (one[near | same] for one in (a, b, same))
        alike = np.empty(len(a), dtype=np.float32)
        for some in range(0, len(a), at_once):
            part = slice(some, some + at_once)
            alike[part] = np.einsum("nd,nd->n", levels[a[part]], levels[b[part]])
        keep = alike >= np.where(same, FINE_CORRELATION, COARSE_CORRELATION)
        if keep.any():
            yield a[keep], b[keep]


def _hashes(pixels: NDArray[np.uint8]) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hashes of 256 and of 64 bits, (n, 4) and (n,) words."""
    from imagehash import phash
    from PIL import Image

    bits = np.empty((len(pixels), FINE_SIDE**2 + COARSE_SIDE**2), dtype=np.bool_)
    for row, image in enumerate(pixels):
        grey = Image.fromarray(image[0] if len(image) == 1 else image.transpose(1, 2, 0))
        grey = grey.convert("L")
        fine = phash(grey, hash_size=FINE_SIDE, highfreq_factor=2)  # of 32 × 32 pixels, as coarse
        bits[row] = np.append(fine.hash, phash(grey, hash_size=COARSE_SIDE).hash)
    words = np.packbits(bits, axis=1).view(np.uint64)
    return words[:, :4], words[:, 4]
