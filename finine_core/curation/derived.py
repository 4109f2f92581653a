"""Which rows deserve a look, and which label should they have instead?

Columns of the review table that follow from others: `suspicious`, why it is, and `suggested_label`.
Here alone it is said what makes a row suspicious; the app, the command line and exports use the
columns. Where classes were learned it is the row's suspicion, the chance that its label is wrong;
where numbers or several labels were, and in runs from before, the model and μ.
"""

from __future__ import annotations

import math
from collections.abc import Collection

from finine_core.runs.columns import SUGGESTED, SUSPICION

SUSPICIOUS, SUSPICIOUS_BECAUSE = "suspicious", "suspicious_because"
SUGGESTED_LABEL = "suggested_label"
# The model is called sure of a class from this probability on: a wrong label that the model has
# been trained on pulls its probabilities towards itself, so that .9 would miss most of them.
SURE = 0.7
# A row stands out when it is among the discoveries at this false discovery rate.
SUSPICIOUS_RATE = 0.1
# So is the top of the ranking, whatever the model predicts: it agrees with labels it has learned.
SUSPICIOUS_SHARE = 0.05
LIKELIER_WRONG = 50  # from this suspicion on, of 100
SUSPICIOUS_WORDS = (
    f"the label is likelier wrong than right: its suspicion is {LIKELIER_WRONG} or more"
)
OTHERWISE_WORDS = (
    f"the model is at least {SURE:.0%} sure of another label, or μ is among the"
    f" {SUSPICIOUS_SHARE:.0%} that rank first, or stands out from that of ordinary rows at a false"
    f" discovery rate of {SUSPICIOUS_RATE:.0%}"
)


def derived_columns(names: Collection[str], rows: int) -> dict[str, tuple[str, str]]:
    """Name → (DuckDB type, SQL over columns of `scores`), for score files that have what it takes.

    Args:
        names: the columns of the score file; those of runs from before lack some.
        rows: that have a score on each target.

    Examples:
        >>> list(derived_columns({"label", "predicted", "predicted_probability", "q_value"}, 9))
        ['suspicious', 'suspicious_because', 'suggested_label']
        >>> derived_columns({"label", "predicted"}, 9)
        {}
    """
    if not {"label", "predicted", "predicted_probability", "q_value"} <= set(names):
        return {}
    if SUSPICION in names:
        wrong = f"coalesce(scores.{SUSPICION} >= {LIKELIER_WRONG}, false)"
        chance = f"CAST(round(scores.{SUSPICION}) AS INTEGER)"
        because = f"concat('the label is wrong with a chance of ', {chance}, ' %')"
        return {
            SUSPICIOUS: ("BOOLEAN", f"({wrong})"),
            SUSPICIOUS_BECAUSE: ("VARCHAR", f"CASE WHEN {wrong} THEN {because} ELSE '' END"),
            SUGGESTED_LABEL: ("VARCHAR", f"coalesce(scores.{SUGGESTED}, '')"),
        }
    # Where a number was learned there is no probability, and no label is suggested.
    another = (
        f"coalesce(scores.label <> scores.predicted AND scores.predicted_probability >= {SURE},"
        " false)"
    )
    first = math.ceil(SUSPICIOUS_SHARE * rows)
    stands_out = f"coalesce(scores.q_value <= {SUSPICIOUS_RATE}, false)"
    return {
        SUSPICIOUS: ("BOOLEAN", f"(({another}) OR scores.rank <= {first} OR {stands_out})"),
        SUSPICIOUS_BECAUSE: (
            "VARCHAR",
            f"concat_ws(', ', CASE WHEN {another} THEN 'the model is sure of another label' END,"
            f" CASE WHEN scores.rank <= {first} THEN 'μ ranks among the first"
            f" {SUSPICIOUS_SHARE:.0%}' END, CASE WHEN {stands_out} THEN 'μ stands out' END)",
        ),
        SUGGESTED_LABEL: ("VARCHAR", f"CASE WHEN {another} THEN scores.predicted ELSE '' END"),
    }
