"""From a table to a typed, validated `Dataset`: roles, checks, split and labels.

`load_dataset` reads and validates a labelled table, `check_dataset` says what is odd about it;
`suggest_roles` and `resolve_roles` are the steps before, for a page that lets a person choose
columns.
"""

from finine_core.dataset.checks import Finding, Report, Severity, check_dataset
from finine_core.dataset.config import Columns, DataConfig, DataOptions
from finine_core.dataset.dataset import Dataset, Part, load_dataset, read_dataset
from finine_core.dataset.roles import Roles, resolve_roles, suggest_roles

__all__ = [
    "Columns",
    "DataConfig",
    "DataOptions",
    "Dataset",
    "Finding",
    "Part",
    "Report",
    "Roles",
    "Severity",
    "check_dataset",
    "load_dataset",
    "read_dataset",
    "resolve_roles",
    "suggest_roles",
]
