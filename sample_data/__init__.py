"""Which samples come with finine, where their files lie, and where their answers lie.

Each sample is a file that a run reads and a reference file, which no run reads: it says which
rows carry a label in error, so that a person can check afterwards what a run found. Takes a
name; gives a `Sample` with paths that hold in a checkout and in an installed package alike.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from finine_core.errors import FinineError

FOLDER = Path(__file__).resolve().parent


@dataclass(frozen=True)
class Sample:
    """One sample: the roles of its columns, and how to read its reference file.

    Attributes:
        name: the key in `SAMPLES` and the name of its folder.
        title: the name for people.
        description: what it is, and whether its label errors are natural or injected.
        label: the column to predict.
        text: the text columns; empty when all the features are numbers.
        id: the column that names each row, or None.
        rows: how many rows the file has.
        reference_file: name of the reference file, beside the sample's file.
        reference_id: the reference file's column that joins one-to-one with `id`.
        reference_column: the reference file's column that is true for rows in error.
        image: the column of images, or None.
        ending: of the file's name.
    """

    name: str
    title: str
    description: str
    label: str
    text: tuple[str, ...]
    id: str | None
    rows: int
    reference_file: str
    reference_id: str
    reference_column: str
    image: str | None = None
    ending: str = ".csv"

    @property
    def path(self) -> Path:
        """The file that a run reads.

        Examples:
            >>> sample("tweets").path.name
            'tweets.csv'
        """
        return FOLDER / self.name / f"{self.name}{self.ending}"

    @property
    def reference_path(self) -> Path:
        """The CSV file with the answers; no run reads it.

        Examples:
            >>> sample("tweets").reference_path.name
            'tweets_reference.csv'
        """
        return FOLDER / self.name / self.reference_file


SAMPLES: dict[str, Sample] = {
    entry.name: entry
    for entry in (
        Sample(
            name="tweets",
            title="Tweets, labelled by one rater",
            description=(
                "4,200 tweet-like texts, each with the sentiment that one human rater saw in it. "
                "18.8 % of the labels differ from the consensus of the 20 to 99 people who rated "
                "the same text: natural disagreement, nothing was injected, and the consensus is "
                "not verified truth."
            ),
            label="sentiment",
            text=("text",),
            id="tweet_id",
            rows=4200,
            reference_file="tweets_reference.csv",
            reference_id="tweet_id",
            reference_column="disagrees",
        ),
        Sample(
            name="breast_cancer_flips",
            title="Breast cancer, with INJECTED label flips",
            description=(
                "569 tumours with 30 measurements each (Wisconsin Diagnostic). The label errors "
                "are INJECTED: we flipped the diagnosis of 57 rows, drawn uniformly, so the "
                "answer is known; it says nothing about errors in the original data."
            ),
            label="diagnosis",
            text=(),
            id="sample_id",
            rows=569,
            reference_file="injected_flips.csv",
            reference_id="sample_id",
            reference_column="flipped",
        ),
        Sample(
            name="fashion",
            title="Clothes as images, with INJECTED label flips",
            description=(
                "2,000 grey images of 28 × 28 pixels in ten classes (Fashion-MNIST). The label "
                "errors are INJECTED: we gave 200 of them the label of the class that theirs is "
                "most easily taken for, so the answer is known; it says nothing about errors in "
                "the original data."
            ),
            label="label",
            text=(),
            id="item_id",
            rows=2000,
            reference_file="fashion_injected_flips.csv",
            reference_id="item_id",
            reference_column="flipped",
            image="image",
            ending=".parquet",
        ),
        Sample(
            name="diabetes_outliers",
            title="Diabetes, a number with INJECTED outliers",
            description=(
                "442 patients with ten measurements each, and a number to predict: the "
                "progression of the disease after a year. The errors are INJECTED: we shifted "
                "the number of 44 rows, drawn uniformly, by 2 to 4 standard deviations."
            ),
            label="progression",
            text=(),
            id="patient_id",
            rows=442,
            reference_file="injected_outliers.csv",
            reference_id="patient_id",
            reference_column="shifted",
        ),
    )
}


def sample(name: str) -> Sample:
    """The sample called `name`.

    Raises:
        FinineError: when no sample has that name; the message lists those that exist.

    Examples:
        >>> sample("breast_cancer_flips").rows
        569
        >>> sample("tweet")  # doctest: +ELLIPSIS
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: There is no sample 'tweet'. Samples: ...
    """
    if name not in SAMPLES:
        raise FinineError(
            f"There is no sample '{name}'.", f"Samples: {', '.join(sorted(SAMPLES))}."
        )
    return SAMPLES[name]
