"""The folder of one verification: finished trainings, one line each, kept as they come.

`<run folder>/verification/<key>/` holds plan.json, trainings.jsonl, result.json, log.txt and a
lock. A line is on the disk (fsync) before the next training is counted, so a verification that is
killed loses the trainings in flight and nothing else; a line torn by the kill is cut off.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from finine_core.errors import FinineError
from finine_core.files import write_json
from finine_core.runs import RunFolder
from finine_core.runs.jobs.background import Background
from finine_core.verification.plan import Arm, Plan

FOLDER = "verification"
MARKED_LOSS, VALIDATION_LOSS = "marked_loss", "validation_loss"


@dataclass(frozen=True)
class Training:
    """What was measured after one training.

    Attributes:
        repeat: 1, 2, …; the arms of a repeat share their seed.
        arm: what was left out.
        values: by name: `marked_loss` (mean loss on the marked rows themselves), and what
            `final_quality` tells of the validation rows, None when the run has none.
    """

    repeat: int
    arm: Arm
    values: dict[str, float | None]

    def line(self) -> dict[str, Any]:
        """As it is stored, the values beside the rest."""
        return {"repeat": self.repeat, "arm": self.arm, **self.values}


@dataclass(frozen=True)
class Store(Background):
    """Paths and records of one verification."""

    @property
    def plan(self) -> Path:
        return self.path / "plan.json"

    @property
    def trainings(self) -> Path:
        return self.path / "trainings.jsonl"

    @property
    def result(self) -> Path:
        return self.path / "result.json"

    def write_plan(self, plan: Plan) -> None:
        """Leave the plan for the training processes, and for people to read."""
        write_json(self.plan, plan.content)

    def read(self) -> dict[tuple[int, Arm], Training]:
        """The finished trainings; a last line that is torn is left out.

        Raises:
            FinineError: another line is damaged.
        """
        if not self.trainings.exists():
            return {}
        found = {}
        *lines, _torn = self.trainings.read_bytes().split(b"\n")
        for number, line in enumerate(lines, start=1):
            try:
                training = training_of(json.loads(line))
            except (ValueError, TypeError, KeyError) as error:
                raise FinineError(
                    f"Line {number} of {self.trainings} is damaged ({error}).",
                    f"Delete {self.path} and verify again.",
                ) from error
            found[training.repeat, training.arm] = training
        return found

    @contextmanager
    def appending(self) -> Iterator[Appender]:
        """Give a writer at the end of the last whole line."""
        with self.trainings.open("ab") as stream:
            stream.truncate(self.trainings.read_bytes().rfind(b"\n") + 1)
            yield Appender(stream)


@dataclass(frozen=True)
class Appender:
    """Writes lines that are on the disk when `add` returns."""

    stream: IO[bytes]

    def add(self, training: Training) -> None:
        """Append one finished training."""
        line = json.dumps(training.line(), allow_nan=False) + "\n"
        self.stream.write(line.encode("utf-8"))
        self.stream.flush()
        os.fsync(self.stream.fileno())


def training_of(content: dict[str, Any]) -> Training:
    """A line's content, checked.

    Raises:
        ValueError, TypeError, KeyError: it is not one of ours.

    Examples:
        >>> training_of({"repeat": 1, "arm": "with", "validation_loss": None,
        ...              "validation_accuracy": None, "marked_loss": 0.5}).arm
        <Arm.WITH: 'with'>
    """
    values = {name: value for name, value in content.items() if name not in ("repeat", "arm")}
    if values[MARKED_LOSS] is None or not all(
        value is None or math.isfinite(value) for value in values.values()
    ):
        raise ValueError("a measured value is not finite")
    return Training(int(content["repeat"]), Arm(content["arm"]), values)


def store_of(folder: RunFolder, plan: Plan) -> Store:
    """Where the verification of a plan lives."""
    return Store(folder.path / FOLDER / plan.key)
