"""Which column is probably the label, the text, a feature, the id, or of no use?

Takes a table and gives one suggestion with a reason per column, from names and values alone.
They are guesses for a person to overrule; nothing is decided here.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from finine_core.dataset.labels import is_quantity
from finine_core.errors import shown
from finine_core.formats.part_words import TRAINING_WORDS, VALIDATION_WORDS
from finine_core.formats.values import is_blank

LABEL_NAMES = ("label", "labels", "target", "class", "y", "category", "sentiment", "outcome")
ID_NAMES = ("id", "ids", "uid", "uuid", "guid", "key", "index", "idx", "row", "row_number")
ID_ENDING = re.compile(r"([_\- ]id|[a-z]I[dD])$")
TEXT_NAMES = (
    "text", "texts", "sentence", "review", "comment", "body", "content", "message", "tweet",
    "title", "question", "document", "description",
)  # fmt: skip
IMAGE_NAMES = (
    "image", "images", "img", "image_path", "img_path", "picture", "photo", "path", "file",
    "filename", "file_name", "file_path", "filepath", "bytes", "image_bytes",
)  # fmt: skip
IMAGE_PATH = r"(?i)\.(png|jpe?g|webp|tiff?|gif|bmp)$"
IMAGE_BYTES = (b"\x89PNG", b"\xff\xd8\xff", b"RIFF", b"II*\0", b"MM\0*", b"GIF8", b"BM")
LOOKED_AT = 20  # cells with bytes whose beginning is looked at
# A column named like this is another version of the label: learning from it would be a leak.
OTHER_LABEL = re.compile(r"^(reference|gold|truth|ground_?truth|(true|clean|original|noisy)_.*)$")

# 2024-01-31, 31.01.2024, 1/31/24, with or without a time; each is a category of its own to a model.
DATE = (
    r"^\s*(\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[-/.]\d{1,2}[-/.](\d{4}|\d{2}))"
    r"([T ]\d{1,2}:.*)?\s*$"
)
DATES_WORDS = "dates; write them as numbers (year, weekday, age) to learn from them"
MOSTLY = 0.9  # a few slips do not make dates a text

# A label without a telling name is guessed among columns with at most this many values.
MAX_GUESSED_CLASSES = 20
# A category's values come back: below this many rows per value a column is not one.
MIN_REPEATS = 3.0
# From this mean number of words on, short strings are read as text rather than as names.
TEXT_WORDS = 3.0
# From here on it is text even if values repeat (templates, duplicated answers).
LONG_TEXT_WORDS = 8.0


@dataclass(frozen=True)
class Suggestion:
    """One column's probable role (label, text, feature, id, split, image, ignore) and why."""

    column: str
    role: str
    reason: str


def suggest_roles(table: pa.Table, label: str | Sequence[str] | None = None) -> list[Suggestion]:
    """Suggest a role for every column, in the table's order.

    Args:
        table: (n rows) with typed columns, as `read_table` gives it.
        label: the label column, or several, where the person already named it; guessed otherwise.

    Examples:
        >>> table = pa.table({
        ...     "id": [1, 2, 3, 4],
        ...     "review": ["a fine film", "what a bore", "just lovely", "never again, please"],
        ...     "stars": [5, 1, 5, 1],
        ...     "label": ["good", "bad", "good", "bad"],
        ... })
        >>> [(s.column, s.role) for s in suggest_roles(table)]
        [('id', 'id'), ('review', 'text'), ('stars', 'feature'), ('label', 'label')]
    """
    reason = "you named it"
    if label is None:
        label, reason = _guess_label(table)
    labels = {label} if isinstance(label, str) else set(label or ())
    found: list[Suggestion] = []
    has_id = False
    for name in table.column_names:
        if name in labels:
            found.append(Suggestion(name, "label", reason))
            continue
        role, why = _role_of(name, table.column(name))
        if role == "id" and has_id:
            role, why = "ignore", "a second id"
        has_id = has_id or role == "id"
        found.append(Suggestion(name, role, why))
    image = next((one.column for one in found if one.role == "image"), None)
    if image is None:
        return found
    return [
        Suggestion(one.column, "ignore", f"the images in {shown(image)} are learned from")
        if one.role in ("text", "feature") or (one.role == "image" and one.column != image)
        else one
        for one in found
    ]


def named_like_an_id(name: str) -> bool:
    """Whether a column's name says that it names the rows.

    Examples:
        >>> [named_like_an_id(name) for name in ("ID", "user_id", "PassengerId", "acid")]
        [True, True, True, False]
    """
    return name.strip().lower() in ID_NAMES or ID_ENDING.search(name.strip()) is not None


