"""Is a home sound, and what can be mended?

`check_home` takes the folder of a home and gives a `HomeReport`: every finding says what is wrong,
where, and what to do or what was done. Only with `repair` is anything changed, and no mark, no run
and no file of a person's is ever deleted. Adding a check is one new file with a `HomeCheck`, plus
one entry in `CHECKS`.
"""

from __future__ import annotations

from pathlib import Path

from finine_core.encoders.texts.embeddings import CACHE, cache_bytes
from finine_core.errors import FinineError
from finine_core.health.base import HomeCheck, HomeFinding, HomeReport
from finine_core.health.checks import (
    database,
    disk,
    listed_runs,
    marks,
    run_files,
    stale_states,
    temporary_files,
    tickets,
)

# In the order in which mending helps: what comes later may need what comes before it.
CHECKS: tuple[HomeCheck, ...] = (
    disk.CHECK,
    database.CHECK,
    marks.CHECK,
    stale_states.CHECK,
    temporary_files.CHECK,
    tickets.CHECK,
    listed_runs.CHECK,
    run_files.CHECK,
)

__all__ = ["CHECKS", "HomeCheck", "HomeFinding", "HomeReport", "check_home"]


def check_home(home: Path, *, repair: bool = False) -> HomeReport:
    """Look for everything in `CHECKS`, and mend what can be mended when that is asked for.

    Raises:
        FinineError: there is no such folder.

    Examples:
        >>> import tempfile
        >>> home = Path(tempfile.mkdtemp())
        >>> (home / ".finine.db.x.tmp").touch()  # left behind by a writer that was killed
        >>> import os; os.utime(home / ".finine.db.x.tmp", (0, 0))
        >>> [(one.check, one.mended) for one in check_home(home).findings]
        [('temporary files', False)]
        >>> [(one.check, one.mended) for one in check_home(home, repair=True).findings]
        [('temporary files', True)]
        >>> check_home(home).findings
        ()
    """
    if not home.is_dir():
        what = "is a file, not a folder" if home.exists() else "does not exist"
        raise FinineError(f"The home {home} {what}.", "Name another with --home.")
    findings: list[HomeFinding] = []
    for check in CHECKS:
        findings += check.look(home, repair)
    return HomeReport(home, tuple(findings), tuple(check.words for check in CHECKS), _told(home))


def _told(home: Path) -> tuple[str, ...]:
    told = []
    if count := run_files.unsealed(home):
        told.append(
            f"{count:,} {'run is' if count == 1 else 'runs are'} from before checksums were kept:"
            " a changed byte in their results may go unnoticed."
        )
    if size := cache_bytes(home):
        told.append(
            f"Stored embeddings of texts take {size / 1e6:,.1f} MB. {home / CACHE} may be deleted:"
            " then the next run embeds its texts again."
        )
    return tuple(told)
