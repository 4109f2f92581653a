"""How does the cleaned data leave the house?

`plan_export` says what an export would do, `export_run` does it, `zip_export` packs the files for
a download, `write_subset` writes any rows as they are. The input file is only ever read.
"""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
    from finine_core.curation.export.pack import zip_export
    from finine_core.curation.export.plan import ExportPlan, plan_export
    from finine_core.curation.export.spreadsheet import formula_cells
    from finine_core.curation.export.subset import write_subset
    from finine_core.curation.export.trees import check_tree, write_tree
    from finine_core.curation.export.write import ExportResult, export_run, file_ending
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.curation.export.pack": ["zip_export"],
            "finine_core.curation.export.plan": ["ExportPlan", "plan_export"],
            "finine_core.curation.export.spreadsheet": ["formula_cells"],
            "finine_core.curation.export.subset": ["write_subset"],
            "finine_core.curation.export.trees": ["check_tree", "write_tree"],
            "finine_core.curation.export.write": ["ExportResult", "export_run", "file_ending"],
        },
    )