def _guess_label(table: pa.Table) -> tuple[str | None, str]:
    by_lower = {name.strip().lower(): name for name in table.column_names}
    for known in LABEL_NAMES:
        name = by_lower.get(known)
        if name is None:
            continue
        column = table.column(name)
        if is_quantity(column) or 2 <= _distinct(column) < max(table.num_rows, 3):
            return name, f"its name is {shown(name)}"
    if table.num_columns and _measured(table.column_names[-1], table.column(-1)):
        return table.column_names[-1], "the last column, a measured number"
    for name in reversed(table.column_names):
        column = table.column(name)
        is_fraction = pa.types.is_floating(column.type)
        distinct = _distinct(column)
        repeats = table.num_rows / max(distinct, 1)
        if not is_fraction and 2 <= distinct <= MAX_GUESSED_CLASSES and repeats >= MIN_REPEATS:
            return name, f"the last column with few values ({distinct})"
    return None, ""


def _measured(name: str, column: pa.ChunkedArray) -> bool:
    """Whether a column holds a quantity, and neither counts nor names the rows."""
    counts = pa.types.is_integer(column.type) and _distinct(column) == len(column)
    return is_quantity(column) and not counts and not named_like_an_id(name)


def _distinct(column: pa.ChunkedArray) -> int:
    return 0 if pa.types.is_nested(column.type) else int(pc.count_distinct(column).as_py())


def _role_of(name: str, column: pa.ChunkedArray) -> tuple[str, str]:
    kind = column.type
    lower = name.strip().lower()
    present = column.filter(pc.invert(is_blank(column)))
    numeric = pa.types.is_integer(kind) or pa.types.is_floating(kind)
    if len(present) == 0:
        return "ignore", "it has no values"
    if pa.types.is_temporal(kind):
        return "ignore", DATES_WORDS
    if _holds_images(lower, present):
        return "image", "it holds images" if pa.types.is_binary(kind) else "it names image files"
    if not (numeric or pa.types.is_boolean(kind) or pa.types.is_string(kind)):
        return "ignore", f"its type ({kind}) is neither numbers nor text"
    distinct = _distinct(present)
    if distinct == 1 and len(present) == len(column):
        return "ignore", "every row has the same value"
    if OTHER_LABEL.match(lower):
        return "ignore", "its name says that it is another version of the label"

    unique = distinct == len(column)
    if named_like_an_id(name):
        if unique and not pa.types.is_floating(kind):
            return "id", "its name says id, and no value repeats"
        if not pa.types.is_floating(kind):
            return "ignore", "its name says id, but values repeat"
    if pa.types.is_integer(kind) and unique and _counts_rows(present):
        return "id", "it counts the rows"
    if numeric:
        return "feature", "numbers"
    if pa.types.is_boolean(kind):
        return "feature", "true or false"
    return _role_of_strings(lower, present, distinct, unique)


def _holds_images(lower: str, present: pa.ChunkedArray) -> bool:
    kind = present.type
    if pa.types.is_binary(kind) or pa.types.is_large_binary(kind):
        return all(one.startswith(IMAGE_BYTES) for one in present.slice(0, LOOKED_AT).to_pylist())
    if not pa.types.is_string(kind) or lower not in IMAGE_NAMES:
        return False
    named = pc.match_substring_regex(present, IMAGE_PATH)
    return float(pc.mean(named.cast(pa.float64())).as_py()) > MOSTLY


def _counts_rows(column: pa.ChunkedArray) -> bool:
    values = column.to_numpy()
    return len(values) > 2 and bool(values[0] in (0, 1) and np.all(np.diff(values) == 1))


def _role_of_strings(
    lower: str, present: pa.ChunkedArray, distinct: int, unique: bool
) -> tuple[str, str]:
    if distinct == 2 or distinct <= len(TRAINING_WORDS | VALIDATION_WORDS):
        values = {str(v).strip().lower() for v in present.unique().to_pylist()}
        if (
            values & TRAINING_WORDS
            and values & VALIDATION_WORDS
            and values <= TRAINING_WORDS | VALIDATION_WORDS
        ):
            return "split", "its values say train and validation"
    if float(pc.mean(pc.cast(pc.match_substring_regex(present, DATE), pa.float64())).as_py()) > (
        MOSTLY
    ):
        return "ignore", DATES_WORDS
    words = float(
        pc.mean(pc.add(pc.count_substring_regex(present, r"\S\s+\S"), pa.scalar(1))).as_py()
    )
    repeats = len(present) / distinct
    named_text = lower in TEXT_NAMES
    if words >= LONG_TEXT_WORDS or (repeats < MIN_REPEATS and (named_text or words >= TEXT_WORDS)):
        return "text", f"{words:.0f} words a row"
    if repeats >= MIN_REPEATS:
        return "feature", f"a category with {distinct} values"
    if unique and words == 1:
        return "id", "short codes, and no value repeats"
    return "ignore", f"{distinct} different short values in {len(present)} rows"
