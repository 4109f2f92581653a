"""Is a row's label wrong? One number a row from several signals, calibrated on this data set.

`Evidence` is what a run knows of its labelled rows, trained on or held out; `judge` makes a
`Judgement` of it: the chance that each label is wrong, how many are wrong in all, and which label
a row should have instead (docs/suspicion.md). A signal is a file in `signals/` and a line in its
registry.
"""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
    from finine_core.suspicion.evidence import Evidence
    from finine_core.suspicion.judging import Judgement, judge
    from finine_core.suspicion.probe import Probe
    from finine_core.suspicion.trust import trust_of

    __all__ = ["Evidence", "Judgement", "Probe", "judge", "trust_of"]
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.suspicion.evidence": ["Evidence"],
            "finine_core.suspicion.judging": ["Judgement", "judge"],
            "finine_core.suspicion.probe": ["Probe"],
            "finine_core.suspicion.trust": ["trust_of"],
        },
    )
