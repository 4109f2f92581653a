"""Does a number to learn lie far from all others? A slip, another unit, a placeholder."""

from __future__ import annotations

import numpy as np

from finine_core.dataset.checks.base import Check, Finding, Severity, Subject, counted
from finine_core.errors import shown
from finine_core.formats.values import number_text

# In robust deviations: of a normal distribution one number in two million lies beyond, of
# skewed ones (incomes, prices) a few in a hundred do, and are told as such.
FAR = 5.0
PER_DEVIATION = 1.4826  # a normal distribution's standard deviation over its median deviation


def find(subject: Subject) -> list[Finding]:
    """Numbers more than five robust deviations from the middle."""
    if subject.task != "regression":
        return []
    middle = float(np.median(subject.values))
    away = np.abs(subject.values - middle)
    deviation = PER_DEVIATION * float(np.median(away))
    far = np.flatnonzero(away > FAR * deviation)
    if deviation == 0 or not len(far):
        return []
    far = far[np.argsort(-away[far], kind="stable")]
    numbers = subject.values[far]
    extremes = f"{number_text(float(numbers.min()))} to {number_text(float(numbers.max()))}"
    return [
        subject.finding(
            "far_numbers",
            Severity.NOTE,
            far,
            problem=f"{counted(len(far), 'number')} in {shown(subject.roles.labels[0])} "
            f"{'lies' if len(far) == 1 else 'lie'} far from the others ({extremes}; half of all "
            f"lie within {number_text(round(deviation / PER_DEVIATION, 6))} of "
            f"{number_text(round(middle, 6))}).",
            mend="Look whether they are slips or in another unit. Such rows pull the model with the"
            " squared error; the loss huber bounds that.",
            columns=subject.roles.labels,
            numbers={"furthest": float(away[far[0]] / deviation)},
        )
    ]


CHECK = Check("numbers to learn that lie far from all others", find)
