"""What does removing the marked rows do? Verified by the definition: by training again.

A run's μ is an estimate from one training. Here the model is trained R times with the marked
rows, R times without them, and R times without random rows of the same classes: the losses'
distributions are the P and Q of f-influence (docs/method.md). Encoding is kept as the run fitted
it, on all training rows, so what is measured is the effect on training alone.
"""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
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
    from finine_core.verification.retraining import VerifyProgress, verify
    from finine_core.verification.store import MARKED_LOSS, VALIDATION_LOSS
    from finine_core.verification.words import headline, sentences
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.verification.job": [
                "Running",
                "VerifyState",
                "VerifyStatus",
                "observe_verification",
                "running_verifications",
                "start_verification",
                "stop_verification",
                "stored_verification",
                "stored_verifications",
            ],
            "finine_core.verification.plan": ["Arm"],
            "finine_core.verification.result": [
                "Change",
                "Influence",
                "Verification",
                "read_verification",
                "validation_of",
            ],
            "finine_core.verification.store": ["MARKED_LOSS", "VALIDATION_LOSS"],
            "finine_core.verification.retraining": ["VerifyProgress", "verify"],
            "finine_core.verification.words": ["headline", "sentences"],
        },
    )

# Enough for the interval of μ to hold what it says for small μ (see `statistics`), few enough to
# wait for: thirty trainings.
DEFAULT_REPEATS = 10
