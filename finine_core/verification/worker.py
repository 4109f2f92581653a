"""A training process: `python -m finine_core.verification.worker <run folder> <plan.json>`.

Reads a task a line from stdin (`{"repeat": 3, "arm": "random"}`), trains on what that task makes of
the run's stored inputs, and answers with a line on stdout: what was measured, or the
problem. When stdin closes it ends at once, in the middle of a training too: so no training
outlives the process that asked for it, however that one ended.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from dataclasses import replace
from pathlib import Path
from queue import Queue
from typing import TextIO

import numpy as np
import torch

from finine_core.errors import FinineError
from finine_core.heard import heard, to_log
from finine_core.runs import RunFolder
from finine_core.runs.checksums import sound
from finine_core.runs.config import Resolved
from finine_core.runs.work.pipeline import (
    final_quality,
    make_torch_repeatable,
    make_trainer,
    stored_inputs,
)
from finine_core.runs.work.reading import answers_in
from finine_core.runs.work.recipe import NOTHING, Own
from finine_core.training.trainer import predict
from finine_core.verification.plan import Arm, Plan, planned
from finine_core.verification.store import MARKED_LOSS, Training


def main(run_path: str, plan_path: str) -> None:
    """Answer tasks until stdin closes."""
    answers = _claim_stdout()
    tasks: Queue[tuple[int, Arm]] = Queue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    folder = RunFolder(Path(run_path))
    content = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    plan = planned(folder, content)
    trainings = Trainings(folder, plan)
    while True:
        repeat, arm = tasks.get()
        try:
            answer = trainings.measure(repeat, arm).line()
        except FinineError as error:
            answer = {"problem": error.problem, "mend": error.mend}
        print(json.dumps(answer, allow_nan=False), file=answers, flush=True)


class Trainings:
    """Trains a run's model again, without some of its rows or with other labels.

    Args:
        own: the model and the loss of a run that was made with objects.
    """

    def __init__(self, folder: RunFolder, plan: Plan, own: Own = NOTHING) -> None:
        make_torch_repeatable()
        inputs = stored_inputs(sound(folder.encoded))
        if inputs is None:
            raise FinineError(f"{folder.encoded} is gone.", "Start a new run.")
        self.plan, self.inputs, self.own = plan, inputs, own
        record = folder.read()
        self.resolved = Resolved.model_validate(record["resolved"])
        self.answers = len(answers_in(record))

    def measure(self, repeat: int, arm: Arm) -> Training:
        """Train with the seed of `repeat`, on what `arm` makes of the training rows.

        Raises:
            FinineError: the training diverged.
        """
        kept = np.ones(len(self.inputs.train_y), dtype=bool)
        kept[self.plan.left_out(arm, repeat)] = False
        labels = self.inputs.train_y.copy()
        places, new = self.plan.relabelled(arm, repeat)
        if len(places):
            labels[places] = new
        seed = self.plan.training_seed(repeat)
        trainer = make_trainer(
            replace(self.inputs, train_x=self.inputs.train_x[kept], train_y=labels[kept]),
            self.resolved.model_copy(update={"seed": seed}),
            self.answers,
            self.plan.content["device"],
            self.own,
        )
        trainer.run()
        held_out = {
            name: value
            for name, value in final_quality(trainer).items()
            if name.startswith("validation_")
        }
        device = trainer.train_x.device
        marked_x = torch.from_numpy(self.inputs.train_x[self.plan.touched]).to(device)
        marked_y = torch.from_numpy(self.inputs.train_y[self.plan.touched]).to(device)
        losses = trainer.loss(predict(trainer.model, marked_x), marked_y)
        return Training(repeat, arm, {**held_out, MARKED_LOSS: float(losses.mean())})


def _claim_stdout() -> TextIO:
    """Keep stdout for answers; whatever else is printed goes to stderr, which is the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _listen(tasks: Queue[tuple[int, Arm]]) -> None:
    for line in io.FileIO(0, closefd=False):
        task = json.loads(line)
        tasks.put((int(task["repeat"]), Arm(task["arm"])))
    os._exit(0)  # nobody is there any more to read an answer


if __name__ == "__main__":
    with heard(to_log):
        main(*sys.argv[1:])
