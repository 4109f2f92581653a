"""What every command shares: the application, common options, and how results are printed."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Annotated, Any

import typer

from finine_core.errors import FinineError, printable

cli = typer.Typer(
    name="finine",
    help="Which of my training rows hurt, which are wrong, and how sure can I be?",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

Home = Annotated[
    Path | None,
    typer.Option("--home", help="Folder of all runs [default: $FININE_HOME or ~/.finine]."),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON on one line, for machines.")]
RunId = Annotated[str, typer.Argument(metavar="RUN", help="Run id, its beginning, or 'latest'.")]


def columns_of(value: str | None) -> tuple[str, ...]:
    """A comma-separated option as names; empty for None. Quotes hold names with commas.

    Examples:
        >>> columns_of('a, "b, c"')
        ('a', 'b, c')
    """
    parts = next(csv.reader([value or ""], skipinitialspace=True), [])
    return tuple(part.strip() for part in parts if part.strip())


MOST_DIGITS = 18  # of a row number: it fits 64 bits


def numbers_of(value: str, option: str) -> list[int]:
    """A comma-separated option as row numbers.

    Raises:
        FinineError: a part is no number from 0 up.

    Examples:
        >>> numbers_of("3,17", "--rows")
        [3, 17]
    """
    found = []
    for part in columns_of(value):
        if not part.isdecimal() or len(part) > MOST_DIGITS:
            raise FinineError(
                f"{option} has '{part}', which is no row number.", "Write it like: 3,17"
            )
        found.append(int(part))
    return found


def fraction_or_text(value: str) -> float | str:
    """What `--validation` says: a number where it is one.

    Examples:
        >>> fraction_or_text("0.2"), fraction_or_text("column:part")
        (0.2, 'column:part')
    """
    try:
        return float(value)
    except ValueError:
        return value


def print_json(content: Any) -> None:
    """Print one JSON object on one line; NaN is refused."""
    typer.echo(json.dumps(content, ensure_ascii=False, allow_nan=False))


def say(text: str) -> None:
    """Tell the person something that is not the result (stderr)."""
    typer.echo("\n".join(map(printable, text.split("\n"))), err=True)
