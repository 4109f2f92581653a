"""How are μ, its interval and two curves said in plain words?

Takes numbers and curves; gives sentences. Nothing here draws or reads anything.
"""

from __future__ import annotations

import numpy as np

from finine_app.components.messages import plain
from finine_app.components.named_curve import NamedCurve
from finine_core.influence import GroupInfluence, RowCurve
from finine_core.tradeoff import CROSSING_TOLERANCE, crossings

EXAMPLE_ALPHA = 0.05  # the false-alarm rate that statistics text books use
INTERVAL_WORDS = "90 %"  # finine_core.influence.scores.INTERVAL, in words
NOT_IN_INTERVAL = (
    f"The {INTERVAL_WORDS} interval holds how much μ depends on which epochs were recorded,"
    " and by how much μ was off where it was held against real retraining (docs/fidelity.md)."
    " Runs with Adam, and other estimators, have the first part only."
)
BAND_WORDS = (
    f"The band is where the curve lies if μ is anywhere in its {INTERVAL_WORDS} interval: at its "
    "edges are the same drawn runs with μ at the interval's ends. That the noise itself may have "
    "another shape is not in it."
)
CERTAIN = 0.05  # q- and p-values up to here are called more than chance
# What μ means for a target, and which end of the list is suspicious.
TARGET_WORDS = {
    "suspicion": "**Suspicion** is the chance that a row's label is wrong, in percent: from models "
    "that have not seen it, its neighbours, the training and μ. Every row of the file is judged, "
    "held out or not.",
    "self": "μ says how much the model's fit of a row hangs on that very row being in the data. "
    "**Large μ is suspicious**: mislabelled, unusual, or learned by heart.",
    "validation": "μ says what a row does for the held-out rows. **Far below 0 is suspicious**: "
    "without the row, the model would do better on them. Above 0 the row helps.",
}
TARGET_NAMES = {"self": "the row itself", "validation": "validation rows"}
DONE_WORDS = {
    "delete": "marked for deletion",
    "keep": "marked to keep",
    "review": "marked as needing review",
    "relabel": "given a corrected label",
    "clear": "cleared of its mark",
}


def mu_words(mu: float, low: float, high: float) -> str:
    """μ with its interval.

    Examples:
        >>> mu_words(1.234, 1.0, 1.5), mu_words(-0.0312, -0.05, -0.01)
        ('1.23 (1.00 … 1.50)', '-0.031 (-0.050 … -0.010)')
    """
    return f"{number_words(mu, mu)} ({interval_words(low, high, mu)})"


def interval_words(low: float, high: float, mu: float) -> str:
    """An interval, with as many digits as its μ has."""
    return f"{number_words(low, mu)} … {number_words(high, mu)}"


def number_words(value: float, like: float) -> str:
    """A number to two decimals, or to three where `like` is below a tenth."""
    return f"{value:.3f}" if abs(like) < 0.1 else f"{value:.2f}"


def percent_words(share: float) -> str:
    """A share as percent, whole where it is.

    Examples:
        >>> percent_words(0.05), percent_words(0.125)
        ('5 %', '12.5 %')
    """
    return f"{100 * share:.3g} %"


def miss_words(curve: RowCurve, alpha: float = EXAMPLE_ALPHA) -> str:
    """What the trade-off curve means for a tester who accepts false alarms at rate α."""
    beta = float(curve.curve().at(alpha))
    low, high = (
        float(np.interp(alpha, curve.alpha, one)) for one in (curve.beta_low, curve.beta_high)
    )
    return (
        "A tester who sees only the trained model and may raise false alarms "
        f"{percent_words(alpha)} of the time would miss this row's presence with probability "
        f"**β = {beta:.2f}** (band {low:.2f} … {high:.2f}); "
        f"pure guessing would miss it with {1 - alpha:.2f}. " + _how_plain(beta, alpha)
    )


_ONE_OF_MANY = "It is one of all rows that were ranked: the first look stronger than they are."


def effect_words(target: str, mu: float, low: float, high: float) -> str:
    """Which way the row pulls, and whether the interval is sure of it."""
    if target == "self":
        return ""
    if low <= 0 <= high:
        return "Its interval holds 0: whether the row helps or hurts cannot be told."
    if mu < 0:
        return f"Estimated to hurt: without it the validation loss would be lower. {_ONE_OF_MANY}"
    return f"Estimated to help: without it the validation loss would be higher. {_ONE_OF_MANY}"


def group_words(one: GroupInfluence) -> str:
    """What a group's influence says, no more than its interval and chance allow."""
    if one.p_value is not None and one.p_value > CERTAIN:
        return "Not shown to help or harm more than a random group of this size."
    if one.low <= 0 <= one.high:
        return "Its interval holds 0: whether the group helps or hurts cannot be told."
    if one.mu < 0:
        return "The group hurts: without it the validation loss is lower than without a random one."
    return "The group helps: without it the validation loss is higher than without a random one."


def short_group_words(one: GroupInfluence, chance: float | None) -> str:
    """The same as a sign and two words.

    Args:
        chance: the p- or q-value that counts; None where there is none.
    """
    if chance is not None and chance > CERTAIN:
        return "not shown to differ"
    if one.low <= 0 <= one.high:
        return "cannot be told"
    return "▼ hurts" if one.mu < 0 else "▲ helps"


def pair_words(one: NamedCurve, other: NamedCurve) -> str:
    """Which of two rows or groups is easier to detect, and where their curves cross."""
    a, b = plain(one.name), plain(other.name)
    gap = one.beta - other.beta
    if np.abs(gap).max() <= CROSSING_TOLERANCE:
        return f"**{_upper(a)} and {b}** cannot be told apart: their curves run together."
    met = crossings(one.curve(), other.curve())
    if not met:
        if gap[np.abs(gap).argmax()] < 0:
            easier, harder, apart = a, b, other.beta_low - one.beta_high
        else:
            easier, harder, apart = b, a, one.beta_low - other.beta_high
        return (
            f"**{_upper(easier)}** is easier to detect than **{harder}**, whatever the false-alarm "
            "rate: its curve is nowhere above the other."
            + (
                ""
                if apart.max() > CROSSING_TOLERANCE
                else " But their bands overlap, so that order is not certain."
            )
        )
    left = gap[: int(np.searchsorted(one.alpha, met[0])) + 1]
    first, second = (a, b) if left[np.abs(left).argmax()] < 0 else (b, a)
    if len(met) == 1:
        return (
            f"The curves of **{a}** and **{b}** cross at α ≈ {met[0]:.2f}: a stricter tester "
            f"detects {first} more easily, a laxer one {second}. So neither is simply the more "
            "influential one."
        )
    places = ", ".join(f"{alpha:.2f}" for alpha in met)
    return (
        f"The curves of **{a}** and **{b}** cross several times (α ≈ {places}), with {first} "
        "easier to detect before the first. So neither is simply the more influential one."
    )


def _how_plain(beta: float, alpha: float) -> str:
    """How plainly a row gives itself away, from the share of a guesser's misses that are left."""
    left = beta / (1 - alpha)
    if left < 0.1:
        return "The row can hardly be missed."
    if left < 0.6:
        return "The row gives itself away."
    if left < 0.95:
        return "The row leaves a trace."
    return "Hardly anybody could tell."


def _upper(words: str) -> str:
    return words[:1].upper() + words[1:]
