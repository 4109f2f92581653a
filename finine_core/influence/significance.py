"""Which rows stand out so firmly that only a known share of them is expected to be ordinary?

Takes the recorded signals of every training row on one target; gives a p-value and a q-value per
row, and the rows whose q-value is at most the rate a person allows (Benjamini and Hochberg 1995).
The two targets ask different questions.

**validation**: is the row harmful? The null hypothesis is that the row's signal, in units of the
batch's deviation in that epoch, has a mean of 0 or above: that the steps which the row itself takes
do not, at first order, raise the validation loss. It is compared with leaving the row out, not with
an average row in its place. What varies under the null are the epochs. They are autocorrelated, so
the mean is divided by a long-run standard error from B cosine-weighted averages of the epochs and
held against Student's t with B degrees of freedom (Müller 2007; B = 0.4 T^⅔ as in Lazarus, Lewis,
Stock and Watson 2018). A resampled p-value would have steps of 1/200; this one has none. A harmful
row need not be a mislabelled one.

**self**: is the row's μ too large for this data set? What ordinary rows look like is read off the
data: the two-groups model with an empirical null (Efron 2008). In its lower and middle part the
distribution of log(μ − floor) is taken to be normal and to hold ordinary rows alone; a p-value is
the upper tail of that normal. The floor, a share of the smallest μ, is chosen by likelihood, since
fitted rows crowd just above it. Tail areas are used rather than local rates: the largest μ lie
closer together than the normal's tail does, and a local rate then calls the most suspicious rows
ordinary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, stdtr

from finine_core.errors import FinineError
from finine_core.influence.signals import TargetSignals
from finine_core.influence.targets import Target

Floats = NDArray[np.float64]
Tested = Callable[[], Floats]  # p-values, had when they are needed

# Fewer lines do not keep what is promised: see `harm_p_values`. B = 0.4 T^⅔.
MIN_LINES, AVERAGES = 13, 0.4
CHUNK_ROWS = 65_536  # rows tested at once, to bound memory

MIN_ROWS = 100  # from which an empirical null can be fitted at all
# Quantiles of μ between which rows count as ordinary: below lie rows the floor rules, above may lie
# others. So at most three rows in ten may stand out.
ORDINARY = (0.05, 0.7)
FLOORS = (0.0, 0.5, 0.8, 0.95)  # shares of the smallest μ
FITTED_ROWS = 20_000  # quantiles of μ that the null is fitted to, when there are more rows


@dataclass(frozen=True)
class Discoveries:
    """The rows that stand out on a target, at a rate of false discoveries.

    Attributes:
        target: its name.
        q: the share of ordinary rows that was allowed among them.
        places: of the rows among the training rows, most significant first.
        tested: training rows.
        ordinary: for self, the fitted share of ordinary rows; None for validation.
    """

    target: str
    q: float
    places: NDArray[np.int64]
    tested: int
    ordinary: float | None

    @property
    def words(self) -> str:
        """What is promised, and under which assumption, for a person."""
        found = f"{len(self.places)} of {self.tested} rows stand out on target {self.target}"
        rate = f"of such rows at most {100 * self.q:g} % are expected to be"
        if self.ordinary is None:
            return (
                f"{found}; {rate} harmless, if what was recorded stands for all of this run."
                " Harmful means that the row's own steps raised the validation loss, at first"
                " order: not that it is mislabelled, nor that another seed would agree. Verify."
            )
        return (
            f"{found}; {rate} ordinary, if ordinary rows' μ is log-normal above a floor (fitted:"
            f" {self.ordinary:.0%} ordinary). Where many rows are merely hard, more of them are:"
            " this is no rate of wrong labels. Look before you delete."
        )


def discoveries(
    signals: TargetSignals, mu: Floats, target: Target, q: float, harm: Tested | None = None
) -> Discoveries:
    """The rows that stand out at a false discovery rate of q.

    Args:
        signals: of all n training rows on the target.
        mu: their influence on it, shape (n,); may be had from other signals (those carried on).
        target: says which end stands out: `self` the large μ, `validation` the harmful.
        q: between 0 and 1.
        harm: tests of the rows on `validation`, where several trainings say it; else the signals'.

    Raises:
        FinineError: q is out of range, or there is too little to test.
    """
    check_rate(q)
    p, ordinary = row_p_values(signals, mu, target, harm)
    adjusted = q_values(p)
    order = np.argsort(p, kind="stable")
    return Discoveries(target.name, q, order[adjusted[order] <= q], len(p), ordinary)


def row_p_values(
    signals: TargetSignals, mu: Floats, target: Target, harm: Tested | None = None
) -> tuple[Floats, float | None]:
    """How well each row goes with being ordinary: p-values, shape (n,), and for self their share.

    Args:
        signals, mu, target, harm: as in `discoveries`.

    Raises:
        FinineError: there is too little to test.
    """
    if target.suspicious_is_large:
        null = fit_null(mu)
        return null.p_values(mu), null.ordinary
    # A row that helps by its μ (what is left of its steps at the end) is none of the harmful,
    # whatever its steps did; larger p-values leave the promise as it is.
    return np.where(mu < 0, harm() if harm else harm_p_values(signals), 1.0), None


def row_q_values(
    signals: TargetSignals, mu: Floats, target: Target, harm: Tested | None = None
) -> tuple[Floats | None, str]:
    """The least false discovery rate at which each row stands out, shape (n,).

    Args:
        signals, mu, target, harm: as in `discoveries`.

    Returns:
        None and the reason where there is too little to test; else the rates and "".
    """
    try:
        return q_values(row_p_values(signals, mu, target, harm)[0]), ""
    except FinineError as error:
        return None, str(error)


def check_rate(q: float) -> None:
    """Refuse a false discovery rate that is none.

    Examples:
        >>> check_rate(1.5)
        Traceback (most recent call last):
        finine_core.errors.FinineError: A false discovery rate of 1.5 cannot be promised. Give a \
