"""What a run chose, or will choose from, as a person reads it: the model and the epochs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finine_core.measures import ACCURACY, MEASURES
from finine_core.runs.config import Resolved

CHOICE = "whichever does better on the held-out rows"
WHEN = "ended where the held-out rows are best"


def model_words(resolved: Resolved) -> str:
    """The model before the run: the one, or those that are tried.

    Examples:
        >>> from finine_core.runs.config import Resolved
        >>> told = dict(model="mlp", epochs=16, batch_size=32, lr=0.01, optimizer="sgd",
        ...             weight_decay=0.0, seed=0, targets=("self",))
        >>> model_words(Resolved(**told, candidates=("mlp", "logistic")))
        'mlp or logistic, whichever does better on the held-out rows'
        >>> model_words(Resolved(**told))
        'mlp'
    """
    if len(resolved.candidates) < 2:
        return resolved.model
    return f"{' or '.join(resolved.candidates)}, {CHOICE}"


def epochs_words(resolved: Resolved) -> str:
    """The epochs before the run: so many, or at most so many."""
    if not resolved.early_stopping:
        return str(resolved.epochs)
    return f"at most {resolved.epochs}, {WHEN}"


def tried_words(record: Mapping[str, Any]) -> str:
    r"""What a run tried before it recorded; '' when it had nothing to choose.

    Args:
        record: run.json.

    Examples:
        >>> told = tried_words({"resolved": {"model": "logistic"}, "tried": [
        ...     {"model": "mlp", "epochs": 4, "trained": 8, "loss": 0.6, "quality": 0.71,
        ...      "measure": "accuracy"},
        ...     {"model": "logistic", "epochs": 6, "trained": 9, "loss": 0.5, "quality": 0.74,
        ...      "weighed": True}]})
        >>> print(*told.split(". "), sep="\n")
        Taken: logistic (best after 6 epochs: held-out accuracy 74.0%, loss 0.500)
        Also tried: mlp (best after 4 epochs: held-out accuracy 71.0%, loss 0.600)
        Within chance the usual model is kept
        These losses weigh a held-out row by how far its label is trusted, the curves do not.
    """
    tried: Sequence[Mapping[str, Any]] = record.get("tried") or []
    resolved = record.get("resolved") or {}
    if not tried:
        return ""
    measure = MEASURES.get(str(tried[0].get("measure")), ACCURACY)
    first, *others = [
        f"{one['model']}, which diverged"
        if one.get("loss") is None
        else f"{one['model']} (best after {one['epochs']} epochs: held-out {measure.words}"
        f" {measure.text(one['quality'])}, loss {one['loss']:.3f})"
        for one in sorted(tried, key=lambda one: one["model"] != resolved.get("model"))
    ]
    also = ""
    if others:
        also = f" Also tried: {'; '.join(others)}. Within chance the usual model is kept."
    if not any(one.get("weighed") for one in tried):
        return f"Taken: {first}.{also}"
    return (
        f"Taken: {first}.{also} These losses weigh a held-out row by how far its label is trusted,"
        " the curves do not."
    )
