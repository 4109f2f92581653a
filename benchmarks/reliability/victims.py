"""What is killed: one class a kind of work, each of which can begin it, kill it, and judge the end.

A subject is a home with a finished run that nobody disturbed; a victim does the same work again,
is killed by SIGKILL at random moments, goes on as a person would let it, and is held against it.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import signal
import subprocess
import time
import zipfile
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from finine_core import api
from finine_core.errors import FinineError
from finine_core.processes import child_environment, python_code
from finine_core.runs import RunFolder, State
from finine_core.runs.jobs.progress import epoch_history
from finine_core.runs.map.job import MapState
from finine_core.verification import VerifyState
from finine_sample_data import SAMPLES

SAMPLE = SAMPLES["breast_cancer_flips"]
# Long enough to be met anywhere in it, short enough for two hundred; many recorded steps, so that
# a good part of the kills comes while signals are written.
OPTIONS = {"epochs": 12, "batch_size": 8, "auxiliary": True}
REPEATS = 2  # of a verification: six trainings
IN_A_ROW = 4  # kills of one run, before it may come to its end
WAIT_SECONDS = 300.0  # whatever takes longer hangs


@dataclass
class Kill:
    """One kill: in which phase, after how long, and what came of it."""

    kind: str
    phase: str
    seconds: float
    identical: bool = False
    marks: int = 0
    marks_lost: int = 0
    differs: list[str] = field(default_factory=list)

    def as_json(self) -> dict[str, object]:
        return {**asdict(self), "seconds": round(self.seconds, 3)}


@dataclass(frozen=True)
class Subject:
    """A home with one finished run and rows marked in it, and how long that run took."""

    run: api.Run
    seconds: float

    @classmethod
    def make(cls, home: Path) -> Subject:
        started = time.monotonic()
        run = new_run(home, block=True)
        seconds = time.monotonic() - started
        run.mark(rows=run.scores(top=20)["row_number"].tolist(), reason="looks wrong")
        return cls(run, seconds)


def new_run(home: Path, *, block: bool) -> api.Run:
    roles = {"label": SAMPLE.label, "id": SAMPLE.id}
    return api.run(SAMPLE.path, **roles, home=home, block=block, **OPTIONS)


def digests(run: api.Run) -> dict[str, str]:
    """A fingerprint of everything that a run found: files byte by byte, curves, losses by epoch."""
    folder = run.folder
    files = [
        folder.scores, folder.predictions, folder.embedding, folder.projection, folder.encoded,
        folder.dataset, *folder.signals.rglob("*.npy"), *folder.checkpoints.glob("*.safetensors"),
    ]  # fmt: skip
    found = {
        str(one.relative_to(folder.path)): hashlib.sha256(one.read_bytes()).hexdigest()
        for one in files
    }
    for row in run.scores(top=3)["row_number"]:
        curve = run.curve(int(row))
        found[f"curve {row}"] = hashlib.sha256(repr(asdict(curve)).encode()).hexdigest()
    epochs = [
        {key: value for key, value in event.items() if key not in ("at", "eta_seconds")}
        for event in epoch_history(folder.events)
    ]
    found["epochs"] = hashlib.sha256(json.dumps(epochs).encode()).hexdigest()
    return found


def differing(one: dict[str, str], other: dict[str, str]) -> list[str]:
    return sorted(key for key in one.keys() | other.keys() if one.get(key) != other.get(key))


def until(condition: Callable[[], bool], pause: float = 0.02) -> None:
    deadline = time.monotonic() + WAIT_SECONDS
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("it never came to its end")
        time.sleep(pause)


def end_group(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(pid, signal.SIGKILL)


def phase_of(folder: RunFolder) -> str:
    status = api.Run(folder).status()
    return status.phase or "coming up"


class Training:
    """A run: reading, encoding, training and recording, the auxiliary run, scoring."""

    def __init__(self, subject: Subject) -> None:
        self.subject, self.expected = subject, digests(subject.run)

    def kill(self, random: np.random.Generator, most: int) -> list[Kill]:
        run = new_run(self.subject.run.home, block=False)
        kills: list[Kill] = []
        for _ in range(min(IN_A_ROW, most)):
            until(lambda: (run.folder.path / "pid").exists())
            # by its own clock: what it did before the last kill is not done again
            wait = float(random.uniform(0, self.subject.seconds / 2))
            time.sleep(wait)
            phase = phase_of(run.folder)
            if run.status().state.over:
                break
            end_group(int((run.folder.path / "pid").read_text()))
            until(lambda: run.status().state.over)
            if run.status().state is State.DONE:
                break
            kills.append(Kill("training", phase, wait))
            assert run.status().state is State.INTERRUPTED, run.status()
            run.resume()
        status = run.wait()
        assert status.state is State.DONE, status
        differs = differing(self.expected, digests(run))
        run.trash()
        run.delete()
        for one in kills:
            one.identical, one.differs = not differs, differs
        return kills


class Map:
    """The UMAP of the run."""

    def __init__(self, subject: Subject) -> None:
        self.run = subject.run
        started = time.monotonic()
        self.expected = self.make()
        self.seconds = time.monotonic() - started

    def made(self) -> Path | None:
        return next(iter(sorted((self.run.folder.path / "map").glob("umap.*.parquet"))), None)

    def make(self) -> bytes:
        self.run.start_map()
        until(lambda: self.run.map_status().state is not MapState.RUNNING)
        assert self.run.map_status().state is MapState.DONE, self.run.map_status()
        made = self.made()
        assert made is not None
        return made.read_bytes()

    def kill(self, random: np.random.Generator, most: int) -> list[Kill]:  # noqa: ARG002
        made = self.made()
        if made is not None:
            made.unlink()
        self.run.start_map()
        job = json.loads((self.run.folder.path / "map" / "job.json").read_text())
        wait = float(random.uniform(0, self.seconds))
        time.sleep(wait)
        phase = self.run.map_status().phase or "over"
        end_group(int(job["pid"]))
        until(lambda: self.run.map_status().state is not MapState.RUNNING)
        if self.run.map_status().state is MapState.DONE:
            return []
        return [Kill("map", phase, wait, identical=self.make() == self.expected)]


class Verification:
    """A verification of the marked rows; its trainings go on from the last finished one."""

    def __init__(self, subject: Subject) -> None:
        self.run = subject.run
        started = time.monotonic()
        self.expected = self.make()
        self.seconds = time.monotonic() - started

    def stored(self) -> Path:
        return next((self.run.folder.path / "verification").glob("*/plan.json")).parent

    def make(self) -> bytes:
        self.run.start_verify(repeats=REPEATS, processes=1)
        until(lambda: self.run.verify_status().state is not VerifyState.RUNNING)
        assert self.run.verify_status().state is VerifyState.DONE, self.run.verify_status()
        return (self.stored() / "result.json").read_bytes()

    def kill(self, random: np.random.Generator, most: int) -> list[Kill]:  # noqa: ARG002
        shutil.rmtree(self.stored())
        self.run.start_verify(repeats=REPEATS, processes=1)
        wait = float(random.uniform(0, self.seconds))
        time.sleep(wait)
        phase = f"{self.run.verify_status().done} trainings"
        end_group(json.loads((self.stored() / "job.json").read_text())["pid"])
        until(lambda: self.run.verify_status().state is not VerifyState.RUNNING)
        if self.run.verify_status().state is VerifyState.DONE:
            return []
        return [Kill("verification", phase, wait, identical=self.make() == self.expected)]


@dataclass
class Script:
    """A process that says a line when it begins, and one after each thing that it did."""

    code: str
    arguments: tuple[str, ...]
    longest: float  # seconds from its first line to the kill

    def kill(self, random: np.random.Generator) -> tuple[float, list[str]]:
        """Kill it at a random moment; gives how long it had and the lines that it said."""
        process = subprocess.Popen(
            python_code(self.code, *self.arguments),
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            env=child_environment(),
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        wait = float(random.uniform(0, self.longest))
        time.sleep(wait)
        end_group(process.pid)
        lines = process.stdout.read().split("\n")[:-1]  # the last may be torn
        assert process.wait() == -signal.SIGKILL, "it ended by itself"
        return wait, lines


class Export:
    """Exports with their zip, one over the other."""

    CODE = """
