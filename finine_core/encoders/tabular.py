"""Numbers and categories as model inputs.

Takes the feature columns and gives standardised numbers (missing values: the training median plus
a column that says so) and one-hot categories (rare ones together in one column), fitted on the
training rows only. Columns that do not vary there are left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.dataset import Dataset, Part
from finine_core.dataset.roles import Roles
from finine_core.dataset.usable import check_numbers, varies
from finine_core.encoders.base import Block
from finine_core.formats.values import RowNames, as_text

if TYPE_CHECKING:
    import pandas as pd

# One-hot columns per category column at most, the one for the rest included: beyond this the
# frequent categories carry nearly all rows, and single-row columns would only memorise.
MAX_CATEGORIES = 32
MISSING = "(missing)"
OTHER = "(other)"


@dataclass(frozen=True)
class Tabular:
    """Numbers and categories, side by side."""

    name: str = "tabular"

    def columns(self, roles: Roles) -> tuple[str, ...]:
        """The feature columns."""
        return roles.features

    def encode(self, dataset: Dataset, columns: Sequence[str], seed: int) -> Block:  # noqa: ARG002
        """Encode the columns; there is nothing random in it, so `seed` is not used.

        Raises:
            FinineError: a number is infinite or beyond ±1e30 (row, column and value are named).

        Examples:
            >>> from pathlib import Path
            >>> table = pa.table({"x": [1.0, 3.0, None], "c": ["a", "b", "a"], "y": [0, 1, 0]})
            >>> y, no = np.array([0, 1, 0]), np.array([], int)
            >>> part, empty = Part(table, y, np.arange(3), y), Part(table.slice(0, 0), no, no, no)
            >>> roles = Roles(label="y", features=("x", "c"))
            >>> block = TABULAR.encode(Dataset(
            ...     Path("a.csv"), table, roles, "classification", ("0", "1"), ("0", "1"),
            ...     part, empty, "", ()
            ... ), roles.features, seed=0)
            >>> block.names
            ('x', 'x is missing', 'c = a', 'c = b')
            >>> block.train.shape, block.validation.shape
            ((3, 4), (0, 4))
        """
        numbers: list[str] = []
        categories: list[str] = []
        for name in columns:
            if varies(dataset.train.table.column(name)):
                numeric = _is_number(dataset.table.column(name).type)
                (numbers if numeric else categories).append(name)
        for part in (dataset.train, dataset.validation):
            check_numbers(part.table, numbers, RowNames(numbers=part.row_numbers))
        train = _frame(dataset.train, numbers, categories)
        validation = _frame(dataset.validation, numbers, categories)
        if not numbers and not categories:
            return Block(np.empty((len(train), 0)), np.empty((len(validation), 0)), (), ())
        return _fit(train, validation, numbers, categories)


def _fit(
    train: pd.DataFrame, validation: pd.DataFrame, numbers: list[str], categories: list[str]
) -> Block:
    # Imported here because scikit-learn takes about a second, and only a run needs it.
    from sklearn.compose import ColumnTransformer
    from sklearn.impute import SimpleImputer
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    scaled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    one_hot = OneHotEncoder(
        max_categories=MAX_CATEGORIES, handle_unknown="infrequent_if_exist", sparse_output=False
    )
    transformer = ColumnTransformer(
        [("numbers", scaled, numbers), ("categories", one_hot, categories)], sparse_threshold=0
    )
    encoded = transformer.fit_transform(train)
    # scikit-learn refuses tables without rows
    held_out = transformer.transform(validation) if len(validation) else encoded[:0]

    names: list[str] = []
    sources: list[str] = []
    if numbers:
        # the indicators of the columns that miss values in training follow after all numbers
        gaps = [name for name in numbers if train[name].isna().any()]
        names += [*numbers, *(f"{name} is missing" for name in gaps)]
        sources += [*numbers, *gaps]
    if categories:
        fitted = transformer.named_transformers_["categories"]
        for position, name in enumerate(categories):
            rare = fitted.infrequent_categories_[position]
            kept = [
                value
                for value in fitted.categories_[position]
                if rare is None or value not in set(rare)
            ]
            columns_of_it = [*kept, OTHER] if rare is not None else kept
            names += [f"{name} = {value}" for value in columns_of_it]
            sources += [name] * len(columns_of_it)
    return Block(
        np.asarray(encoded, np.float64),
        np.asarray(held_out, np.float64),
        tuple(names),
        tuple(sources),
    )


def _is_number(kind: pa.DataType) -> bool:
    return bool(pa.types.is_integer(kind) or pa.types.is_floating(kind))


def _frame(part: Part, numbers: list[str], categories: list[str]) -> pd.DataFrame:
    """The columns as scikit-learn takes them: float64 with NaN for missing; strings."""
    import pandas as pd

    data: dict[str, np.ndarray] = {}
    for name in numbers:
        column = part.table.column(name)
        data[name] = column.cast(pa.float64(), safe=False).to_numpy()
    for name in categories:
        text = pc.fill_null(as_text(part.table.column(name)), MISSING)
        data[name] = np.array(text.to_pylist(), dtype=object)
    return pd.DataFrame(data, index=range(part.table.num_rows))


TABULAR = Tabular()
