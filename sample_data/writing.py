"""How every sample is made from a command line, and its table written whole or not at all."""

from __future__ import annotations

import argparse
import csv
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from finine_core.files import write_atomically


def make_from_command_line(
    name: str, make: Callable[[Path], object], arguments: list[str] | None = None
) -> int:
    """Make a sample in the folder that `--into` names, by default its own; the exit status."""
    parser = argparse.ArgumentParser(description=f"Make sample_data/{name}.")
    own = Path(__file__).parent / name
    parser.add_argument("--into", type=Path, default=own, help="folder to write")
    make(parser.parse_args(arguments).into)
    return 0


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a header and rows as CSV; the same rows give the same bytes.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> write_csv(path, ["x", "y"], [["1", "a, b"]])
        >>> path.read_bytes()
        b'x,y\\n1,"a, b"\\n'
    """
    with (
        write_atomically(path) as temporary,
        temporary.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)
