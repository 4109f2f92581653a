"""Is one class nearly everything, and are there classes with hardly any rows?

Takes the subject, gives up to two findings. Classes with a single row are left to the notes of
reading the labels, which tell them already.
"""

from __future__ import annotations

import numpy as np

from finine_core.dataset.checks.base import (
    Check,
    Finding,
    Severity,
    Subject,
    counted,
    listed,
    percent,
)
from finine_core.errors import shown

# A model that always names the largest class is right this often: accuracy then says little.
NEARLY_ALL = 0.9
# The largest class has so many times the rows of the smallest: the smallest is easily overlooked.
UNEVEN = 10
# Fewer rows than this leave two held-out rows at the usual fifth: nothing can be judged by them.
FEW_ROWS = 10


def find(subject: Subject) -> list[Finding]:
    """Uneven classes and small ones; bands of numbers are made even."""
    if subject.task == "regression":
        return []
    if subject.task == "multi_label":
        return _rare_labels(subject)
    sizes = np.bincount(subject.labels, minlength=len(subject.classes))
    return [*_uneven(subject, sizes), *_small(subject, sizes)]


def _uneven(subject: Subject, sizes: np.ndarray) -> list[Finding]:
    most, least = int(sizes.argmax()), int(sizes.argmin())
    share, ratio = sizes[most] / sizes.sum(), sizes[most] / max(sizes[least], 1)
    if share < NEARLY_ALL and ratio < UNEVEN:
        return []
    rows = np.flatnonzero(subject.labels == least)
    return [
        subject.finding(
            "class_imbalance",
            Severity.WARNING if share >= NEARLY_ALL else Severity.NOTE,
            rows,
            problem=f"The classes are uneven: {shown(subject.classes[most])} has {percent(share)} "
            f"of the rows ({sizes[most]:,}), {shown(subject.classes[least])} has "
            f"{sizes[least]:,}.",
            mend="Judge the model by each class and not by its accuracy alone (target “each "
            "class”), and look twice before you remove rows of a small class.",
            columns=subject.roles.labels,
            numbers={"largest_share": float(share), "ratio": float(ratio)},
        )
    ]


def _rare_labels(subject: Subject) -> list[Finding]:
    """Labels that hold, or do not, in hardly any row."""
    having = subject.values.sum(axis=0)
    fewest = np.minimum(having, len(subject) - having)
    rare = np.flatnonzero(fewest < FEW_ROWS)
    if len(rare) == 0:
        return []
    fewer = having[rare] <= len(subject) / 2
    held = np.where(fewer, 1, 0)
    rows = np.flatnonzero((subject.values[:, rare] == held).any(axis=1))
    named = listed([subject.roles.labels[place] for place in rare])
    return [
        subject.finding(
            "rare_labels",
            Severity.WARNING,
            rows,
            problem=f"{counted(len(rare), 'label holds', 'labels hold')} in fewer than {FEW_ROWS} "
            f"rows, or in all but so few: {named}.",
            mend="So few rows all look unusual to a model, and get a large μ whether they are "
            "wrong or not. Add rows, or leave these labels out.",
            columns=subject.roles.labels,
            numbers={"labels": len(rare)},
        )
    ]


def _small(subject: Subject, sizes: np.ndarray) -> list[Finding]:
    small = np.flatnonzero((sizes > 1) & (sizes < FEW_ROWS))
    if len(small) == 0:
        return []
    rows = np.flatnonzero(np.isin(subject.labels, small))
    named = listed([subject.classes[code] for code in small])
    return [
        subject.finding(
            "small_classes",
            Severity.WARNING,
            rows,
            problem=f"{counted(len(small), 'class has', 'classes have')} fewer than {FEW_ROWS} "
            f"rows: {named}.",
            mend="So few rows all look unusual to a model, and get a large μ whether they are "
            "wrong or not. Add rows, or put small classes together.",
            columns=subject.roles.labels,
            numbers={"classes": len(small)},
        )
    ]


CHECK = Check("uneven and very small classes", find)
