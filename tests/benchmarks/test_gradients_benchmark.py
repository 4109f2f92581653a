"""Does the gradients benchmark run, and does it tell right numbers from wrong ones?

The peers are not installed here; plain torch stands beside ours.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[2] / "benchmarks" / "gradients"


@pytest.fixture
def as_a_script(monkeypatch: pytest.MonkeyPatch) -> None:
    """The benchmark's modules import one another as scripts of one folder do."""
    monkeypatch.syspath_prepend(str(FOLDER))


def test_the_quick_benchmark_finds_ours_and_plain_torch_exact(tmp_path: Path) -> None:
    out = tmp_path / "gradients.json"
    command = [sys.executable, str(FOLDER / "run.py"), "--quick", "--cases", "mlp-109k"]
    chosen = ["--contestants", "finine", "vmap(grad)+GEMM"]
    done = subprocess.run(
        [*command, *chosen, "--out", str(out)], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "QUICK" in done.stdout

    results = {(r["task"], r["contestant"]): r for r in json.loads(out.read_text())["results"]}
    assert len(results) == 4
    for task in ("self", "pairs"):
        for name in ("finine", "vmap(grad)+GEMM"):
            result = results[task, name]
            assert result["problem"] is None
            assert result["error"] < 1e-4
            assert result["rows_per_second"] > 0
            assert result["verdict"].startswith("same numbers")
            assert result["verdict"] in done.stdout
        assert results[task, "finine"]["ratio"] == 1.0


def test_a_contestant_that_is_not_installed_keeps_its_line_with_the_reason(
    as_a_script: None,  # noqa: ARG001
) -> None:
    from harness import Result
    from run import table

    missing = Result("mlp-109k", "self", "somebody", 8, 0, problem="not installed: no module")
    line = table([missing], 109_386).splitlines()[-1]
    assert line.split("  ")[0] == "somebody"
    assert line.endswith("not installed: no module")


@pytest.mark.parametrize(
    ("error", "covered", "covered_error", "said"),
    [
        (3e-7, 1.0, 3e-7, "same numbers"),
        (2e-4, 1.0, 2e-4, "OTHER NUMBERS: off by 2.0e-04"),
        (0.2, 0.75, 1e-7, "OTHER NUMBERS: 75% of the parameters only; exact on those"),
        (0.2, 0.75, 0.1, "OTHER NUMBERS: 75% of the parameters only, off by 1e-01 on those"),
    ],
)
def test_numbers_that_differ_are_called_so(
    as_a_script: None,  # noqa: ARG001
    error: float,
    covered: float,
    covered_error: float,
    said: str,
) -> None:
    from harness import Result

    result = Result(
        "mlp-109k", "self", "x", 8, 0, error=error, covered=covered, covered_error=covered_error
    )
    assert result.verdict.startswith(said)


def test_errors_of_pairs_are_relative_to_the_gradients_not_to_a_product_near_zero(
    as_a_script: None,  # noqa: ARG001
) -> None:
    from answer_key import AnswerKey

    class Exact:
        """Answers with known numbers: two rows and one probe, orthogonal to the first row."""

        def ask(self, **job: object) -> tuple[dict[str, float], np.ndarray]:
            numbers = {
                "self": np.array([4.0, 9.0]),
                "probes": np.array([1.0]),
                "pairs": np.array([[0.0], [3.0]]),
            }
            return {"share": 1.0}, numbers[str(job["task"])]

    key = AnswerKey(Exact(), {"task": "pairs"})  # type: ignore[arg-type]
    worst, share = key.error(np.array([[2e-3], [3.0]]), None)
    assert worst == pytest.approx(1e-3)  # 2e-3 off, against ‖g_i‖ ‖g_j‖ = 2
    assert share == 1.0
    assert key.error(np.zeros((1, 1)), None)[0] == float("inf")
