"""Verify the marks of a run: train what is missing, then summarise.

The one function that touches everything here: plan, lock, processes, the line per training, the
result. Finished trainings are kept, so that a second call goes on where the first stopped, and
more repeats train only what is new.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from finine_core.errors import FinineError
from finine_core.files import write_json
from finine_core.runs import RunFolder
from finine_core.runs.home import CODE, versions
from finine_core.runs.jobs.background import BusyError
from finine_core.runs.record import config_of
from finine_core.training.code import is_object, require_code_allowed
from finine_core.verification import DEFAULT_REPEATS
from finine_core.verification.plan import Arm, make_plan
from finine_core.verification.pool import cores, train_all
from finine_core.verification.result import Verification, summarise
from finine_core.verification.store import Store, Training, store_of

if TYPE_CHECKING:
    from finine_core.runs.work.recipe import Own

FEWEST_REPEATS = 2  # a deviation needs two
MOST_REPEATS = 10_000


@dataclass(frozen=True)
class VerifyProgress:
    """How far a verification is.

    Attributes:
        done, total: trainings; those of an earlier call count as done.
        eta_seconds: expected time to the end, once it can be told.
    """

    done: int
    total: int
    eta_seconds: float | None


def verify(
    folder: RunFolder,
    rows: Sequence[int] | NDArray[np.int64],
    *,
    corrected: Mapping[int, str] | None = None,
    repeats: int = DEFAULT_REPEATS,
    seed: int = 0,
    processes: int | None = None,
    on_progress: Callable[[VerifyProgress], None] | None = None,
    own: Own | None = None,
) -> Verification:
    """Train on all rows, on what the marks make of them, and on the same with random rows.

    Args:
        folder: of a finished run.
        rows: row numbers of the rows to remove.
        corrected: row number → class, of those whose label is corrected.
        repeats: so many trainings of each kind.
        seed: where the seeds of the repeats come from; not the run's seed.
        processes: how many train at once, with one thread each; the number of cores when None.
        on_progress: called at the start and after each training.
        own: the model and the loss of a run that was made with objects: they are trained in this
            process, one after the other.

    Raises:
        FinineError: nothing to verify (see `make_plan`), a number is out of range, another
            process verifies the same, a training process died, or a training diverged.
    """
    check_numbers(repeats, seed, processes)
    plan = make_plan(folder, rows, seed, corrected=corrected)
    require_same_code(folder, own)
    store = store_of(folder, plan)
    try:
        with store.held() as free:
            if not free:
                raise BusyError(
                    f"Another process is verifying these marks of run {folder.run_id}.",
                    "Wait until it is done, or stop it; what it has trained is kept.",
                )
            store.problem.unlink(missing_ok=True)
            store.write_plan(plan)
            tasks = missing(store, repeats)
            count = processes or cores()
            if own:
                from finine_core.verification.here import train_here  # torch takes seconds

                count, results = 1, train_here(folder, plan, tasks, own)
            else:
                results = train_all(folder, store, tasks, count)
            _train_missing(store, tasks, results, repeats, count, on_progress)
            targets = folder.read()["resolved"]["targets"]
            found = summarise(plan, store.read(), repeats, targets=targets)
            write_json(store.result, found.model_dump(mode="json"))
    except OSError as error:  # the disk is full, or the folder is not ours to write
        raise FinineError(
            f"{store.path} cannot be written ({error.strerror}).",
            "Mend that, then verify again: finished trainings are kept.",
        ) from error
    return found


def missing(store: Store, repeats: int) -> list[tuple[int, Arm]]:
    """The trainings that are still to be done, repeat by repeat."""
    done = store.read()
    wanted = [(repeat, arm) for repeat in range(1, repeats + 1) for arm in Arm]
    return [task for task in wanted if task not in done]


def require_same_code(folder: RunFolder, own: Own | None = None) -> None:
    """A model of a person's own must be what the run was made with, as far as that can be told.

    Raises:
        FinineError: its code has changed or may not be run here, or objects are wanted or given
            that were not or were.
    """
    record = folder.read()
    config = config_of(record)
    require_code_allowed(*config.code)
    objects = {k: is_object(n) for k, n in (("model", config.model), ("loss", config.loss))}
    for what, wanted in objects.items():
        if wanted != (own is not None and getattr(own, what) is not None):
            run = f"Run {folder.run_id} was made with {'an object as' if wanted else 'a named'}"
            mend = f"Give it again in Python: run.verify({what}=…)" if wanted else "Leave it out."
            raise FinineError(f"{run} {what}.", mend)
    now, then = versions(config), record.get("versions") or {}
    for key in CODE:
        if key in now and now[key] != then.get(key):
            raise FinineError(
                f"The {key} has changed since run {folder.run_id}: other models would be compared.",
                "Bring the code back, or start a new run with it.",
            )


def _train_missing(
    store: Store,
    tasks: list[tuple[int, Arm]],
    results: Generator[Training, None, None],
    repeats: int,
    processes: int,
    on_progress: Callable[[VerifyProgress], None] | None,
) -> None:
    total = repeats * len(Arm)
    before = total - len(tasks)

    def tell(progress: VerifyProgress) -> None:
        write_json(store.progress, asdict(progress))  # for whoever looks from elsewhere
        if on_progress:
            on_progress(progress)

    tell(VerifyProgress(before, total, None))
    if not tasks:
        return
    first = 0.0  # when the first came: before it, processes start and import
    with store.appending() as lines, closing(results) as coming:
        for now_done, training in enumerate(coming, start=1):
            lines.add(training)
            now = time.monotonic()
            first = first or now
            left = len(tasks) - now_done
            # the first of each process come at once, which says nothing of their pace
            eta = (now - first) / (now_done - 1) * left if now_done > processes else None
            tell(VerifyProgress(before + now_done, total, eta))


def check_numbers(repeats: int, seed: int, processes: int | None) -> None:
    """Refuse numbers out of range."""
    if not FEWEST_REPEATS <= repeats <= MOST_REPEATS:
        raise FinineError(
            f"repeats = {repeats}: it takes {FEWEST_REPEATS} to {MOST_REPEATS}.",
            f"{DEFAULT_REPEATS} is a good start.",
        )
    if seed < 0:
        raise FinineError(f"seed = {seed}: a seed is 0 or more.")
    if processes is not None and processes < 1:
        raise FinineError(f"processes = {processes}: at least one must train.")
