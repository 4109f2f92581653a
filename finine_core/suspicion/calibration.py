"""How often is a row with this score wrong? From errors that were planted in a copy.

Scores of all rows have density f = π f₁ + (1 − π) f₀: wrong ones f₁, which the planted errors show,
and right ones f₀. So a row with score s is wrong with chance π f₁(s) / f(s) (Elkan and Noto 2008).
f₁/f is taken to grow with s (isotonic regression); the share π of wrong labels is the least ratio
of the tails of f and f₁: among the highest scores hardly a row is right.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

INTERVAL = 0.90
DRAWS = 60  # bootstrap draws of the planted errors
# Tails are compared from where this share of the planted errors lies above a score: fewer say too
# little.
LEAST_TAIL, MOST_TAIL, TAILS = 0.3, 0.95, 14
CAUTION = 2.0  # standard errors that are added to a ratio before the least is looked for
# Planted errors are not the data's own. By how much the log odds of a share are off beyond chance:
# chosen on digits, breast_cancer and a table of five classes.
MODEL_ERROR = 0.3
# However clear the case, so many labels that look wrong are right, and how many is not known well:
# planted errors are never disputed, a data set's own are.
HIGHEST, LEAST_CERTAIN, BEYOND = 0.92, 0.72, 1.02
# Planted errors must be told from right rows with the same label, else a tail says nothing: the
# chance (AUC) from which on they are told well, and below which not at all.
TOLD_WELL, NOT_TOLD = 0.8, 0.6
DEPTHS = (20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 20_000, 50_000, 100_000)


@dataclass(frozen=True)
class Share:
    """Of the first `rows` of the list so many are wrong: most likely, and from where to where."""

    rows: int
    wrong: float
    low: float
    high: float


@dataclass(frozen=True, eq=False)
class Calibration:
    """Attributes:
    chances: that the row with the k-th highest score is wrong, shape (n,), falling.
    total: how many of all rows are wrong.
    shares: the same for the first rows of the list.
    """

    chances: Floats
    total: Share
    shares: tuple[Share, ...]


def calibrate(scores: Floats, wrong: Floats, seed: int, told: float = 1.0) -> Calibration:
    """Calibrate scores by those of planted errors.

    Args:
        scores: of all rows with their given labels, shape (n,).
        wrong: of planted errors, on the same scale, shape (m,); none when nothing could be planted.
        seed: of the bootstrap.
        told: the chance that a planted error scores above a right row with the same label.

    Examples:
        >>> random = np.random.default_rng(1)
        >>> scores = np.append(random.normal(0, 1, 900), random.normal(4, 1, 100))
        >>> found = calibrate(scores, random.normal(4, 1, 200), seed=0)
        >>> bool(found.total.low < 100 < found.total.high), bool(found.chances[0] > 0.9)
        (True, True)
    """
    rows = len(scores)
    if not len(wrong):
        nothing = np.zeros(rows)
        return Calibration(nothing, Share(rows, 0.0, 0.0, float(rows)), ())
    descending = np.sort(scores)[::-1]
    clear = float(np.clip((told - NOT_TOLD) / (TOLD_WELL - NOT_TOLD), 0, 1))
    chances = clear * _chances(descending, wrong)
    random = np.random.default_rng(seed)
    drawn = np.stack(
        [_chances(descending, random.choice(wrong, len(wrong))).cumsum() for _ in range(DRAWS)]
    )
    depths = [depth for depth in DEPTHS if depth <= rows // 2]
    shares = tuple(_share(depth, chances, drawn[:, depth - 1], clear) for depth in depths)
    return Calibration(chances, _share(rows, chances, drawn[:, -1], clear), shares)


def _chances(descending: Floats, wrong: Floats) -> Floats:
    from sklearn.isotonic import IsotonicRegression

    rows = len(descending)
    values = np.concatenate([descending, wrong])
    planted = np.concatenate([np.zeros(rows), np.ones(len(wrong))])
    weights = np.concatenate([np.full(rows, 1 / rows), np.full(len(wrong), 1 / len(wrong))])
    curve = IsotonicRegression(out_of_bounds="clip").fit(values, planted, sample_weight=weights)
    of_planted = np.clip(curve.predict(descending), 0, 1 - 1e-9)  # f₁ / (f + f₁)
    share = _share_wrong(descending, wrong)
    return _summing_to(share * rows, share * of_planted / (1 - of_planted))


def _summing_to(total: float, chances: Floats) -> Floats:
    """The chances, at most HIGHEST each, raised by one factor until they sum to the total.

    Isotonic regression lets some planted errors lie where there is no row, and their part is lost.
    """
    low, high = 1.0, 1e3
    if np.minimum(HIGHEST, chances).sum() >= total:
        return np.minimum(HIGHEST, chances)
    for _ in range(40):
        middle = np.sqrt(low * high)
        if np.minimum(HIGHEST, middle * chances).sum() < total:
            low = middle
        else:
            high = middle
    found: Floats = np.minimum(HIGHEST, high * chances)
    return found


def _share_wrong(descending: Floats, wrong: Floats) -> float:
    """π: the ratio of the tails where it is least, allowing for how well each ratio is known."""
    tails = np.quantile(wrong, 1 - np.linspace(LEAST_TAIL, MOST_TAIL, TAILS))
    above = np.array([(descending > tail).sum() for tail in tails])
    planted_above = np.maximum([(wrong > tail).sum() for tail in tails], 1)
    ratio = (above / len(descending)) / (planted_above / len(wrong))
    error = np.sqrt(1 / np.maximum(above, 1) + 1 / planted_above)
    return min(1.0, float(ratio[np.argmin(ratio * (1 + CAUTION * error))]))


def _share(rows: int, chances: Floats, drawn: Floats, clear: float) -> Share:
    """The interval: of the bootstrap, of what chance does to so many rows, and of MODEL_ERROR."""
    from scipy.special import expit, logit, ndtri

    first = chances[:rows]
    mean = float(np.clip(first.mean(), 0.5 / rows, 1 - 0.5 / rows))
    by_chance = float((first * (1 - first)).sum()) / rows**2
    spread = float(drawn.std() / rows) ** 2 + by_chance
    deviation = np.hypot(np.sqrt(spread) / (mean * (1 - mean)), MODEL_ERROR)
    reach = float(ndtri((1 + INTERVAL) / 2)) * deviation
    low, high = (float(expit(logit(mean) + sign * reach)) * rows for sign in (-1, 1))
    # where errors are not told from right rows, nothing is known but what they could be at most
    high = max(high, min(1.0, mean / HIGHEST * BEYOND) * rows, float(drawn.mean()) * (1 - clear))
    return Share(rows, mean * rows, low * LEAST_CERTAIN * clear, high)
