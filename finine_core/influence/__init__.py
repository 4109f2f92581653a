"""f-influence from a single run: what is recorded, how μ is estimated, and how sure it is.

The recorder needs torch and is imported from its own module; everything else here does not.
"""

from finine_core.influence.curves import RowCurve, row_curve
from finine_core.influence.estimators import DEFAULT_ESTIMATOR, ESTIMATORS, estimator
from finine_core.influence.scores import TargetScores, score_target
from finine_core.influence.signals import SignalPlan, SignalStore, SignalWriter, TargetSignals
from finine_core.influence.targets import TARGETS, Target, check_targets, row_targets

__all__ = [
    "DEFAULT_ESTIMATOR",
    "ESTIMATORS",
    "TARGETS",
    "RowCurve",
    "SignalPlan",
    "SignalStore",
    "SignalWriter",
    "Target",
    "TargetScores",
    "TargetSignals",
    "check_targets",
    "estimator",
    "row_curve",
    "row_targets",
    "score_target",
]
