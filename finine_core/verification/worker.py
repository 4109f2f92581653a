"""A training process: `python -m finine_core.verification.worker <run folder> <plan.json>`.

Reads a task a line from stdin (`{"repeat": 3, "arm": "random"}`), trains on the run's stored
inputs without the rows of that task, and answers with a line on stdout: what was measured, or the
problem. When stdin closes it ends at once, in the middle of a training too: so no training
outlives the process that asked for it, however that one ended.
"""

from __future__ import annotations

import io
import json
import os
import sys
import threading
from dataclasses import asdict, replace
from pathlib import Path
from queue import Queue
from typing import TextIO

import numpy as np
import torch

from finine_core.dataset.encoders import Encoded
from finine_core.errors import FinineError
from finine_core.runs import RunFolder
from finine_core.runs.config import Resolved
from finine_core.runs.pipeline import (
    final_quality,
    make_torch_repeatable,
    make_trainer,
    stored_inputs,
)
from finine_core.training.trainer import predict
from finine_core.verification.plan import Arm, Plan, make_plan
from finine_core.verification.store import Training


def main(run_path: str, plan_path: str) -> None:
    """Answer tasks until stdin closes."""
    answers = _claim_stdout()
    tasks: Queue[tuple[int, Arm]] = Queue()
    threading.Thread(target=_listen, args=(tasks,), daemon=True).start()
    folder = RunFolder(Path(run_path))
    content = json.loads(Path(plan_path).read_text(encoding="utf-8"))
    plan = make_plan(folder, content["marked_rows"], content["seed"])
    trainings = Trainings(folder, plan)
    while True:
        repeat, arm = tasks.get()
        try:
            answer = asdict(trainings.measure(repeat, arm))
        except FinineError as error:
            answer = {"problem": error.problem, "mend": error.mend}
        print(json.dumps(answer, allow_nan=False), file=answers, flush=True)


class Trainings:
    """Trains a run's model again, without some of its rows."""

    def __init__(self, folder: RunFolder, plan: Plan) -> None:
        make_torch_repeatable()
        inputs = stored_inputs(folder.encoded)
        if inputs is None:
            raise FinineError(f"{folder.encoded} is gone.", "Start a new run.")
        self.plan, self.inputs = plan, inputs
        self.resolved = Resolved.model_validate(folder.read()["resolved"])

    def measure(self, repeat: int, arm: Arm) -> Training:
        """Train with the seed of `repeat`, without the rows that `arm` leaves out.

        Raises:
            FinineError: the training diverged.
        """
        kept = np.ones(len(self.inputs.train_y), dtype=bool)
        kept[self.plan.left_out(arm, repeat)] = False
        seed = self.plan.training_seed(repeat)
        trainer = make_trainer(
            _rows(self.inputs, kept),
            self.resolved.model_copy(update={"seed": seed}),
            len(self.plan.classes),
            self.plan.content["device"],
        )
        trainer.run()
        quality = final_quality(trainer)
        device = trainer.train_x.device
        marked_x = torch.from_numpy(self.inputs.train_x[self.plan.marked]).to(device)
        marked_y = torch.from_numpy(self.inputs.train_y[self.plan.marked]).to(device)
        losses = trainer.loss(predict(trainer.model, marked_x), marked_y)
        return Training(
            repeat=repeat,
            arm=arm,
            validation_loss=quality["validation_loss"],
            validation_accuracy=quality["validation_accuracy"],
            marked_loss=float(losses.mean()),
        )


def _rows(inputs: Encoded, kept: np.ndarray) -> Encoded:
    """The same inputs with some of the training rows; encoded as they were with all of them."""
    return replace(inputs, train_x=inputs.train_x[kept], train_y=inputs.train_y[kept])


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
    main(*sys.argv[1:])
