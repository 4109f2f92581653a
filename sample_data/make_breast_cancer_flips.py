"""Make the `breast_cancer_flips` sample: a real table whose labels we flipped on purpose.

Takes scikit-learn's breast_cancer table (569 rows, 30 measurements, malignant or benign), flips
the label of a uniformly drawn tenth of the rows, and gives `breast_cancer_flips.csv` (what a run
reads) and `injected_flips.csv` (the answer, which no run reads). The errors are INJECTED.

    python sample_data/make_breast_cancer_flips.py
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from sklearn.datasets import load_breast_cancer

from finine_core.files import make_folder
from finine_sample_data.writing import make_from_command_line, write_csv

# One row in ten: common for label errors, and enough flips (57) to measure how many are found.
FLIPPED_SHARE = 0.10
# Any number would do; fixed so that everyone gets the same flips.
SEED = 0
OTHER_LABEL = {"malignant": "benign", "benign": "malignant"}


def sample_ids(rows: int) -> list[str]:
    """Ids for `rows` rows in the source's order.

    Examples:
        >>> sample_ids(2)
        ['bc-001', 'bc-002']
    """
    return [f"bc-{number:03d}" for number in range(1, rows + 1)]


def drawn_flips(ids: list[str], share: float = FLIPPED_SHARE, seed: int = SEED) -> set[str]:
    """The ids whose label is flipped: `share` of them, rounded, every subset equally likely.

    Rows are ordered by a hash of seed and id and the first ones taken: a uniform draw without a
    random generator, whose stream may change with its library.

    Examples:
        >>> len(drawn_flips(sample_ids(569)))
        57
        >>> drawn_flips(sample_ids(20)) == drawn_flips(sample_ids(20))
        True
    """

    def draw(row_id: str) -> bytes:
        return hashlib.sha256(f"{seed}:{row_id}".encode()).digest()

    return set(sorted(ids, key=draw)[: round(share * len(ids))])


def make(folder: Path) -> None:
    """Write `breast_cancer_flips.csv` and `injected_flips.csv` into `folder`."""
    make_folder(folder)
    table = load_breast_cancer()
    true_labels = [str(table.target_names[code]) for code in table.target]
    ids = sample_ids(len(true_labels))
    flips = drawn_flips(ids)
    write_csv(
        folder / "breast_cancer_flips.csv",
        ["sample_id", *map(str, table.feature_names), "diagnosis"],
        (
            # repr gives the shortest text that reads back as the same number
            [row_id, *(repr(float(value)) for value in values), label]
            for row_id, values, label in zip(
                ids,
                table.data,
                (
                    OTHER_LABEL[label] if row_id in flips else label
                    for row_id, label in zip(ids, true_labels, strict=True)
                ),
                strict=True,
            )
        ),
    )
    write_csv(
        folder / "injected_flips.csv",
        ["sample_id", "true_diagnosis", "flipped"],
        (
            [row_id, label, "true" if row_id in flips else "false"]
            for row_id, label in zip(ids, true_labels, strict=True)
        ),
    )


def main(arguments: list[str] | None = None) -> int:
    """Make the sample from the command line; returns the exit status."""
    return make_from_command_line("breast_cancer_flips", make, arguments)


if __name__ == "__main__":
    sys.exit(main())
