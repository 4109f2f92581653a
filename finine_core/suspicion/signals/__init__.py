"""The signals that suspicion is made of: add a file, then its line here.

All weigh 1 but the influence on held-out rows, which weighs half: fixed on digits, breast_cancer
and a table of five classes, and shown on others (docs/suspicion.md).
"""

from finine_core.suspicion.signals.base import Signal
from finine_core.suspicion.signals.cleaned_margin import CLEANED_MARGIN
from finine_core.suspicion.signals.errors_nearby import ERRORS_NEARBY
from finine_core.suspicion.signals.harm import HARM
from finine_core.suspicion.signals.neighbours import NEIGHBOURS
from finine_core.suspicion.signals.out_of_fold import OUT_OF_FOLD
from finine_core.suspicion.signals.training_margin import TRAINING_MARGIN

SIGNALS: tuple[Signal, ...] = (
    TRAINING_MARGIN,
    OUT_OF_FOLD,
    CLEANED_MARGIN,
    NEIGHBOURS,
    ERRORS_NEARBY,
    HARM,
)

__all__ = ["SIGNALS", "Signal"]
