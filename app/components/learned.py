"""What did a run learn: classes, numbers, or labels that may hold together?

Takes a run's record (run.json); gives yes or no, and the labels that a row's can be corrected to.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from finine_core.dataset.tasks import MULTI_LABEL, REGRESSION


def learns_number(record: Mapping[str, Any]) -> bool:
    """Whether the run of this run.json learned a number, so that its `classes` are bands."""
    return record["dataset"].get("task") == REGRESSION.name


def learns_labels(record: Mapping[str, Any]) -> bool:
    """Whether the run learned labels that may hold together, so that a row has a set of them."""
    return record["dataset"].get("task") == MULTI_LABEL.name


def classes_to_correct_to(record: Mapping[str, Any]) -> Sequence[str]:
    """The labels that a row's can be corrected to; numbers and sets of labels are not corrected."""
    fixed = learns_number(record) or learns_labels(record)
    return () if fixed else list(record["dataset"]["classes"])
