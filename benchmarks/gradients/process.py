"""How is a contestant kept apart from the others? In a process of its own, asked in JSON lines."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path
from typing import IO, Any

import numpy as np

from finine_core.processes import child_environment, python_module

HERE = Path(__file__).parent
MEMORY_LIMIT = 8 * 2**30  # bytes, so that a contestant that wants everything fails alone
Numbers = np.ndarray


class Process:
    """The process of one contestant (`worker.py`), or of the exact answer key."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        self.folder = Path(tempfile.mkdtemp(dir=folder))
        self._log: IO[str] = (self.folder / "log.txt").open("w")
        self._process = subprocess.Popen(
            python_module("worker", name),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=self.folder,  # what peers leave behind goes there, and away with it
            env=one_thread() | {"TMPDIR": str(self.folder)},
        )
        self._hello: dict[str, Any] | None = None

    @property
    def hello(self) -> dict[str, Any]:
        """Its versions and traits, or a problem; waits for its imports."""
        if self._hello is None:
            self._hello = self._read()
        return self._hello

    def ask(self, **job: Any) -> tuple[dict[str, Any], Numbers | None]:
        """The answer and the numbers, which are missing when the answer has a problem."""
        if "problem" in self.hello:
            return self.hello, None
        assert self._process.stdin is not None
        job = {"folder": str(self.folder), "memory_limit": MEMORY_LIMIT} | job
        self._process.stdin.write(json.dumps(job) + "\n")
        self._process.stdin.flush()
        answer = self._read()
        if "problem" in answer:
            return answer, None
        return answer, np.load(self.folder / "numbers.npy")

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._log.close()

    def _read(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            said = (self.folder / "log.txt").read_text().strip().splitlines() or ["nothing"]
            return {"problem": f"its process ended, saying: {said[-1][:150]}"}
        answer = json.loads(line)
        assert isinstance(answer, dict)
        return answer


def one_thread() -> dict[str, str]:
    """The environment of every contestant: one thread, no progress bars, no compilation.

    dattri decorates one function with torch.compile, which would need a C++ compiler and compile
    anew for every layer and batch shape.
    """
    one = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    places = [str(HERE), str(HERE.parents[1]), os.environ.get("PYTHONPATH", "")]
    quiet = {"TQDM_DISABLE": "1", "TORCHDYNAMO_DISABLE": "1"}
    return child_environment(one | quiet | {"PYTHONPATH": os.pathsep.join(places)})
