"""The tables of `benchmarks/advice` as people read them, in docs/suspicion.md."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

SINGLE = (
    "cleanlab", "AUM", "out of fold", "cleaned", "kNN", "errors nearby", "mean loss", "μ self",
    "−μ validation",
)  # fmt: skip
RANKINGS = ("suspicion", *SINGLE)
Lines = Mapping[str, Sequence[Mapping[str, Any]]]


def mean_precision(lines: Lines) -> dict[str, dict[str, float]]:
    """Case → ranking → average precision, mean over seeds."""
    return {
        case: {
            name: float(np.mean([one["average precision"][name] for one in of_case]))
            for name in RANKINGS
        }
        for case, of_case in lines.items()
    }


def precision_table(lines: Lines) -> str:
    """A line a case, then the means, and by how much each is behind the best single ranking.

    Examples:
        >>> one = {"average precision": {name: 0.5 for name in RANKINGS} | {"suspicion": 0.9}}
        >>> print(precision_table({"digits": [one]}).splitlines()[2][:34])
        | digits (1) | .900 | .500 | .500
    """
    found = mean_precision(lines)
    rows = [("case (seeds)", *RANKINGS), ("---",) * (len(RANKINGS) + 1)]
    for case, values in found.items():
        best = max(values.values())
        told = [_share(values[name], values[name] == best) for name in RANKINGS]
        rows.append((f"{case} ({len(lines[case])})", *told))
    means = [float(np.mean([one[name] for one in found.values()])) for name in RANKINGS]
    rows.append(("**mean**", *(_share(value, value == max(means)) for value in means)))
    behind = [
        max(max(one[other] for other in SINGLE) - one[name] for one in found.values())
        for name in RANKINGS
    ]
    rows.append(("most behind the best single one", *(_share(max(0.0, one)) for one in behind)))
    return _table(rows)


def stated_table(lines: Lines) -> str:
    """What the list says is wrong in all, and among its first 100, beside what is."""
    rows = [
        ("case", "wrong in all: stated", "true", "of the first 100: stated", "true",
         "suggestions right: stated", "true", "Brier: suspicion", "cleanlab"),
        ("---",) * 9,
    ]  # fmt: skip
    for case, of_case in lines.items():
        total = [one["stated"][-1] for one in of_case]
        first = [s for one in of_case for s in one["stated"][:-1] if s["rows"] == 100]
        hits = [one["suggestions"] for one in of_case if one["suggestions"]["right"] is not None]
        brier = [one["brier"] for one in of_case]
        rows.append(
            (
                case,
                _range(total),
                _mean([one["true"] for one in total]),
                _range(first),
                _mean([one["true"] for one in first]),
                _percent([one["stated"] for one in hits]),
                _percent([one["right"] for one in hits]),
                f"{np.mean([one['suspicion'] for one in brier]):.3f}",
                f"{np.mean([one['cleanlab'] for one in brier]):.3f}",
            )
        )
    return _table(rows)


def coverage(lines: Lines) -> tuple[int, int]:
    """How many stated intervals hold the truth, of how many: totals and all depths."""
    said = [one for of_case in lines.values() for line in of_case for one in line["stated"]]
    return sum(one["low"] <= one["true"] <= one["high"] for one in said), len(said)


def cleaning_table(lines: Lines) -> str:
    """Balanced accuracy of a plain model after cleaning by each list."""
    names = list(next(iter(lines.values()))[0]["cleaned"])
    rows: list[tuple[str, ...]] = [("case", *names), ("---",) * (len(names) + 1)]
    for case, of_case in lines.items():
        values = [np.mean([one["cleaned"][name] for one in of_case]) for name in names]
        rows.append((case, *(f"{100 * value:.1f}" for value in values)))
    return _table(rows)


def _range(said: Sequence[Mapping[str, float]]) -> str:
    if not said:
        return "–"
    wrong, low, high = (np.mean([one[name] for one in said]) for name in ("wrong", "low", "high"))
    return f"{wrong:.0f} ({low:.0f}–{high:.0f})"


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.0f}" if len(values) else "–"


def _percent(values: Sequence[float | None]) -> str:
    told = [one for one in values if one is not None]
    return f"{100 * np.mean(told):.0f} %" if told else "–"


def _share(value: float, best: bool = False) -> str:
    text = f"{value:.3f}".removeprefix("0")
    return f"**{text}**" if best else text


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
