"""Are these the right numbers? Each is held against float64 gradients made by `vmap(grad)`."""

from __future__ import annotations

from typing import Any

import numpy as np
from process import MEMORY_LIMIT, Numbers, Process

PATIENCE = 3000.0  # seconds: the exact numbers need not be fast, but they must come


class AnswerKey:
    """The exact numbers of a question, over all parameters or some."""

    def __init__(self, process: Process, question: dict[str, Any]) -> None:
        self._process, self._question = process, question
        self._patience = {"time_limit": PATIENCE, "memory_limit": 2 * MEMORY_LIMIT}
        self._known: dict[tuple[str, tuple[str, ...] | None], tuple[Numbers, float]] = {}

    def error(self, numbers: Numbers, parameters: tuple[str, ...] | None) -> tuple[float, float]:
        """The worst relative error, and the share of parameters it was taken over.

        A product ⟨g_i, g_j⟩ may be near zero, so its error is relative to ‖g_i‖ ‖g_j‖; a norm's is
        relative to the norm.
        """
        exact, share = self._exact(self._question["task"], parameters)
        if numbers.shape != exact.shape:
            return float("inf"), share
        if exact.ndim == 1:
            return float(np.max(np.abs(numbers - exact) / exact)), share
        rows, _ = self._exact("self", parameters)
        probes = self._probe_norms(parameters)
        return float(np.max(np.abs(numbers - exact) / np.sqrt(np.outer(rows, probes)))), share

    def _exact(self, task: str, parameters: tuple[str, ...] | None) -> tuple[Numbers, float]:
        found = self._known.get((task, parameters))
        if found is None:
            job = self._question | {"task": task, "parameters": parameters} | self._patience
            answer, numbers = self._process.ask(**job)
            if numbers is None:
                raise RuntimeError(f"No exact numbers for {job}: {answer['problem']}")
            found = self._known[task, parameters] = numbers, answer["share"]
        return found

    def _probe_norms(self, parameters: tuple[str, ...] | None) -> Numbers:
        return self._exact("probes", parameters)[0]
