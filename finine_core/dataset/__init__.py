"""From a file to numbers a model can learn from.

`load_dataset` reads and validates a labelled table, `encode` turns it into arrays,
`check_dataset` says what is odd about it; `read_table`, `format_of`, `suggest_roles` and
`resolve_roles` are the steps before, for a page that lets a person choose columns.
"""

from finine_core.dataset.checks import Finding, Report, Severity, check_dataset
from finine_core.dataset.dataset import Dataset, Part, load_dataset
from finine_core.dataset.encoders import Encoded, encode
from finine_core.dataset.formats import (
    FORMAT_NAMES,
    CopiedCells,
    format_of,
    is_image_tree,
    read_table,
    written_ending,
)
from finine_core.dataset.input_file import check_input_file, input_path, largest_bytes
from finine_core.dataset.inputs import bytes_of, check_input, fingerprint_of
from finine_core.dataset.roles import Roles, resolve_roles, suggest_roles

__all__ = [
    "FORMAT_NAMES",
    "CopiedCells",
    "Dataset",
    "Encoded",
    "Finding",
    "Part",
    "Report",
    "Roles",
    "Severity",
    "bytes_of",
    "check_dataset",
    "check_input",
    "check_input_file",
    "encode",
    "fingerprint_of",
    "format_of",
    "input_path",
    "is_image_tree",
    "largest_bytes",
    "load_dataset",
    "read_table",
    "resolve_roles",
    "suggest_roles",
    "written_ending",
]
