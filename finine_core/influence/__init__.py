"""f-influence from a single run: what is recorded, how μ is estimated, and how sure it is.

The recorder needs torch and is imported from its own module; everything else here does not.
"""

from finine_core.influence.curves import RowCurve, row_curve
from finine_core.influence.estimators import (
    ESTIMATORS,
    Estimator,
    default_estimator,
    estimator,
)
from finine_core.influence.groups import (
    GroupCurve,
    GroupInfluence,
    check_group_target,
    group_curve,
    group_influence,
    group_signals,
    member_sums,
)
from finine_core.influence.scores import TargetScores, auxiliary_mu, score_target
from finine_core.influence.signal_writer import SignalWriter
from finine_core.influence.signals import SignalPlan, SignalStore, TargetSignals
from finine_core.influence.significance import Discoveries, discoveries, row_q_values
from finine_core.influence.slices import Slice, SliceColumn, slice_influences
from finine_core.influence.targets import TARGETS, Target, check_targets, row_targets

__all__ = [
    "ESTIMATORS",
    "TARGETS",
    "Discoveries",
    "Estimator",
    "GroupCurve",
    "GroupInfluence",
    "RowCurve",
    "SignalPlan",
    "SignalStore",
    "SignalWriter",
    "Slice",
    "SliceColumn",
    "Target",
    "TargetScores",
    "TargetSignals",
    "auxiliary_mu",
    "check_group_target",
    "check_targets",
    "default_estimator",
    "discoveries",
    "estimator",
    "group_curve",
    "group_influence",
    "group_signals",
    "member_sums",
    "row_curve",
    "row_q_values",
    "row_targets",
    "score_target",
    "slice_influences",
]