import sys
from pathlib import Path
from finine_core import api
from finine_core.curation.export import zip_export
run = api.open_run(sys.argv[1], sys.argv[2])
out = Path(sys.argv[3])
run.export(out, overwrite=True, spreadsheet_safe=True)
print("ready", flush=True)
while True:
    run.export(out, overwrite=True, spreadsheet_safe=True)
    zip_export(out)
"""

    def __init__(self, subject: Subject) -> None:
        self.run, self.out = subject.run, subject.run.home.parent / "export"
        self.expected = self.make()
        arguments = (self.run.run_id, str(self.run.home), str(self.out))
        self.script = Script(self.CODE, arguments, longest=1.0)

    def make(self) -> dict[str, str]:
        """What an export that nobody disturbs leaves, hidden files included."""
        result = self.run.export(self.out, overwrite=True, spreadsheet_safe=True)
        manifest = json.loads(result.manifest.read_text())
        manifest.pop("created_at")
        found = {
            one.name: hashlib.sha256(one.read_bytes()).hexdigest()
            for one in self.out.iterdir()
            if one != result.manifest
        }
        return {**found, "manifest": json.dumps(manifest, sort_keys=True)}

    def kill(self, random: np.random.Generator, most: int) -> list[Kill]:  # noqa: ARG002
        wait, _ = self.script.kill(random)
        manifest, packed = self.out / "manifest.json", self.out / "export.zip"
        kill = Kill("export", "complete" if manifest.exists() else "replacing", wait)
        if manifest.exists():  # then everything it lists must be there, as it says
            outputs = json.loads(manifest.read_text())["outputs"]
            for told in (one for one in outputs.values() if one):
                content = (self.out / told["name"]).read_bytes()
                if hashlib.sha256(content).hexdigest() != told["sha256"]:
                    kill.differs.append(told["name"])
        if packed.exists() and zipfile.ZipFile(packed).testzip() is not None:
            kill.differs.append("export.zip")
        time.sleep(2.5)  # until a temporary file is old enough to be known for an orphan
        kill.differs += differing(self.expected, self.make())
        kill.identical = not kill.differs
        return [kill]


class Marking:
    """Marks of many rows, undone now and then; a line is said when one was confirmed."""

    CODE = """
