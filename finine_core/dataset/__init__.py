"""From a table to a typed, validated `Dataset`: roles, checks, split and labels.

`load_dataset` reads and validates a labelled table, `check_dataset` says what is odd about it;
`suggest_roles` and `resolve_roles` are the steps before, for a page that lets a person choose
columns.
"""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
    from finine_core.dataset.checks import Finding, Report, Severity, check_dataset
    from finine_core.dataset.config import Columns, DataConfig, DataOptions
    from finine_core.dataset.dataset import Dataset, Part, load_dataset, read_dataset
    from finine_core.dataset.roles import Roles, resolve_roles, suggest_roles
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.dataset.checks": ["Finding", "Report", "Severity", "check_dataset"],
            "finine_core.dataset.config": ["Columns", "DataConfig", "DataOptions"],
            "finine_core.dataset.dataset": ["Dataset", "Part", "load_dataset", "read_dataset"],
            "finine_core.dataset.roles": ["Roles", "resolve_roles", "suggest_roles"],
        },
    )
