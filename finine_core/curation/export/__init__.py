"""How does the cleaned data leave the house?

`plan_export` says what an export would do, `export_run` does it, `zip_export` packs the files for
a download, `write_subset` writes any rows as they are. The input file is only ever read.
"""

from finine_core.curation.export.pack import zip_export
from finine_core.curation.export.plan import ExportPlan, plan_export
from finine_core.curation.export.spreadsheet import formula_cells
from finine_core.curation.export.subset import write_subset
from finine_core.curation.export.trees import check_tree, write_tree
from finine_core.curation.export.write import ExportResult, export_run, file_ending

__all__ = [
    "ExportPlan",
    "ExportResult",
    "check_tree",
    "export_run",
    "file_ending",
    "formula_cells",
    "plan_export",
    "write_subset",
    "write_tree",
    "zip_export",
]
