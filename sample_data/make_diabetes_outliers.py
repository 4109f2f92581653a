"""Make the `diabetes_outliers` sample: a real table with numbers that we shifted on purpose.

Takes scikit-learn's diabetes table (442 patients, 10 measurements, the progression of the disease a
year later), shifts the progression of a uniformly drawn tenth of the rows, and gives
`diabetes_outliers.csv` (what a run reads) and `injected_outliers.csv` (the answer, which no run
reads). The errors are INJECTED.

    python sample_data/make_diabetes_outliers.py
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from sklearn.datasets import load_diabetes

from finine_core.files import make_folder
from finine_sample_data.writing import make_from_command_line, write_csv

SHIFTED_SHARE = 0.10  # one row in ten, as in breast_cancer_flips
# By 2 to 4 standard deviations (77): more than a model's error, and not visible at a glance, since
# nothing comes below the smallest number of the table.
SMALLEST_SHIFT, LARGEST_SHIFT = 154, 308
SEED = 0


def draw(row_id: str, of: str) -> int:
    """A number of 64 bits: the same for everyone, whatever generators a library has.

    Examples:
        >>> draw("db-001", "rows") == draw("db-001", "rows")
        True
    """
    return int.from_bytes(hashlib.sha256(f"{SEED}:{of}:{row_id}".encode()).digest()[:8], "big")


def shifted(row_id: str, number: int, smallest: int) -> int:
    """The number moved up or down; up where it would come below the smallest.

    Examples:
        >>> moved = shifted("db-001", 151, smallest=25)
        >>> 154 <= moved - 151 <= 308
        True
    """
    size = SMALLEST_SHIFT + draw(row_id, "size") % (LARGEST_SHIFT - SMALLEST_SHIFT + 1)
    down = draw(row_id, "sign") % 2 == 0 and number - size >= smallest
    return number - size if down else number + size


def make(folder: Path) -> None:
    """Write `diabetes_outliers.csv` and `injected_outliers.csv` into `folder`."""
    make_folder(folder)
    table = load_diabetes(scaled=False)
    true = [int(number) for number in table.target]
    ids = [f"db-{number:03d}" for number in range(1, len(true) + 1)]
    first = sorted(ids, key=lambda row_id: draw(row_id, "rows"))
    wrong = set(first[: round(SHIFTED_SHARE * len(ids))])
    given = [
        shifted(row_id, number, min(true)) if row_id in wrong else number
        for row_id, number in zip(ids, true, strict=True)
    ]
    write_csv(
        folder / "diabetes_outliers.csv",
        ["patient_id", *map(str, table.feature_names), "progression"],
        (
            [row_id, *(f"{float(value):.10g}" for value in values), str(number)]
            for row_id, values, number in zip(ids, table.data, given, strict=True)
        ),
    )
    write_csv(
        folder / "injected_outliers.csv",
        ["patient_id", "true_progression", "shifted"],
        (
            [row_id, str(number), "true" if row_id in wrong else "false"]
            for row_id, number in zip(ids, true, strict=True)
        ),
    )


def main(arguments: list[str] | None = None) -> int:
    """Make the sample from the command line; returns the exit status."""
    return make_from_command_line("diabetes_outliers", make, arguments)


if __name__ == "__main__":
    sys.exit(main())
