"""From a table to a typed, validated `Dataset`: roles, checks, split and labels.

`load_dataset` reads and validates a labelled table, `check_dataset` says what is odd about it;
`suggest_roles` and `resolve_roles` are the steps before, for a page that lets a person choose
columns.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
    from finine_core.dataset.checks import Finding, Report, Severity, check_dataset
    from finine_core.dataset.config import Columns, DataConfig
    from finine_core.dataset.dataset import Dataset, Part, load_dataset, read_dataset
    from finine_core.dataset.options import DataOptions
    from finine_core.dataset.roles import Roles, resolve_roles, suggest_roles
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.dataset.checks": ["Finding", "Report", "Severity", "check_dataset"],
            "finine_core.dataset.config": ["Columns", "DataConfig"],
            "finine_core.dataset.dataset": ["Dataset", "Part", "load_dataset", "read_dataset"],
            "finine_core.dataset.options": ["DataOptions"],
            "finine_core.dataset.roles": ["Roles", "resolve_roles", "suggest_roles"],
        },
    )

AUTO = "auto"  # instead of a task: the first that fits the label


def named_labels(label: str | Sequence[str]) -> tuple[str, ...]:
    """The label columns that were named, one or several.

    Examples:
        >>> named_labels("mood"), named_labels(["rude", "loud"])
        (('mood',), ('rude', 'loud'))
    """
    return (label,) if isinstance(label, str) else tuple(label)
