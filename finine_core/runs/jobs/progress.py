"""Progress of a run: a line of JSON per event, appended by the worker, read by anyone."""

from __future__ import annotations

import contextlib
import json
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from finine_core.errors import Cancelled
from finine_core.measures import ACCURACY, Measure
from finine_core.runs.folder import RunFolder, now
from finine_core.runs.folds import fold_name
from finine_core.training.settings import Progress

EVENT_SECONDS = 0.5  # at most so often within an epoch: smooth for an eye, small on disk
LOG_SECONDS = 2.0  # between lines of the log: a long run leaves a log that can be read


EMBEDDING = "embedding"  # phase of texts or images that a frozen network turns into numbers
TRAINING = ("training", "auxiliary")  # phases with steps: the run, and its auxiliary run


@dataclass(frozen=True)
class Stage:
    """One of the trainings of a run.

    Attributes:
        phase: one of TRAINING.
        name: what its files are called; empty for the run's own training.
        place: how many trainings there are before it.
        parts: folds of the run; 1 without.
    """

    phase: str = TRAINING[0]
    name: str = ""
    place: int = 0
    parts: int = 1

    @property
    def told(self) -> dict[str, int]:
        """Which part it is, for events; nothing where the run trains once."""
        return {"part": self.place + 1, "parts": self.parts} if self.parts > 1 else {}

    @property
    def words(self) -> str:
        """For the log.

        Examples:
            >>> Stage(place=1, parts=3).words
            'training, part 2 of 3'
        """
        return self.phase + part_words(self.place + 1, self.parts)


def stages_of(folds: int, *, auxiliary: bool) -> tuple[Stage, ...]:
    """The trainings of a run, in order.

    Examples:
        >>> [one.name for one in stages_of(3, auxiliary=False)]
        ['', 'fold-2', 'fold-3']
    """
    if folds > 1:
        names = ["", *map(fold_name, range(2, folds + 1))]
        return tuple(Stage(TRAINING[0], one, k, folds) for k, one in enumerate(names))
    if auxiliary:
        return Stage(), Stage(TRAINING[1], TRAINING[1], 1)
    return (Stage(),)


def part_words(part: int, parts: int) -> str:
    """What follows the name of a phase, where a run trains in several parts.

    Examples:
        >>> part_words(2, 3), part_words(1, 1)
        (', part 2 of 3', '')
    """
    return f", part {part} of {parts}" if parts > 1 else ""


class ProgressWriter:
    """Watches training: writes events, and stops the run when a person cancelled it.

    Args:
        folder: of the run.
        first_step: the trainer's step now.
        steps: of each training of the run, in order.
        epochs: of each.
        stage: which of the run's trainings it is.
        measure: of how good the model is: its name is the field's.
    """

    def __init__(
        self,
        folder: RunFolder,
        first_step: int,
        steps: Sequence[int],
        epochs: int,
        stage: Stage = Stage(),
        measure: Measure = ACCURACY,
    ) -> None:
        self.folder, self.stage, self.measure = folder, stage, measure
        self.first, self.epochs = first_step, epochs
        self.before, self.in_all = sum(steps[: stage.place]), sum(steps)
        self.per_epoch = max(1, steps[stage.place] // epochs)
        self._started = self._last = self._logged = time.monotonic()

    def before_step(self, step: int, batch: object, learning_rate: float) -> None:  # noqa: ARG002
        """Write a step event when the last is old enough."""
        if time.monotonic() - self._last < EVENT_SECONDS:
            return
        stop_if_cancelled(self.folder)
        self._write(step=step, epoch=step // self.per_epoch)

    def after_epoch(self, progress: Progress) -> None:
        """Write an epoch event, with the losses."""
        stop_if_cancelled(self.folder)
        told = {
            "loss": progress.loss,
            self.measure.name: progress.quality,
            "validation_loss": progress.validation_loss,
            f"validation_{self.measure.name}": progress.validation_quality,
        }
        if self.stage.place:  # the history is the run's own
            told = {}
        self._write(step=progress.step, epoch=progress.epoch, **told)
        if self._last - self._logged >= LOG_SECONDS or progress.epoch == self.epochs:
            self._logged = self._last
            words = [f"epoch {progress.epoch} of {self.epochs}"]
            words += [
                f"{key.replace('_', ' ')} {value:.4f}"
                for key, value in told.items()
                if value is not None
            ]
            print(f"{now()} {self.stage.words}: {', '.join(words)}", flush=True)

    def _write(self, *, step: int, **fields: object) -> None:
        self._last = time.monotonic()
        done = step - self.first
        ahead = self.in_all - self.before - step
        eta = (self._last - self._started) / done * ahead if done else None
        write_event(
            self.folder,
            phase=self.stage.phase,
            **self.stage.told,
            step=self.before + step,
            steps=self.in_all,
            epochs=self.epochs,
            eta_seconds=eta,
            **fields,
        )


class EmbeddingProgress:
    """Called as texts or images are embedded: writes events, and stops a run that was cancelled.

    Args:
        folder: of the run.
    """

    def __init__(self, folder: RunFolder) -> None:
        self.folder = folder
        self._first, self._started = 0, time.monotonic()
        self._last = -math.inf

    def __call__(self, done: int, total: int) -> None:
        """`done` of `total` texts or images of a column are embedded."""
        now_ = time.monotonic()
        if done <= self._first:  # a column begins
            self._first, self._started = done, now_
            begin_phase(self.folder, EMBEDDING, step=done, steps=total)
        elif now_ - self._last < EVENT_SECONDS and done < total:
            return
        stop_if_cancelled(self.folder)
        eta = (now_ - self._started) / (done - self._first) * (total - done) if done else None
        write_event(self.folder, phase=EMBEDDING, step=done, steps=total, eta_seconds=eta)
        self._last = now_


def write_event(folder: RunFolder, **fields: object) -> None:
    """Append one event."""
    with folder.events.open("a", encoding="utf-8") as stream:
        stream.write(json.dumps({"at": now(), **fields}, allow_nan=False) + "\n")


def drop_torn_event(folder: RunFolder) -> None:
    """Cut off a last line that a killed worker left unfinished, or the next would be lost in it."""
    with contextlib.suppress(FileNotFoundError), folder.events.open("rb+") as stream:
        stream.truncate(stream.read().rfind(b"\n") + 1)


def begin_phase(folder: RunFolder, phase: str, **fields: object) -> None:
    """Tell that a phase begins: an event for onlookers, a line for the log."""
    write_event(folder, phase=phase, **fields)
    part = part_words(int(str(fields.get("part", 1))), int(str(fields.get("parts", 1))))
    print(f"{now()} {phase}{part}", flush=True)


def read_events(path: Path) -> list[dict[str, Any]]:
    """All complete events; a line that is still being written is left out."""
    try:
        told = path.read_text(encoding="utf-8", errors="replace")
    except OSError:  # not there yet, or gone, or nobody may read it: only progress
        return []
    events = []
    for line in told.split("\n")[:-1]:
        with contextlib.suppress(ValueError):  # torn by a full disk or a power cut: only progress
            events.append(json.loads(line))
    return [event for event in events if isinstance(event, dict)]


def epoch_history(path: Path) -> list[dict[str, Any]]:
    """The epoch events in order, one per epoch (the latest, when a resume repeated one)."""
    epochs = {e["epoch"]: e for e in read_events(path) if e.get("loss") is not None}
    return [epochs[number] for number in sorted(epochs)]


def stop_if_cancelled(folder: RunFolder) -> None:
    """Raise `Cancelled` when the person asked for it."""
    if folder.cancel_flag.exists():
        raise Cancelled
