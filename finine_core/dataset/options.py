"""Which options say how a data set is read? Declared once, as the keywords of all that read one.

`DataConfig` holds the same, checked, with the defaults.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TypedDict


class DataOptions(TypedDict, total=False):
    """How a data set is read: the keywords of `check`, `run` and `plan` beside `label`.

    Attributes:
        text: columns read as free text; where neither these nor features nor an image are named,
            they are suggested [default: ()].
        features: columns read as numbers or categories [default: ()].
        id: the column that names each row for people [default: None].
        ignore: columns that nothing is learned from [default: ()].
        image: the column of images, as paths within the file's folder or as bytes [default: None].
        skip_corrupt: leave rows with damaged images out of both parts, instead of refusing them
            [default: False].
        task: what to learn, classification, regression, ordinal or multi_label; auto takes
            multi_label for several label columns, regression for a measured quantity, else
            classification [default: 'auto'].
        validation: a fraction in [0, 0.9) of the rows, drawn by class; 'column:NAME' for a column
            that says train or validation; or the path of a second file. 0 means no validation rows
            [default: 0.2].
        group: a column whose rows of one value (a patient, a user, a document) belong together: all
            are learned from or all held out; nothing is learned from it [default: None].
        time: a column that says when each row was made: the latest rows are held out, as many as
            `validation` says; not learned from unless it is among the features [default: None].
        seed: of the draw and, in a run, of all that is random, from 0 to 2**31 - 1 [default: 0].
    """

    text: Sequence[str]
    features: Sequence[str]
    id: str | None
    ignore: Sequence[str]
    image: str | None
    skip_corrupt: bool
    task: str
    validation: float | str | Path
    group: str | None
    time: str | None
    seed: int