number between 0 and 1, such as 0.1.
    """
    if not 0 < q < 1:
        raise FinineError(
            f"A false discovery rate of {q:g} cannot be promised.",
            "Give a number between 0 and 1, such as 0.1.",
        )


def q_values(p: Floats) -> Floats:
    """Benjamini–Hochberg: the least rate at which each row is among the discoveries.

    Examples:
        >>> q_values(np.array([0.01, 0.02, 0.9])).round(3)
        array([0.03, 0.03, 0.9 ])
    """
    from statsmodels.stats.multitest import multipletests  # a second to import, needed only here

    return multipletests(p, method="fdr_bh")[1] if len(p) else p


def harm_p_values(signals: TargetSignals) -> Floats:
    """One-sided p-values of "the row's mean signal is 0 or above", shape (n,).

    A row whose plain mean signal (and so its μ) is not negative gets 1, so that nobody is told of
    a harmful row with a μ above 0; this makes the test no less strict.

    In simulations with T lines and rows that clearly stand out, the rate promised at 10 % came out
    at 21, 18, 17, 15 and 13 % with T = 4 to 8, 12 % with 10 and 11 % with 13 where neighbouring
    lines have an autocorrelation of .5; at 14, 13, 12, 11, 10, 10 and 9 % where it is .3; at 8 to
    9 % where there is none. With T = 32 and .5 it is 11 %.

    Raises:
        FinineError: fewer than MIN_LINES epochs (in earlier runs: steps) were recorded.
    """
    lines, rows = signals.signal.shape
    if lines < MIN_LINES:
        raise FinineError(
            f"Signals recorded {lines} times are too few to tell chance from harm.",
            f"At least {MIN_LINES} are needed: train more epochs, or record all of them"
            " (--record-epochs all).",
        )
    p = np.empty(rows)
    for start in range(0, rows, CHUNK_ROWS):
        part = signals.of_rows(slice(start, min(start + CHUNK_ROWS, rows)))
        signal = part.signal.astype(np.float64)
        deviation = np.sqrt(part.variance.astype(np.float64))
        units = np.divide(signal, deviation, out=np.zeros_like(signal), where=deviation > 0)
        p[start : start + signal.shape[1]] = np.where(
            signal.sum(axis=0) < 0, mean_below_zero(units), 1.0
        )
    return p


def mean_below_zero(series: Floats) -> Floats:
    """p-values of "the mean is 0 or above" for autocorrelated series, (T, n) → (n,).

    t = √T mean / √((1/B) Σ_j Λ_j²) with Λ_j = √(2/T) Σ_t x_t cos(π j (t + ½) / T), j = 1 … B. Each
    Λ_j has about the variance of √T mean, and no part of the mean in it.

    Examples:
        >>> steps = np.random.default_rng(0).normal(size=(64, 1))
        >>> bool(mean_below_zero(steps - 5)[0] < 1e-4), bool(mean_below_zero(steps + 5)[0] > 0.99)
        (True, True)
    """
    steps = len(series)
    averages = max(2, round(AVERAGES * steps ** (2 / 3)))
    turns = np.outer(np.arange(1, averages + 1), np.arange(steps) + 0.5) / steps  # (B, T)
    slow = np.sqrt(2 / steps) * np.cos(np.pi * turns) @ series  # (B, n)
    error = np.sqrt(np.mean(slow**2, axis=0))
    mean = np.sqrt(steps) * series.mean(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        t = np.where((mean == 0) & (error == 0), 0.0, mean / error)  # a row without any signal
    return stdtr(averages, t)


@dataclass(frozen=True)
class EmpiricalNull:
    """Ordinary rows' μ: log(μ − floor) is normal.

    Attributes:
        floor: what μ is measured from.
        centre, spread: of the logarithm.
        ordinary: the share of rows that are ordinary.
    """

    floor: float
    centre: float
    spread: float
    ordinary: float

    def p_values(self, mu: Floats) -> Floats:
        """The chance that an ordinary row has a μ as large, shape (n,)."""
        with np.errstate(divide="ignore", invalid="ignore"):
            logarithm = np.log(np.maximum(mu - self.floor, 0.0))
        return ndtr((self.centre - logarithm) / self.spread)


def fit_null(mu: Floats) -> EmpiricalNull:
    """The empirical null of target self, by Efron's likelihood on the ordinary part of μ.

    Raises:
        FinineError: fewer than MIN_ROWS rows have a μ above 0.

    Examples:
        >>> mu = np.exp(np.random.default_rng(0).normal(1.0, 0.5, size=4000))
        >>> null = fit_null(mu)
        >>> bool(abs(np.mean(null.p_values(mu) < 0.1) - 0.1) < 0.02)
        True
    """
    positive = np.sort(mu[mu > 0])
    if len(positive) < MIN_ROWS:
        raise FinineError(
            f"{len(positive)} rows are too few to learn how large an ordinary μ is.",
            f"At least {MIN_ROWS} are needed; mark by --top or --where instead.",
        )
    quarter, middle = np.quantile(positive, [0.25, 0.5])
    if not quarter < middle:
        raise FinineError(
            f"A quarter of the rows have the same μ ({middle:.3g}): how large an ordinary μ is"
            " cannot be learned.",
            "Mark by --top or --where instead.",
        )
    if len(positive) > FITTED_ROWS:
        positive = positive[np.linspace(0, len(positive) - 1, FITTED_ROWS).astype(np.int64)]
    return max(
        (_with_floor(positive, share * positive[0]) for share in FLOORS), key=lambda fit: fit[0]
    )[1]


def _with_floor(mu: Floats, floor: float) -> tuple[float, EmpiricalNull]:
    """Log-likelihood of μ (sorted, shape (n,)), and the null, for one floor."""
    from statsmodels.stats.multitest import NullDistribution  # see q_values

    logarithm = np.log(mu - floor)
    quarter, middle = np.quantile(logarithm, [0.25, 0.5])
    # The fit starts at a standard normal. The upper half may hold other rows: use the lower one.
    unit = max((middle - quarter) / 0.6745, 1e-12)
    z = (logarithm - middle) / unit
    low, high = np.quantile(z, ORDINARY)
    null = NullDistribution(z, null_lb=low, null_ub=high, estimate_null_proportion=True)
    inside = (z >= low) & (z <= high)
    own = (z[inside] - null.mean) / null.sd
    share = null.null_proportion * np.diff(ndtr((np.array([low, high]) - null.mean) / null.sd))[0]
    # Efron 2008, section 4: rows inside at their density, rows outside by their number alone; then
    # per unit of μ rather than of z, for floors to be compared.
    likelihood = (
        inside.sum() * np.log(null.null_proportion)
        - np.sum(own**2 / 2 + np.log(null.sd * unit) + logarithm[inside])
        + (~inside).sum() * np.log(max(1.0 - share, 1e-12))
    )
    return float(likelihood), EmpiricalNull(
        floor, middle + unit * null.mean, unit * null.sd, null.null_proportion
    )
