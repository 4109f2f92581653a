"""How good a model is, in numbers that people know: named here once, for files, CLI and app.

A number is kept under its measure's name (`validation_accuracy`, `validation_rmse`), so a file says
what it holds.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Measure:
    """One way to say how good a model is.

    Attributes:
        name: the word in files, such as 'accuracy'.
        words: the same in a sentence.
        higher_is_better: whether more of it is better.
        a_share: whether it is a share, told in percent and percentage points.
    """

    name: str
    words: str
    higher_is_better: bool
    a_share: bool

    def text(self, value: float) -> str:
        """A value as a person reads it.

        Examples:
            >>> ACCURACY.text(0.9123), RMSE.text(53.1234)
            ('91.2%', '53.12')
        """
        return f"{value:.1%}" if self.a_share else f"{value:.4g}"


ACCURACY = Measure("accuracy", "accuracy", higher_is_better=True, a_share=True)
LABEL_ACCURACY = Measure("label_accuracy", "label accuracy", higher_is_better=True, a_share=True)
MACRO_F1 = Measure("macro_f1", "macro F1", higher_is_better=True, a_share=True)
BALANCED_ACCURACY = Measure(
    "balanced_accuracy", "balanced accuracy", higher_is_better=True, a_share=True
)
LOG_LOSS = Measure("log_loss", "log loss by class", higher_is_better=False, a_share=False)
AUC = Measure("auc", "AUC", higher_is_better=True, a_share=False)
RMSE = Measure("rmse", "RMSE", higher_is_better=False, a_share=False)
MAE = Measure("mae", "MAE", higher_is_better=False, a_share=False)
MEASURES: dict[str, Measure] = {
    one.name: one
    for one in (ACCURACY, BALANCED_ACCURACY, LOG_LOSS, AUC, LABEL_ACCURACY, MACRO_F1, RMSE, MAE)
}


def measured(content: Mapping[str, Any], of: str = "") -> tuple[Measure, float | None]:
    """What a file's record says of how good the model is: the measure, and its value if any.

    Args:
        of: what stands before the measure's name: '', 'train_' or 'validation_'.

    Examples:
        >>> measured({"validation_rmse": 2.5}, "validation_")[1]
        2.5
        >>> measured({})[0].name
        'accuracy'
    """
    for measure in MEASURES.values():
        if f"{of}{measure.name}" in content:
            return measure, content[f"{of}{measure.name}"]
    return ACCURACY, None
