"""Who is asked what, in which order? Batch sizes first, then repetitions in rotating order.

Takes the cases, tasks and contestants; gives one `Result` for each of their combinations. All
contestants of a case are repeated in turn, so that a slow minute of the machine hits every one of
them, and ratios are taken within a turn before their median is.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from answer_key import AnswerKey
from cases import Case, Size
from contestants import OURS, Task
from process import Numbers, Process

TOLERANCE = 1e-4  # the relative error up to which numbers count as the same
EXACT = "exact"
REPETITIONS = {"full": 5, "quick": 1}
TIME_LIMIT = {"full": 300.0, "quick": 20.0}  # seconds for one answer, after which it is stopped
# A contestant whose single call is longer than this is repeated fewer times: its noise is small.
SLOW_SECONDS, SLOW_REPETITIONS = 20.0, 2
Mode = Literal["full", "quick"]


@dataclass
class Result:
    """How one contestant did on one task of one case.

    Attributes:
        seconds: CPU seconds of one call, median over the repetitions; None when there is a problem.
        wall_seconds: the same by the clock on the wall; more, when the machine had other work.
        ratio: its seconds divided by ours within a repetition, median; above 1, ours is faster.
        error: worst relative error against the exact numbers of all parameters.
        covered: the share of parameters it takes into account.
        covered_error: worst relative error against the exact numbers of those parameters.
    """

    case: str
    task: Task
    contestant: str
    rows: int
    probes: int
    computes: bool = True
    batch: int | None = None
    seconds: float | None = None
    wall_seconds: float | None = None
    rows_per_second: float | None = None
    repetitions: list[float] = field(default_factory=list)
    ratio: float | None = None
    peak_mib: float | None = None
    error: float | None = None
    covered: float | None = None
    covered_error: float | None = None
    problem: str | None = None

    @property
    def verdict(self) -> str:
        """What the table says of its numbers."""
        if self.problem:
            return self.problem
        if not self.computes:
            return "reference, no products"
        assert self.error is not None
        assert self.covered is not None
        if self.error <= TOLERANCE:
            return f"same numbers ({self.error:.0e})"
        if self.covered < 1 and self.covered_error is not None:
            part = f"{self.covered:.0%} of the parameters"
            if self.covered_error <= TOLERANCE:
                return f"OTHER NUMBERS: {part} only; exact on those"
            return f"OTHER NUMBERS: {part} only, off by {self.covered_error:.0e} on those"
        return f"OTHER NUMBERS: off by {self.error:.1e}"  # inf: not even as many numbers

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"verdict": self.verdict}


def measure(
    case: Case, task: Task, mode: Mode, processes: dict[str, Process], repetitions: int
) -> Iterator[Result]:
    """One result for each contestant; `processes` holds theirs and the exact one's."""
    size: Size = case.quick if mode == "quick" else case.full
    question = {
        "case": case.name,
        "task": task,
        "mode": mode,
        "rows": size.rows,
        "probes": size.probes,
        "time_limit": TIME_LIMIT[mode],
    }
    key = AnswerKey(processes[EXACT], question)
    contestants = {name: process for name, process in processes.items() if name != EXACT}
    results = {
        name: _choose_batch(Result(case.name, task, name, size.rows, size.probes), process,
                            question, size.batches, key)
        for name, process in contestants.items()
    }  # fmt: skip
    turns = _turns(results, contestants, question, repetitions)
    for result in results.values():
        own = [turn[result.contestant] for turn in turns if result.contestant in turn]
        if result.problem is None and own:
            result.repetitions = own
            result.seconds = statistics.median(own)
            result.rows_per_second = size.rows / result.seconds
            ratios = [
                turn[result.contestant] / turn[OURS]
                for turn in turns
                if OURS in turn and result.contestant in turn
            ]
            result.ratio = statistics.median(ratios) if ratios else None
        yield result


def _choose_batch(
    result: Result,
    process: Process,
    question: dict[str, Any],
    batches: tuple[int, ...],
    key: AnswerKey,
) -> Result:
    """Try every batch size once; keep the fastest, and check its numbers."""
    best: tuple[dict[str, Any], Numbers, int] | None = None
    tried = batches[-1:] if process.hello.get("chooses_batch") else batches
    result.computes = process.hello.get("computes", True)
    for batch in tried:
        answer, numbers = process.ask(batch=batch, **question)
        if numbers is None:
            result.problem = answer["problem"]
        elif best is None or answer["seconds"] < best[0]["seconds"]:
            best = answer, numbers, batch
    if best is None:
        return result
    answer, numbers, batch = best
    result.problem = None  # a batch size that did not fit is not held against it
    result.batch = None if process.hello["chooses_batch"] else batch
    result.seconds, result.wall_seconds = answer["seconds"], answer["wall_seconds"]
    if answer["peak_bytes"] is not None:
        result.peak_mib = answer["peak_bytes"] / 2**20
    if result.computes:
        result.error, _ = key.error(numbers, None)
        covered = None if answer["covered"] is None else tuple(answer["covered"])
        result.covered_error, result.covered = key.error(numbers, covered)
    return result


def _turns(
    results: dict[str, Result],
    processes: dict[str, Process],
    question: dict[str, Any],
    repetitions: int,
) -> list[dict[str, float]]:
    """Seconds by contestant, for each repetition; who begins rotates."""
    turns: list[dict[str, float]] = []
    if repetitions == 1:  # the time of the best batch size is one repetition already
        return [{name: r.seconds for name, r in results.items() if r.seconds is not None}]
    running = [name for name, result in results.items() if result.problem is None]
    for number in range(repetitions if running else 0):
        start = number % len(running)
        turn: dict[str, float] = {}
        for name in running[start:] + running[:start]:
            slow = (results[name].seconds or 0.0) > SLOW_SECONDS
            if slow and number >= SLOW_REPETITIONS:
                continue
            batch = results[name].batch or 0
            answer, numbers = processes[name].ask(batch=batch, **question)
            if numbers is not None:
                turn[name] = answer["seconds"]
        turns.append(turn)
    return turns
