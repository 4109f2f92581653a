"""Which trade-off function do two samples show, when the tester may use the likelihood ratio?

By the Neyman–Pearson lemma the best test of P against Q rejects where q/p is large, wherever on
the axis that is; T(P, Q) is the trade-off function of those tests (Dong, Roth and Su 2022,
section 2.1). Here q/p is estimated on bins of equally many draws, both samples taken together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from finine_core.tradeoff.curve import Array, Curve
from finine_core.tradeoff.empirical import checked_sample, empirical_curve

# Bins for n draws on the smaller side: 2 n^⅓ (Rice's rule), at which a histogram's noise and its
# coarseness shrink at the same rate.
BINS_PER_CUBE_ROOT = 2.0
# Added to each count when the ratio is judged on other draws: an empty half of a bin then reads as
# "rare", not as "impossible".
HALF_A_DRAW = 0.5


def neyman_pearson_curve(
    with_row: ArrayLike,
    without_row: ArrayLike,
    bins: int | None = None,
    *,
    folds: int = 2,
    seed: int = 0,
) -> Curve:
    """The trade-off function of two samples, by tests on the estimated likelihood ratio.

    The pooled draws are cut at their quantiles into bins; a bin's ratio is the share of the draws
    without the row over the share of those with it; the tester rejects H0 in the bins of largest
    ratio first. The lower convex envelope of those tests' errors is the curve.

    **Optimistic bias.** A ratio estimated on the very draws it is tested on sees differences that
    are only noise: with `folds=1` two samples of one distribution look distinguishable, the more
    so the more bins (AUC about ½ + √(bins / (2π · draws a side)) instead of ½). With `folds ≥ 2`
    each draw is judged by ratios estimated on the other folds, which removes that; what remains is
    the envelope's own optimism, as in `empirical_curve`. Bins lose what differs inside one, so
    the truth may also lie a little below the curve.

    Args:
        with_row: statistics under H0 (trained with the row), shape (r,), exchangeable draws.
        without_row: statistics under H1 (trained without it), shape (s,).
        bins: at most this many bins; None: 2 n^⅓ for n draws on the smaller side of a fold's rest.
        folds: parts each sample is split into at random; 1 for no splitting.
        seed: of the split; the same seed gives the same curve.

    Raises:
        ValueError: a sample is empty, holds NaN, is not one-dimensional or has fewer draws than
            `folds`; `bins` or `folds` is less than 1.

    Examples:
        Spread alone differs: no threshold tells the sides apart, the likelihood ratio does
        (the truth is .32).

        >>> random = np.random.default_rng(0)
        >>> narrow, wide = random.normal(0, 1, 2000), random.normal(0, 4, 2000)
        >>> round(float(neyman_pearson_curve(narrow, wide).at(0.1)), 2)
        0.3
        >>> round(float(empirical_curve(narrow, wide).at(0.1)), 2)
        0.61
    """
    null, other = checked_sample(with_row), checked_sample(without_row)
    smaller = min(null.size, other.size)
    if bins is not None and bins < 1:
        raise ValueError(f"bins must be at least 1; got {bins}")
    if not 1 <= folds <= smaller:
        raise ValueError(
            f"folds must lie between 1 and the draws of the smaller side, {smaller}; got {folds}"
        )
    if folds == 1:
        edges, ratio = _ratios(null, other, bins, extra=0.0)
        return empirical_curve(
            _judged(null, edges, ratio), _judged(other, edges, ratio), direction="upper"
        )
    random = np.random.default_rng(seed)
    null_fold = random.permutation(np.arange(null.size) % folds)
    other_fold = random.permutation(np.arange(other.size) % folds)
    null_score, other_score = np.empty_like(null), np.empty_like(other)
    for fold in range(folds):
        held_null, held_other = null_fold == fold, other_fold == fold
        edges, ratio = _ratios(null[~held_null], other[~held_other], bins, extra=HALF_A_DRAW)
        null_score[held_null] = _judged(null[held_null], edges, ratio)
        other_score[held_other] = _judged(other[held_other], edges, ratio)
    return empirical_curve(null_score, other_score, direction="upper")


def _ratios(null: Array, other: Array, bins: int | None, extra: float) -> tuple[Array, Array]:
    """Bin edges, shape (≤ bins − 1,), and q/p in each bin, shape (edges + 1,)."""
    if bins is None:
        bins = max(2, round(BINS_PER_CUBE_ROOT * min(null.size, other.size) ** (1 / 3)))
    # A quantile that is itself a draw, so that ties stay together and infinities do no harm.
    levels = np.arange(1, bins) / bins
    pooled = np.concatenate([null, other])
    edges = np.unique(np.quantile(pooled, levels, method="inverted_cdf"))
    inside = edges < pooled.max()  # draws above the last edge must exist
    edges = edges[inside]
    shares = []
    for sample in (null, other):
        counts = np.bincount(np.searchsorted(edges, sample), minlength=edges.size + 1)
        shares.append((counts + extra) / (sample.size + extra * counts.size))
    with np.errstate(divide="ignore"):  # q/p = ∞: draws of Q alone
        return edges, shares[1] / shares[0]


def _judged(draws: Array, edges: Array, ratio: Array) -> Array:
    """The ratio of each draw's bin (bins are closed on the right)."""
    return ratio[np.searchsorted(edges, draws)]
