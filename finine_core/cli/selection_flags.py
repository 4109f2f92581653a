"""Which rows of a run are meant, as options of a command line: each declared once, here.

The names are those of `SelectionOptions` of the Python API.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated, Any

import typer

from finine_core.cli.common import numbers_of

Where = Annotated[
    str | None,
    typer.Option(
        help='SQL condition over scores, decision and data columns, such as "mu > 2 AND label = '
        "'x'\"."
    ),
]
Group = Annotated[
    str | None,
    typer.Option("--group", help="Name of a saved group; they are listed by: finine groups"),
]
Top = Annotated[int | None, typer.Option(help="The first so many by rank.")]
Target = Annotated[
    str | None,
    typer.Option("--target", help="One of the run's targets [default: its first]."),
]
By = Annotated[
    str | None,
    typer.Option(
        help="suspicion (is the label wrong?) or mu (how much does the model hang on the row?)"
        " [default: mu]."
    ),
]


@dataclass
class SelectionFlags:
    """Rows by number, condition, saved group, rank, or a false discovery rate."""

    rows: Annotated[str | None, typer.Option(help="Row numbers, 3,17,…")] = None
    where: Where = None
    group: Group = None
    top: Top = None
    fdr: Annotated[
        float | None,
        typer.Option(help="Rows that stand out, at this false discovery rate, such as 0.1."),
    ] = None
    target: Target = None
    by: By = None

    def options(self) -> dict[str, Any]:
        """As keywords of `finine_core.api.Run.select`.

        Raises:
            FinineError: the row numbers are none.
        """
        numbers = numbers_of(self.rows, "--rows") if self.rows is not None else None
        return {**asdict(self), "rows": numbers}
