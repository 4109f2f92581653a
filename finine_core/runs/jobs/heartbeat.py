"""A worker's sign of life, and what can be told from the last one when there comes no other.

While it works, a thread of the worker leaves `beat.json` in the run's folder every second: which
process it is, when, and its memory. Whether a worker lives is a question about the folder's lock
(`folder.py`); the beat says whether it stirs, and how it died.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, fields
from pathlib import Path

from finine_core.errors import FinineError
from finine_core.files import read_json, write_json
from finine_core.meanwhile import meanwhile
from finine_core.runs.folder import RunFolder, now
from finine_core.runs.jobs.memory import Memory, memory_now
from finine_core.runs.process import Moment, Process, boot_id

BEAT_SECONDS = 1.0  # a beat is half a kilobyte and not waited for: nobody notices it
SILENT_SECONDS = 30.0  # without a beat for so long, an onlooker is told: it should be one second
# A process that used more of the memory than this, and was killed by nobody we know of, was most
# likely killed by the system; the last beat may be a second older than the peak.
LIKELY_SHARE = 0.8
MEMORY_MEND = (
    "Use fewer features or rows, or a machine with more memory; close other programs, then resume"
    " the run."
)


@dataclass(frozen=True)
class Beat:
    """A worker's last sign of life."""

    process: Process
    moment: Moment
    at: str
    memory: Memory

    @property
    def silent(self) -> bool:
        """Whether the next one is long overdue."""
        return self.moment.age > SILENT_SECONDS


def beat_file(folder: RunFolder) -> Path:
    """Where a run's worker leaves its sign of life."""
    return folder.path / "beat.json"


def last_beat(folder: RunFolder) -> Beat | None:
    """The last sign of life of a run's worker; None when there was none."""
    stored = read_json(beat_file(folder))
    process, moment = Process.read(stored), Moment.read(stored)
    if process is None or moment is None:
        return None
    told = stored.get("memory", {})
    memory = Memory(**{one.name: int(told.get(one.name, 0)) for one in fields(Memory)})
    return Beat(process, moment, str(stored.get("at", "")), memory)


def beat(folder: RunFolder) -> None:
    """Leave a sign of life."""
    process, moment = Process.of(os.getpid()), Moment.now()
    content = {**process.stored, **moment.stored, "at": now(), "memory": asdict(memory_now())}
    write_json(beat_file(folder), content, durable=False)


@contextmanager
def beating(folder: RunFolder) -> Iterator[None]:
    """Leave signs of life while the body runs; end this process when its folder is deleted."""

    def go_on(over: threading.Event) -> None:
        while not over.wait(BEAT_SECONDS):
            if not (folder.path / "run.json").exists():
                print(f"{now()} {folder.path} was deleted; there is nothing left to do", flush=True)
                os._exit(1)  # else the folder would come back with the next file that is written
            with suppress(OSError, FinineError):  # a full disk: the run itself will say so
                beat(folder)

    beat(folder)
    with meanwhile(go_on):
        yield


def why_it_died(last: Beat | None, *, kills: int, boot: str, code: int | None = None) -> str:
    """What to tell of a worker that left no word, in plain sentences with the mend.

    Args:
        last: its last sign of life.
        kills: how often the system has killed for lack of memory, by now.
        boot: the boot of the machine, now.
        code: how the process ended, where its parent knows: minus the signal.

    Examples:
        >>> from finine_core.runs.process import Process
        >>> used = Memory(21 * 10**9, 21 * 10**9, 24 * 10**9, kills=3)
        >>> last = Beat(Process(7), Moment("b", 0.0), "2026-01-01T10:00:00+00:00", used)
        >>> why_it_died(last, kills=4, boot="b")[:75]
        'The system killed the worker for lack of memory: it used 21.0 of 24.0 GB. U'
        >>> why_it_died(last, kills=3, boot="c")
        'The machine went down or was restarted at about 2026-01-01T10:00:00+00:00. Resume the run.'
    """
    seen = f" Its last sign of life was at {last.at}." if last else ""
    if last and last.moment.boot != boot:
        return f"The machine went down or was restarted at about {last.at}. Resume the run."
    if code is not None and code not in (-signal.SIGKILL, 0):
        how = f"with exit code {code}"
        if code < 0:
            with suppress(ValueError):
                how = f"by the signal {signal.Signals(-code).name}"
        return f"The worker was ended {how}.{seen} Its log says more; then resume the run."
    if last and last.memory.limit:
        if kills > last.memory.kills:
            return (
                "The system killed the worker for lack of memory:"
                f" it used {last.memory.words}. {MEMORY_MEND}"
            )
        if last.memory.used >= LIKELY_SHARE * last.memory.limit:
            return (
                "The worker was killed, most likely by the system for lack of memory:"
                f" it used {last.memory.words}. {MEMORY_MEND}"
            )
    return f"The worker was killed, and left no word of why.{seen} Resume the run."


def told_now(folder: RunFolder, code: int | None = None) -> str:
    """Why a run's worker died, as far as can be told now."""
    return why_it_died(last_beat(folder), kills=memory_now().kills, boot=boot_id(), code=code)
