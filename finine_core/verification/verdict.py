"""One verdict: better, worse, or cannot tell; and for which class.

It is about the balanced accuracy on the held-out rows whose label is not doubted, and where that
cannot be told to change, about the log loss, every class counting alike: so a rare class counts,
and right corrections are not called harm by held-out rows that are wrong themselves. Better is only
what is better than the same with random rows too; worse is worse, whatever those do.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from finine_core.measures import BALANCED_ACCURACY, LOG_LOSS
from finine_core.verification.believed import BELIEVED, RECALL
from finine_core.verification.plan import Arm
from finine_core.verification.result import Change, Verification

JUDGED_BY, ELSE_BY = f"{BELIEVED}{BALANCED_ACCURACY.name}", f"{BELIEVED}{LOG_LOSS.name}"
# A class is called worse when its recall falls by so much at least, and by so many half-widths of
# the 95 % interval: one of ten classes falls by chance otherwise.
LEAST_FALL, HALF_WIDTHS = 0.02, 1.5
LEAST_LOSS = 0.02  # a change of the log loss that is surely there, and that nobody would notice


class Said(StrEnum):
    """What may be said of the marks."""

    BETTER = "better"
    WORSE = "worse"
    CANNOT_TELL = "cannot tell"


@dataclass(frozen=True)
class Verdict:
    """Attributes:
    said: of the model as a whole.
    worse_for: places of the classes whose recall fell.
    """

    said: Said
    worse_for: tuple[int, ...]


def has_verdict(found: Verification) -> bool:
    """Whether its trainings were measured so; those of an earlier finine were not."""
    return JUDGED_BY in found.arms[Arm.WITH]


def verdict(found: Verification) -> Verdict:
    """The verdict on a verification that has one."""
    gain, beyond = (found.change(JUDGED_BY, Arm.WITHOUT, one) for one in (Arm.WITH, Arm.RANDOM))
    fell = tuple(_fell(found))
    if gain.low > 0 and beyond.low > 0:
        return Verdict(Said.BETTER, fell)
    if gain.high < 0 or fell:
        return Verdict(Said.WORSE, fell)
    loss, loss_beyond = (found.change(ELSE_BY, Arm.WITHOUT, one) for one in (Arm.WITH, Arm.RANDOM))
    if loss.high < 0 and loss_beyond.high < 0 and loss.mean < -LEAST_LOSS:
        return Verdict(Said.BETTER, ())
    if loss.low > 0 and loss.mean > LEAST_LOSS:
        return Verdict(Said.WORSE, ())
    return Verdict(Said.CANNOT_TELL, ())


def verdict_words(found: Verification, classes: Sequence[str]) -> str:
    """The verdict in a line, and what to do.

    Args:
        classes: names of the classes, in the order of their codes.
    """
    one, change = verdict(found), found.change(JUDGED_BY, Arm.WITHOUT)
    loss = found.change(ELSE_BY, Arm.WITHOUT)
    size = f"{100 * change.mean:+.1f} points, log loss {loss.mean:+.3f}".replace("-", "−")
    about = f"balanced accuracy on held-out rows that are not doubted: {size}"
    named = ", ".join(classes[code] for code in one.worse_for)
    if one.said is Said.BETTER and not named:
        return f"Better ({about}), and more than with random rows."
    if one.said is Said.BETTER:
        return f"Better as a whole ({about}), but worse for {named}: look at the marks of it again."
    if one.said is Said.WORSE:
        whom = f" for {named}" if named else ""
        return f"Worse{whom} ({about}): look at the marks again before you export."
    return f"Cannot tell ({about}). More retrainings make it surer; so may more marks."


def _fell(found: Verification) -> list[int]:
    begin = f"{BELIEVED}{RECALL}"
    codes = [
        int(name.removeprefix(begin)) for name in found.arms[Arm.WITH] if name.startswith(begin)
    ]
    return [code for code in codes if _surely_less(found.change(f"{begin}{code}", Arm.WITHOUT))]


def _surely_less(change: Change) -> bool:
    half = (change.high - change.low) / 2
    return change.mean < -LEAST_FALL and change.mean + HALF_WIDTHS * half < 0
