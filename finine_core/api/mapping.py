"""The map of a run: flat pictures of its training rows, and the job that makes the slower one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from finine_core.api.verifying import Verifying
from finine_core.told import told_everywhere

if TYPE_CHECKING:
    import pandas as pd

    from finine_core.runs.map.job import MapStatus


@told_everywhere
class Mapping(Verifying):
    """The part of `Run` about the map."""

    def projection(self, kind: str = "pca") -> pd.DataFrame:
        """Where the training rows lie on the map: row_number, x, y.

        Args:
            kind: `pca`, which is stored with the run, or `umap`, which `start_map` makes.

        Raises:
            FinineError: there is no such kind, or it was not made yet.
        """
        from finine_core.runs.map.job import read_projection

        self._results.record()
        return read_projection(self.folder, kind)

    def start_map(self) -> bool:
        """Begin to make the UMAP in a process of its own, which outlives this one.

        Returns:
            False when it is made already, or being made.
        """
        from finine_core.runs.map.job import start_map

        self._results.record()
        return start_map(self.folder)

    def map_status(self) -> MapStatus:
        """How the UMAP stands."""
        from finine_core.runs.map.job import observe_map

        return observe_map(self.folder)

    def stop_map(self) -> None:
        """End the process that makes it."""
        from finine_core.runs.map.job import stop_map

        stop_map(self.folder)
