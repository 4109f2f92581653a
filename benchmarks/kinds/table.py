"""The table of `benchmarks/kinds` as people read it, in docs/kinds.md."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

PLAIN = {
    "LogisticRegression": "logistic",
    "HistGradientBoostingClassifier": "trees",
    "RidgeCV": "ridge",
    "HistGradientBoostingRegressor": "trees",
}
RANKINGS = ("μ self", "−μ validation", "mean loss", "cleanlab")
HEAD = ("data", "model", "finine", "plain models", *RANKINGS, "seconds")


def markdown(lines: Mapping[str, Mapping[str, Any]]) -> str:
    """The table: a line per data set; of each ranking its AUC and, behind it, its recall.

    Examples:
        >>> ranked = {name: {"auc": 0.9, "recall": 0.5} for name in RANKINGS}
        >>> line = {"model": "mlp", "measure": "accuracy", "finine": 0.912, "injected": True,
        ...         "plain": {"LogisticRegression": 0.9}, "found": ranked, "seconds": 20.0}
        >>> print(markdown({"digits": line}).splitlines()[2][:59])
        | digits | mlp | 91.2 % | 90.0 % logistic | .90, .50 | .90,
    """
    rows = [HEAD, ("---",) * len(HEAD)]
    for name, line in lines.items():
        plain = "; ".join(
            f"{_score(line, value)} {PLAIN[model]}" for model, value in line["plain"].items()
        )
        found = (line["found"][ranking] for ranking in RANKINGS)
        rows.append(
            (
                name if line["injected"] else f"{name} (natural)",
                line["model"],
                _score(line, line["finine"]),
                plain,
                *(f"{_share(one['auc'])}, {_share(one['recall'])}" for one in found),
                f"{line['seconds']:.0f}",
            )
        )
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _score(line: Mapping[str, Any], value: float) -> str:
    return f"{value:.1%}".replace("%", " %") if line["measure"] == "accuracy" else f"{value:.3g}"


def _share(value: float) -> str:
    return f"{value:.2f}".removeprefix("0")
