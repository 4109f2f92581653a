"""How does the cleaned data leave the house?

`plan_export` says what an export would do, `export_run` does it, `zip_export` packs the files for
a download. The input file is only ever read.
"""

from finine_core.curation.export.pack import zip_export
from finine_core.curation.export.plan import ExportPlan, plan_export
from finine_core.curation.export.spreadsheet import formula_cells
from finine_core.curation.export.write import ExportResult, export_run

__all__ = [
    "ExportPlan",
    "ExportResult",
    "export_run",
    "formula_cells",
    "plan_export",
    "zip_export",
]
