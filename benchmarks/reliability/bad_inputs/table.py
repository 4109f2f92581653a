"""The table input → message, as JSON and as the page docs/bad-inputs.md."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

SHOWN_LETTERS = 260  # of a message in the table
_SIGNS = re.compile(r"([\\`*_\[\]$<>~#|])")


@dataclass(frozen=True)
class Line:
    """One case and what came of it.

    Attributes:
        group, name: of the case.
        accepted: whether it is to be accepted.
        message: what the command line says.
        page: what the Data page says; "the same" where it is; "" where it has no way to the case.
        run: what a run on it came to; "" for manifests.
        seconds, megabytes: of the command; megabytes where it had a process of its own.
        faults: what is not as it should be, in words.
    """

    group: str
    name: str
    accepted: bool
    message: str
    page: str
    run: str
    seconds: float
    megabytes: float | None
    faults: tuple[str, ...]


def summary(lines: Sequence[Line]) -> dict[str, Any]:
    """Everything for the JSON file: counts first, then every line."""
    return {
        "inputs": len(lines),
        "refused": sum(not line.accepted for line in lines),
        "accepted": sum(line.accepted for line in lines),
        "on_the_page": sum(bool(line.page) for line in lines),
        "runs": sum(bool(line.run) for line in lines),
        "alone": sum(line.megabytes is not None for line in lines),
        "most_seconds": max(line.seconds for line in lines),
        "most_megabytes": max(line.megabytes or 0 for line in lines),
        "with_faults": sum(bool(line.faults) for line in lines),
        "groups": dict(Counter(line.group for line in lines)),
        "lines": [asdict(line) for line in lines],
    }


def markdown(found: dict[str, Any]) -> str:
    """The page, from what `summary` gave."""
    parts = [
        "# Bad inputs, and what finine says",
        f"{found['inputs']} bad inputs are kept as code in `benchmarks/reliability/bad_inputs/`: "
        f"{found['refused']} must be refused with a message that says what is wrong, where, and "
        f"what to do; {found['accepted']} look bad and must work, with a warning where one is due. "
        "Each is tried on the command line (`finine check`, or `finine apply` for manifests); "
        f"{found['on_the_page']} on the Data page of the app; {found['runs']} in a run, which must "
        "refuse the same, or be trained, exported and rebuilt bit for bit from its manifest. "
        f"{found['alone']} that could hang or fill the memory get a process of their own "
        "(20 s of the processor and 1,500 MB at most; the largest took "
        f"{found['most_megabytes']:,.0f} MB, the slowest {found['most_seconds']:.0f} s).",
        "Of every try it is asked: the right words, an exit code that fits, no traceback, no "
        "control sign in what is printed, nothing written outside the home, and every input file "
        f"with the same SHA-256 as before. Tries that failed: **{found['with_faults']}**.",
        "Limits: files, and tables once they are unpacked, of up to 2 GB "
        "(`FININE_LARGEST_GB=4` raises it to 4; a table takes about three times its file in "
        "memory), 20,000 columns, manifests of 256 MB. A zip is read only as a data set of images "
        "and never unpacked on the disk; a gzip file is not read, and a pickle is never loaded.",
        "Printed by `python -m benchmarks.reliability.bad_inputs`; a test compares this page with "
        "the benchmark's JSON file.",
    ]
    for group in found["groups"]:
        rows = [one for one in found["lines"] if one["group"] == group]
        parts.append(f"## {group[0].upper()}{group[1:]}")
        table = ["| input | comes out as | message |", "|---|---|---|"]
        table += [
            f"| {_plain(one['name'])} | {'accepted' if one['accepted'] else 'refused'} "
            f"| {_plain(_short(one['message']))} |"
            for one in rows
        ]
        parts.append("\n".join(table))
    return "\n\n".join(parts) + "\n"


def _short(text: str) -> str:
    return text if len(text) <= SHOWN_LETTERS else text[: SHOWN_LETTERS - 1] + "…"


def _plain(text: str) -> str:
    return _SIGNS.sub(r"\\\1", text)
