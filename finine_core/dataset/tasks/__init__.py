"""What is there to learn? Add a file, then its line here."""

from __future__ import annotations

import pyarrow as pa

from finine_core.dataset import AUTO
from finine_core.dataset.roles import Roles
from finine_core.dataset.tasks.base import Answers, Task
from finine_core.dataset.tasks.classification import CLASSIFICATION, ORDINAL
from finine_core.dataset.tasks.multi_label import MULTI_LABEL
from finine_core.dataset.tasks.regression import REGRESSION
from finine_core.errors import FinineError
from finine_core.formats.values import listed_columns

TASKS: dict[str, Task] = {
    one.name: one for one in (MULTI_LABEL, CLASSIFICATION, REGRESSION, ORDINAL)
}


def task_named(name: str) -> Task:
    """The registered task called `name`.

    Raises:
        FinineError: no such task; the known ones are named.

    Examples:
        >>> task_named("regression").words
        'A number: how much is it?'
    """
    if name not in TASKS:
        raise FinineError(f"There is no task '{name}'.", f"Known: auto, {', '.join(TASKS)}.")
    return TASKS[name]


def task_for(name: str, table: pa.Table, roles: Roles) -> Task:
    """The task called `name`; for 'auto' the first that fits the label, else classification.

    Raises:
        FinineError: several label columns for a task that learns one.

    Examples:
        >>> rows = pa.table({"y": [k / 7 for k in range(50)]})
        >>> task_for("auto", rows, Roles(label="y")).name
        'regression'
    """
    if name not in (AUTO, MULTI_LABEL.name) and len(roles.labels) > 1:
        raise FinineError(
            f"The task {name} learns one label column, and {len(roles.labels)} are named: "
            f"{listed_columns(roles.labels)}.",
            "Name one, or choose the task multi_label, which learns 0 or 1 of each.",
        )
    if name != AUTO:
        return task_named(name)
    return next((one for one in TASKS.values() if one.fits(table, roles)), CLASSIFICATION)


__all__ = [
    "AUTO",
    "CLASSIFICATION",
    "MULTI_LABEL",
    "ORDINAL",
    "REGRESSION",
    "TASKS",
    "Answers",
    "Task",
    "task_for",
    "task_named",
]
