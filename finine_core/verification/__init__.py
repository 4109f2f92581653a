"""What does removing the marked rows do? Verified by the definition: by training again.

A run's μ is an estimate from one training. Here the model is trained R times with the marked
rows, R times without them, and R times without random rows of the same classes: the losses'
distributions are the P and Q of f-influence (docs/method.md). Encoding is kept as the run fitted
it, on all training rows, so what is measured is the effect on training alone.
"""

from finine_core.verification.job import (
    Running,
    VerifyState,
    VerifyStatus,
    observe_verification,
    running_verifications,
    start_verification,
    stop_verification,
    stored_verification,
    stored_verifications,
)
from finine_core.verification.plan import Arm
from finine_core.verification.result import (
    Change,
    Influence,
    Verification,
    read_verification,
    validation_of,
)
from finine_core.verification.store import MARKED_LOSS, VALIDATION_LOSS
from finine_core.verification.verify import DEFAULT_REPEATS, VerifyProgress, verify
from finine_core.verification.words import headline, sentences

__all__ = [
    "DEFAULT_REPEATS",
    "MARKED_LOSS",
    "VALIDATION_LOSS",
    "Arm",
    "Change",
    "Influence",
    "Running",
    "Verification",
    "VerifyProgress",
    "VerifyState",
    "VerifyStatus",
    "headline",
    "observe_verification",
    "read_verification",
    "running_verifications",
    "sentences",
    "start_verification",
    "stop_verification",
    "stored_verification",
    "stored_verifications",
    "validation_of",
    "verify",
]