import sys
from finine_core import api
run = api.open_run(sys.argv[1], sys.argv[2])
known = run.scores()["row_number"].unique()
print("ready", flush=True)
for number in range(10**9):
    rows = known[number % 50 : number % 50 + 400]
    event = run.mark(rows=rows, decision=("keep", "review", "delete")[number % 3])
    print(event.event_id, event.rows, flush=True)
"""

    def __init__(self, subject: Subject) -> None:
        self.run = subject.run
        arguments = (self.run.run_id, str(self.run.home))
        self.script = Script(self.CODE, arguments, longest=1.0)

    def kill(self, random: np.random.Generator, most: int) -> list[Kill]:  # noqa: ARG002
        before = self.run.log.version()
        wait, lines = self.script.kill(random)
        confirmed = dict(tuple(map(int, line.split())) for line in lines)
        kill = Kill("marking", "marking", wait, marks=len(confirmed))
        stored = {one.event_id: one.rows for one in self.run.log.events() if one.event_id > before}
        for event, rows in confirmed.items():
            if stored.get(event) != rows:
                kill.marks_lost += 1
        try:
            whole = all(len(self.run.log.rows_of(one)) == rows for one, rows in stored.items())
        except FinineError:
            whole = False
        # the one that was in the making may have been written and not been confirmed
        kill.identical = whole and len(stored) - len(confirmed) in (0, 1) and not kill.marks_lost
        return [kill]


KINDS = {
    "training": Training,
    "map": Map,
    "verification": Verification,
    "export": Export,
    "marking": Marking,
}
