"""f-influence from a single run: what is recorded, how μ is estimated, and how sure it is.

The recorder needs torch and is imported from its own module; everything else here does not.
"""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
    from finine_core.influence.curves import DrawnCurve, RowCurve, row_curve
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
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.influence.curves": ["DrawnCurve", "RowCurve", "row_curve"],
            "finine_core.influence.estimators": [
                "ESTIMATORS",
                "Estimator",
                "default_estimator",
                "estimator",
            ],
            "finine_core.influence.groups": [
                "GroupCurve",
                "GroupInfluence",
                "check_group_target",
                "group_curve",
                "group_influence",
                "group_signals",
                "member_sums",
            ],
            "finine_core.influence.scores": ["TargetScores", "auxiliary_mu", "score_target"],
            "finine_core.influence.signal_writer": ["SignalWriter"],
            "finine_core.influence.signals": ["SignalPlan", "SignalStore", "TargetSignals"],
            "finine_core.influence.significance": ["Discoveries", "discoveries", "row_q_values"],
            "finine_core.influence.slices": ["Slice", "SliceColumn", "slice_influences"],
            "finine_core.influence.targets": ["TARGETS", "Target", "check_targets", "row_targets"],
        },
    )
