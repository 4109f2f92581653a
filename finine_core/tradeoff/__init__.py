"""Trade-off functions: how well can a tester tell P from Q?

Answers, for two distributions of a test statistic (P: trained with the row, Q: without it), which
Type II error β is the least that any test of Type I error α can have (arXiv 2510.10510, §2; Dong,
Roth and Su 2022). Takes and gives plain numpy arrays; depends on nothing of ours.
"""

from finine_core.tradeoff.bands import Band, bootstrap_band, dkw_band
from finine_core.tradeoff.compare import (
    CROSSING_TOLERANCE,
    Comparison,
    compare,
    crossings,
    dominates,
)
from finine_core.tradeoff.composition import compose, compose_gaussian, compose_power
from finine_core.tradeoff.curve import Array, Curve, identity_curve, lower_envelope
from finine_core.tradeoff.empirical import Direction, empirical_curve
from finine_core.tradeoff.gaussian import (
    gaussian_alpha,
    gaussian_beta,
    gaussian_curve,
    mu_bounds,
    mu_from_auc,
    mu_from_curve,
    mu_from_errors,
)
from finine_core.tradeoff.mirror import inverse, symmetrise
from finine_core.tradeoff.neyman_pearson import neyman_pearson_curve
from finine_core.tradeoff.validity import require_trade_off

__all__ = [
    "CROSSING_TOLERANCE",
    "Array",
    "Band",
    "Comparison",
    "Curve",
    "Direction",
    "bootstrap_band",
    "compare",
    "compose",
    "compose_gaussian",
    "compose_power",
    "crossings",
    "dkw_band",
    "dominates",
    "empirical_curve",
    "gaussian_alpha",
    "gaussian_beta",
    "gaussian_curve",
    "identity_curve",
    "inverse",
    "lower_envelope",
    "mu_bounds",
    "mu_from_auc",
    "mu_from_curve",
    "mu_from_errors",
    "neyman_pearson_curve",
    "require_trade_off",
    "symmetrise",
]
