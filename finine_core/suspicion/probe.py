"""What do cheap models that have not seen a row think of its label?

A kernel ridge probe on the encoded inputs is fitted five times, each time without a fifth of the
rows, which it then judges: so every row of the file is judged, held out or not, and none by a
model that has learned its label by heart. The form of the probe is chosen by its log loss on the
given labels; nothing else is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from finine_core.dataset.holding_out.together import joined
from finine_core.suspicion.alike import Alike, alike
from finine_core.suspicion.chances import balanced, chances_of, margins
from finine_core.suspicion.features import FOURIER, Floats, Form, components, features
from finine_core.suspicion.folds import folds_of
from finine_core.suspicion.ridge import FoldedRidge
from finine_core.suspicion.thresholds import likelier_class

WIDTHS = (None, 0.6, 1.2, 2.4)  # None is linear; in typical distances between rows
RIDGES = (1e-3, 1e-2, 1e-1, 1.0)
# The form is chosen on so many rows with fewer features, which costs a tenth of the probe itself.
CHOICE_ROWS, CHOICE_FOURIER = 2500, 256


@dataclass(frozen=True, eq=False)
class Opinions:
    """What the probe says of n rows with given labels; all of it out of fold.

    Attributes:
        chances: probability of each class, shape (n, classes).
        cleaned: the same when rows whose label is doubted are not learned from.
        likelier: the class that the row is confidently taken for, shape (n,); its own if none.
        against: how far the errors that the probe makes nearby, on rows that are trusted, speak
            against the row's own label, shape (n,).
    """

    chances: Floats
    cleaned: Floats
    likelier: NDArray[np.int64]
    against: Floats


class Probe:
    """Judges the labels of fixed rows; asked again with other labels, it reuses what it can.

    Args:
        inputs: encoded, shape (n, ...).
        codes: the given classes, shape (n,), by which the form is chosen and folds are balanced.
        classes: how many there are.
        seed: of folds and random features.
        groups: no model judges a row that has learned from others of its group, shape (n,); none
            when None. Neighbours may be of the same group.
        copies: equal numbers for rows known as near-duplicates, beside those that lie near one
            another, shape (n,).

    Examples:
        >>> random = np.random.default_rng(0)
        >>> codes = np.repeat([0, 1], 40)
        >>> inputs = random.normal(size=(80, 2)) + 4 * codes[:, None]
        >>> codes[7] = 1
        >>> found = Probe(inputs, codes, 2, seed=0).opinions(codes)
        >>> bool(found.chances[7, 0] > 0.5 > found.chances[60, 0])
        True
    """

    def __init__(
        self,
        inputs: NDArray[np.floating],
        codes: NDArray[np.int64],
        classes: int,
        seed: int,
        groups: NDArray[np.int64] | None = None,
        copies: NDArray[np.int64] | None = None,
    ) -> None:
        self.classes, self.seed = classes, seed
        parts = components(inputs, seed)
        self.alike: Alike = alike(parts, seed)
        near = self.alike.copies
        self.copies = near if copies is None else joined(copies, near)
        self.folds = folds_of(codes, self.copies, seed, groups)
        self.form = _chosen(parts, codes, classes, self.folds, seed)
        self._seen = features(parts, self.form, seed)
        self._ridge = FoldedRidge(self._seen, self.folds, self.form.ridge)

    def opinions(self, codes: NDArray[np.int64]) -> Opinions:
        """What it thinks when rows have these labels."""
        given = np.eye(self.classes, dtype=np.float32)[codes]
        chances = chances_of(self._ridge.predict(given), codes)
        likelier = likelier_class(chances, codes)
        trusted = (likelier == codes).astype(np.float32)
        errors = chances - given
        nearby = self._ridge.predict(trusted[:, None] * errors)
        cleaned = FoldedRidge(self._seen, self.folds, self.form.ridge, trusted).predict(given)
        against = -np.einsum("nc,nc->n", nearby, errors)
        return Opinions(chances, chances_of(cleaned, likelier), likelier, against)


def out_of_fold_margin(opinions: Opinions, codes: NDArray[np.int64]) -> Floats:
    """log p_y − log max_other of each row, classes half balanced."""
    return margins(balanced(opinions.chances, codes), codes)


def _chosen(
    parts: Floats, codes: NDArray[np.int64], classes: int, folds: NDArray[np.int64], seed: int
) -> Form:
    """The form with the least log loss out of fold."""
    random = np.random.default_rng(seed)
    some = np.sort(random.choice(len(parts), min(CHOICE_ROWS, len(parts)), replace=False))
    parts, codes, folds = parts[some], codes[some], folds[some]
    given = np.eye(classes, dtype=np.float32)[codes]
    best, least = Form(None, RIDGES[-1]), np.inf
    for width in WIDTHS:
        seen = features(parts, Form(width, 0.0), seed, min(CHOICE_FOURIER, FOURIER))
        for ridge in RIDGES:
            said = chances_of(FoldedRidge(seen, folds, ridge).predict(given), codes)
            own = said[np.arange(len(codes)), codes]
            loss = float(-np.log(np.maximum(own, 1e-12)).mean())
            if loss < least - 1e-9:
                best, least = Form(width, ridge), loss
    return best
