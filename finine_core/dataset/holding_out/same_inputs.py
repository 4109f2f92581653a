"""Which rows are the same in all that a model sees of them?

Texts are compared without regard to upper and lower case, white space, and forms of Unicode that
look alike; numbers and categories as they are. Rows are compared by a 64-bit hash: among a million
rows, two different ones are taken for the same once in forty million files.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.roles import Roles

# A file whose inputs are all columns of few values must repeat itself: people of the same age and
# sex are not the same person. Columns hang together, so repeats are expected even where there are
# ten times as many combinations as rows.
FEW_VALUES, COMBINATIONS_PER_ROW = 50, 10


def same_inputs(table: pa.Table, roles: Roles) -> np.ndarray | None:
    """Equal numbers for rows whose inputs are the same, (n,) int64; None where that means nothing.

    It means nothing of images, which `image_copies` compares, and of columns of so few values that
    rows repeat of necessity. Rows without any value have a number of their own.

    Examples:
        >>> texts = ["Fine  film", "fine film ", "bad", None, ""]
        >>> table = pa.table({"t": texts, "y": ["a", "a", "b", "b", "a"]})
        >>> same_inputs(table, Roles(label="y", text=("t",))).tolist()
        [0, 0, 1, 2, 3]
    """
    if roles.image is not None or must_repeat(table, roles):
        return None
    inputs = table.select(list(roles.inputs))
    empty = nothing_in(inputs)
    for place, name in enumerate(roles.inputs):
        if name in roles.text and pa.types.is_string(inputs.column(place).type):
            plain = normalised(inputs.column(place))
            empty_text = pc.fill_null(pc.equal(plain, ""), True).to_numpy()
            empty &= empty_text | (len(roles.inputs) > 1)
            inputs = inputs.set_column(place, name, plain)
    hashes = hashes_of(inputs)
    numbers = np.unique(hashes, return_inverse=True)[1].reshape(-1)
    return in_order(np.where(empty, len(table) + np.arange(len(table)), numbers))


def normalised(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    """Texts as they are compared: in lower case, one space between words, one form of each letter.

    Examples:
        >>> normalised(pa.chunked_array([[" Ｆine\\tFILM"]])).to_pylist()
        ['fine film']
    """
    lower = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    return pc.utf8_trim_whitespace(pc.replace_substring_regex(lower, r"\s+", " "))


def nothing_in(inputs: pa.Table) -> np.ndarray:
    """(n,) bool, True for rows without a value in any column.

    Examples:
        >>> nothing_in(pa.table({"a": [1.0, None, float("nan")], "b": ["x", None, None]})).tolist()
        [False, True, True]
    """
    empty = np.ones(len(inputs), dtype=bool)
    for column in inputs.columns:
        empty &= pc.is_null(column, nan_is_null=True).to_numpy()
    return empty


def hashes_of(table: pa.Table) -> np.ndarray:
    """(n,) uint64, equal where all columns are."""
    import duckdb

    plain = table.rename_columns([f"c{i}" for i in range(table.num_columns)])
    names = ", ".join(plain.column_names)
    with duckdb.connect() as database:
        relation = database.from_arrow(plain)
        hashes: np.ndarray = relation.project(f"hash({names}) AS h").fetchnumpy()["h"]
    return hashes


def must_repeat(table: pa.Table, roles: Roles) -> bool:
    """Whether the input columns have so few values that rows are bound to be the same.

    Examples:
        >>> ages = pa.table({"age": [30, 31] * 50, "sex": ["f", "m"] * 50, "y": [0, 1] * 50})
        >>> must_repeat(ages, Roles(label="y", features=("age", "sex")))
        True
    """
    if roles.text or roles.image is not None:
        return False
    combinations = 1
    for name in roles.features:
        values = pc.count_distinct(table.column(name), mode="all").as_py()
        combinations *= values
        if values > FEW_VALUES or combinations > COMBINATIONS_PER_ROW * len(table):
            return False
    return True


def in_order(numbers: np.ndarray | Sequence[int]) -> np.ndarray:
    """The same sets, numbered from 0 in the order in which they are first met.

    Examples:
        >>> in_order([7, 3, 7, 1]).tolist()
        [0, 1, 0, 2]
    """
    _, first, inverse = np.unique(numbers, return_index=True, return_inverse=True)
    place = np.empty(len(first), dtype=np.int64)
    place[np.argsort(first)] = np.arange(len(first))
    return place[inverse.reshape(-1)]
