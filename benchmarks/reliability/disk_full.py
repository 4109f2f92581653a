"""What does a full disk do? Every kind of write is met by one, on a small disk of its own.

    python benchmarks/reliability/disk_full.py [--out FILE.json]        (root, on Linux: it mounts)

A home lies on a small tmpfs that is filled but for some bytes. A run is started with more and more
of them left, so that it fails at one write after the other; then, with none left, each other thing
that is written: marks, groups, names, other scores, exports, a map, a verification. Each must tell
that the disk is full, leave everything that was there as it was, and succeed once there is room.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from victims import SAMPLE, until

from finine_core import api
from finine_core.curation.export import zip_export
from finine_core.errors import FinineError
from finine_core.runs import State
from finine_core.runs.map.job import MapState
from finine_core.verification import VerifyState

OPTIONS = {"label": SAMPLE.label, "id": SAMPLE.id, "epochs": 3}
DISK_MEGABYTES = 48
# Left free when a run begins, in kB: what it writes comes to about 700, in this order: its records,
# the data, what the model sees, signals (0.4 MB), checkpoint, predictions, embedding, scores.
SPARES = (0, 8, 20, 60, 150, 250, 350, 450, 550, 650, 700, 740)
# What tells of the moment, and what is appended to, is no earlier state.
PASSING = {"log.txt", "beat.json", "events.jsonl", "pid", "state.json", "progress.json", "lock",
           "start.lock", "finine.db-wal", "finine.db-shm", "reserve", "job.json",
           "problem.json"}  # fmt: skip
RESULTS = Path(__file__).parent / "results" / "disk_full.json"


class Disk:
    """A small disk, filled and freed."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ballast = folder, folder / "ballast"

    def fill(self, spare: int) -> None:
        """Leave `spare` kB, or nothing."""
        self.free()
        room = os.statvfs(self.folder)
        size = room.f_bavail * room.f_frsize - spare * 1024
        with self.ballast.open("wb") as stream:
            os.posix_fallocate(stream.fileno(), 0, size)

    def free(self) -> None:
        self.ballast.unlink(missing_ok=True)


@contextmanager
def small_disk(folder: Path) -> Iterator[Disk]:
    """Mounted at `folder` while the body runs."""
    options = f"size={DISK_MEGABYTES}m"
    subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)], check=True)
    try:
        yield Disk(folder)
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)


def state_of(run: api.Run, out: Path) -> dict[str, str]:
    """What must be as it was: files of the run and of exports, and the marks."""
    found = {
        str(path): hashlib.sha256(path.read_bytes()).hexdigest()
        for top in (run.folder.path, out)
        for path in sorted(top.rglob("*"))
        if path.is_file() and path.name not in PASSING
    }
    marks = run.log.current().to_pylist()
    names = [run.name, *sorted(one.name for one in run.groups.all())]
    return {**found, "marks": repr(marks), "names": repr(names)}


def told(work: Callable[[], object]) -> str:
    """What a person is told when `work` meets a full disk; empty when it met none."""
    try:
        work()
    except FinineError as error:
        return str(error)
    return ""


def runs_at_each_write(disk: Disk, home: Path, expected: bytes) -> list[dict[str, object]]:
    """One run per entry of SPARES."""
    found = []
    for spare in SPARES:
        disk.fill(spare)
        before = {one.run_id for one in api.runs(home)}
        message = told(lambda: api.run(SAMPLE.path, **OPTIONS, home=home))
        new = [one for one in api.runs(home) if one.run_id not in before]
        phase = new[0].status().phase or "starting" if new else "making its folder"
        disk.free()
        if new and new[0].status().state is not State.DONE:
            new[0].resume()
            new[0].wait()
        run = new[0] if new else api.run(SAMPLE.path, **OPTIONS, home=home)
        found.append(
            {
                "write": f"run with {spare} kB left: {phase}",
                "told": "is full" in message or "disk is full" in message,
                "met": bool(message),
                "message": message,
                "intact": True,  # nothing of this run was there before
                "went_on": run.folder.scores.read_bytes() == expected,
            }
        )
        print(found[-1], flush=True)
        run.trash()
        run.delete()
    return found


