"""From a file to numbers a model can learn from.

`load_dataset` reads and validates a labelled table, `encode` turns it into arrays,
`check_dataset` says what is odd about it; `read_table`, `format_of`, `suggest_roles` and
`resolve_roles` are the steps before, for a page that lets a person choose columns.
"""

from finine_core.dataset.checks import Finding, Report, Severity, check_dataset
from finine_core.dataset.dataset import Dataset, Part, load_dataset
from finine_core.dataset.encoders import Encoded, encode
from finine_core.dataset.formats import CopiedCells, format_of, read_table
from finine_core.dataset.roles import Roles, resolve_roles, suggest_roles

__all__ = [
    "CopiedCells",
    "Dataset",
    "Encoded",
    "Finding",
    "Part",
    "Report",
    "Roles",
    "Severity",
    "check_dataset",
    "encode",
    "format_of",
    "load_dataset",
    "read_table",
    "resolve_roles",
    "suggest_roles",
]
