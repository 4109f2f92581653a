"""How many rows of each run have a decision? For lists of runs, without reading every log anew."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

from finine_core.curation.decisions import DecisionLog
from finine_core.database import open_database

KEPT_COUNTS = 5_000  # more runs than any home will have


def marked_rows(home: Path, run_ids: Sequence[str]) -> dict[str, int]:
    """Rows with a decision in force, of each of these runs.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp())
        >>> _ = DecisionLog(home, "r1").mark([1, 2], "delete")
        >>> marked_rows(home, ["r1", "r2"])
        {'r1': 2, 'r2': 0}
    """
    with open_database(home) as connection:
        versions = dict(
            connection.execute("SELECT run_id, MAX(event_id) FROM events GROUP BY run_id")
        )
    return {one: _count(home, one, versions[one]) if one in versions else 0 for one in run_ids}


@lru_cache(maxsize=KEPT_COUNTS)
def _count(home: Path, run_id: str, version: int) -> int:  # noqa: ARG001
    """The log is append-only: at the same version it says the same."""
    return sum(DecisionLog(home, run_id).counts().values())
