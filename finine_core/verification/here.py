"""Trainings in this process: for a run whose model or loss is an object that has no name."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from finine_core.runs import RunFolder
from finine_core.runs.here import torch_as_it_was
from finine_core.runs.work.recipe import Own
from finine_core.verification.plan import Arm, Plan
from finine_core.verification.store import Training
from finine_core.verification.worker import Trainings


def train_here(
    folder: RunFolder, plan: Plan, tasks: Sequence[tuple[int, Arm]], own: Own
) -> Generator[Training, None, None]:
    """Carry out the tasks one after the other; give results as they come."""
    with torch_as_it_was():
        trainings = Trainings(folder, plan, own)
        for repeat, arm in tasks:
            yield trainings.measure(repeat, arm)
