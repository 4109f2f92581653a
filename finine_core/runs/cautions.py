"""What should a person know before they follow the advice of this run? Plain lines, with a remedy.

A model that has learned nothing, or that has learned wrong labels by heart, ranks rows all the
same. Takes run.json; gives what is wrong with judging by it, and which options mend it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from finine_core.runs.options import FEWEST_TO_CHOOSE

# In standard errors of an accuracy over the held-out rows: less is the luck of which were held out.
BEYOND_CHANCE = 2.0
FEW_ROWS = 10  # held out of each class: of fewer, chance alone can make any accuracy
LEAST_GAP = 0.03  # and at least by so much: smaller differences change no ranking
# From this difference between its own rows and held-out ones a model knows labels by heart.
BY_HEART = 0.25
CLASSIFICATION = "classification"  # the task, in run.json
# Names of those after which many rows should not be decided on unseen.
GRAVE = ("nothing learned", "never predicted")
RARE = 0.2  # a class of less than so many rows for each of the most frequent one


@dataclass(frozen=True)
class Caution:
    """One thing to know.

    Attributes:
        name: a word for it.
        words: what is the matter, in a sentence or two.
        remedy: what to do, as a button says it; '' where there is nothing to press.
        options: of a run that mends it.
    """

    name: str
    words: str
    remedy: str = ""
    options: dict[str, Any] = field(default_factory=dict)


NOT_JUDGED = Caution(
    "labels not judged",
    "The labels were not judged, so there is no suspicion: that takes at least 40 training rows and"
    " at most 50 million rows × classes. The list is ranked by μ.",
)


def cautions_of(record: Mapping[str, Any]) -> list[Caution]:
    """What is to be known about a finished run, the gravest first.

    Examples:
        >>> good = {"accuracy": 0.5, "balanced_accuracy": 0.5, "auc": 0.5}
        >>> check = dict.fromkeys(("model", "given", "probe", "training"), good)
        >>> check |= {"rows": 400, "majority": 0.5, "never_predicted": [], "rarest": 1.0}
        >>> record = {"results": {"check": check}, "config": {},
        ...     "dataset": {"classes": ["a", "b"]}, "resolved": {"model": "mlp", "epochs": 16}}
        >>> [one.name for one in cautions_of(record)]
        ['nothing learned']
    """
    results = record.get("results") or {}
    check = results.get("check")
    if not isinstance(check, dict):
        classes = record["dataset"].get("task") == CLASSIFICATION
        return [NOT_JUDGED] if classes and "advice" in results and not results["advice"] else []
    nothing = _nothing_learned(record, check)
    if nothing is not None:
        return [nothing]  # all others follow from it
    found = [_never_predicted(record, check), _simpler_is_better(record, check)]
    found += [_by_heart(record, check), _rare(record, check)]
    return [one for one in found if one is not None]


def _spread(accuracy: float, rows: int) -> float:
    return BEYOND_CHANCE * (max(accuracy * (1 - accuracy), 0.01) / max(rows, 1)) ** 0.5


def _nothing_learned(record: Mapping[str, Any], check: Mapping[str, Any]) -> Caution | None:
    classes = max(1, len(record["dataset"]["classes"]))
    own, chance = check["model"]["balanced_accuracy"], 1 / classes
    # the recall of a class rests on the rows of a class
    if own > chance + _spread(own, check["rows"] / classes):
        return None
    against = f"is {own:.0%}, and always saying the same class gives {chance:.0%}."
    if check["rows"] < FEW_ROWS * classes or own > chance + LEAST_GAP:
        rows = "1 held-out row" if check["rows"] == 1 else f"{check['rows']:,} held-out rows"
        return Caution(
            "nothing learned",
            "It cannot be told whether the model has learned anything: its balanced accuracy on"
            f" {rows} {against} Hold out more rows, or look at each row before you decide on it.",
        )
    return Caution(
        "nothing learned",
        f"The model has learned nothing: its balanced accuracy on held-out rows {against} Do not"
        " delete or correct rows by its ranking.",
        *_better_balance(record),
    )


def _simpler_is_better(record: Mapping[str, Any], check: Mapping[str, Any]) -> Caution | None:
    own, other = check["given"]["balanced_accuracy"], check["probe"]["balanced_accuracy"]
    if other - own < max(LEAST_GAP, _spread(other, check["rows"])):
        return None
    resolved = record["resolved"]
    model = resolved["model"]
    # of our models a logistic regression is nearest to the probe
    remedy: tuple[str, dict[str, Any]] = "", {}
    if model == "mlp" and "logistic" not in resolved.get("candidates", ()):
        remedy = "Train logistic instead", {"model": "logistic"}
    return Caution(
        "a simpler model is better",
        f"A simple model does better than this one ({model}) on held-out rows: balanced accuracy"
        f" {other:.0%} against {own:.0%}. Suspicion rests on the simple one; μ speaks of this one.",
        *remedy,
    )


def _by_heart(record: Mapping[str, Any], check: Mapping[str, Any]) -> Caution | None:
    own, held_out = check["training"]["accuracy"], check["given"]["accuracy"]
    if own - held_out < BY_HEART:
        return None
    return Caution(
        "learned by heart",
        f"The model knows its training rows by heart: {own:.0%} of them are right, and"
        f" {held_out:.0%} of held-out rows. It has learned wrong labels too, so μ and mean loss see"
        " less of them.",
        *_fewer_epochs(record),
    )


def _fewer_epochs(record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if record["resolved"].get("early_stopping"):
        return "", {}  # as few as held-out rows are best with
    if (record["dataset"].get("validation_rows") or 0) >= FEWEST_TO_CHOOSE:
        return "Stop where held-out rows are best", {"epochs": None}
    epochs = max(1, int(record["resolved"]["epochs"] or 1) // 4)
    return f"Train {epochs} epochs", {"epochs": epochs}


def _never_predicted(record: Mapping[str, Any], check: Mapping[str, Any]) -> Caution | None:
    named = check["never_predicted"]
    if not named:
        return None
    listed = ", ".join(named[:5]) + (", …" if len(named) > 5 else "")
    return Caution(
        "never predicted",
        f"The model predicts no held-out row as {listed}: what it says of rows of"
        f" {'this class' if len(named) == 1 else 'these classes'} is worth little.",
        *_better_balance(record),
    )


def _rare(record: Mapping[str, Any], check: Mapping[str, Any]) -> Caution | None:
    if check["rarest"] >= RARE or record["config"].get("class_weights") == "balanced":
        return None
    if check["never_predicted"]:
        return None  # said already
    return Caution(
        "rare class",
        f"The rarest class has {check['rarest']:.1%} of the rows of the most frequent one, and"
        " every row counts alike: the model cares little about it.",
        *_better_balance(record),
    )


def _better_balance(record: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
    if record["config"].get("class_weights") == "balanced":
        return "", {}
    return "Train with class weights", {"class_weights": "balanced"}
