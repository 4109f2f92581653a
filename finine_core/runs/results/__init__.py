"""What a run found, read back from its folder; and the list of all runs."""

from typing import TYPE_CHECKING

from finine_core.first_use import loaded_on_first_use

if TYPE_CHECKING:
    from finine_core.runs.results.stored import Results
else:
    __getattr__, __dir__ = loaded_on_first_use(
        __name__,
        {
            "finine_core.runs.results.stored": ["Results"],
        },
    )
