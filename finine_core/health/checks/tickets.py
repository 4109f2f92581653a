"""Does a run stand in the queue that nobody waits for?"""

from __future__ import annotations

from pathlib import Path

from finine_core.health.base import HomeCheck, HomeFinding
from finine_core.runs.jobs.queue import dead_tickets

NAME = "queue"


def _look(home: Path, repair: bool) -> list[HomeFinding]:
    findings = []
    for ticket in dead_tickets(home):
        if repair:
            ticket.unlink(missing_ok=True)
        mend = "It was taken out." if repair else "It keeps nobody waiting; --repair takes it out."
        problem = f"{ticket.name} stands in the queue, and its worker is gone."
        findings.append(HomeFinding(NAME, ticket, problem, mend, mended=repair))
    return findings


CHECK = HomeCheck(NAME, "whether the queue holds live runs only", _look)