def other_writes(disk: Disk, run: api.Run, out: Path) -> list[dict[str, object]]:
    """Each other write, first with no room and then with room."""
    rows = run.scores(top=30)["row_number"].tolist()

    def map_made() -> None:
        run.start_map()
        until(lambda: run.map_status().state is not MapState.RUNNING)
        status = run.map_status()
        if status.state is not MapState.DONE:
            raise status.problem or FinineError(f"the map {status.state}")

    def verified() -> None:
        run.start_verify(repeats=2, processes=1)
        until(lambda: run.verify_status().state is not VerifyState.RUNNING)
        status = run.verify_status()
        if status.state is not VerifyState.DONE:
            raise status.problem or FinineError(f"the verification {status.state}")

    def filled_later(work: Callable[[], object], spare: int) -> Callable[[], object]:
        """Work that begins with so many kB left, and fails further on."""

        def begin() -> None:
            if disk.ballast.exists():
                disk.fill(spare)
            work()

        return begin

    writes: dict[str, Callable[[], object]] = {
        "a mark of 30 rows": lambda: run.mark(rows=rows, reason="odd"),
        "undo": run.undo,
        "redo": run.redo,
        "a name": lambda: run.rename("another name"),
        "a saved group": lambda: run.save_group("mine", rows=rows),
        "scores by another estimator": lambda: run.scores(estimator="gaussian"),
        "an export": lambda: run.export(out, overwrite=True),
        "an export, half way": filled_later(lambda: run.export(out, overwrite=True), 60),
        "its zip": lambda: zip_export(out),
        "rows as a file": lambda: run.write_rows(out / "rows.csv", rows=rows, overwrite=True),
        "a map": map_made,
        "a map, half way": filled_later(map_made, 36),
        "a verification": verified,
        "a verification, half way": filled_later(verified, 50),
        "the trash": run.trash,
    }
    found = []
    for name, work in writes.items():
        before = state_of(run, out)
        disk.fill(0)
        message = told(work)
        after = state_of(run, out)
        changed = [key for key, value in before.items() if after.get(key) != value]
        disk.free()
        again = told(work)
        found.append(
            {
                "write": name,
                "told": "full" in message,
                "met": bool(message),
                "message": message,
                "intact": not changed,
                "changed": changed,
                "went_on": not again,
                "message_after": again,
            }
        )
        print(found[-1], flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--part", choices=("runs", "others"), action="append", help="[both]")
    parser.add_argument("--out", type=Path, default=RESULTS)
    chosen = parser.parse_args()
    stored: dict[str, list] = {}
    if chosen.part and chosen.out.exists():  # the other part may have been measured before
        stored = json.loads(chosen.out.read_text(encoding="utf-8"))["writes"]
    with tempfile.TemporaryDirectory() as folder, small_disk(Path(folder)) as disk:
        home, out = Path(folder) / "home", Path(folder) / "export"
        run = api.run(SAMPLE.path, **OPTIONS, home=home)
        run.export(out)
        if "runs" in (chosen.part or ["runs"]):
            stored["runs"] = runs_at_each_write(disk, home, run.folder.scores.read_bytes())
        if "others" in (chosen.part or ["others"]):
            stored["others"] = other_writes(disk, run, out)
        # the disk is small, which is what the first check says
        doctor = [one.problem for one in api.doctor(home).left if one.check != "disk"]
    writes = [one for part in stored.values() for one in part]
    met = [one for one in writes if one["met"]]
    counts = {
        "writes": len(writes),
        "met_a_full_disk": len(met),
        "told_clearly": sum(bool(one["told"]) for one in met),
        "earlier_state_intact": sum(bool(one["intact"]) for one in writes),
        "went_on_after": sum(bool(one["went_on"]) for one in writes),
        "doctor_findings": doctor,
    }
    for name, value in counts.items():
        print(f"{name:<22} {value}")
    chosen.out.parent.mkdir(exist_ok=True)
    content = {"counts": counts, "writes": stored}
    text = json.dumps(content, indent=1).replace(folder, "/small-disk")
    chosen.out.write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
