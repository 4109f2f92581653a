"""Which column plays which part?

Takes a table and what the person said about its columns, gives `Roles` in which every column has
exactly one role. What the person gave wins; when they named no inputs, suggestions fill in.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from finine_core.dataset import named_labels
from finine_core.dataset.suggestions import Suggestion, suggest_roles
from finine_core.errors import FinineError, shown
from finine_core.formats.values import listed_columns, no_such_column

__all__ = ["Roles", "Suggestion", "resolve_roles", "suggest_roles"]


class Roles(BaseModel):
    """The role of every column of a dataset.

    Attributes:
        label: the column to learn; or several columns, each of which says whether a label holds.
        text: columns encoded as free text.
        features: columns encoded as numbers or categories.
        id: names the rows for a person; the row number stays their identity.
        ignore: columns nothing is learned from; they stay in the table.
        split: says which rows are for validation.
        image: the column of images, as paths or as bytes; a model that sees them sees nothing else.

    Examples:
        >>> Roles(label="y", text=("review",)).inputs
        ('review',)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str | tuple[str, ...]
    text: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    id: str | None = None
    ignore: tuple[str, ...] = ()
    split: str | None = None
    image: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns: mostly one."""
        return named_labels(self.label)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns a model sees: the image; or text first, then features."""
        return (self.image,) if self.image is not None else self.text + self.features


def resolve_roles(
    table: pa.Table,
    *,
    label: str | Sequence[str],
    text: Sequence[str] = (),
    features: Sequence[str] = (),
    id: str | None = None,
    ignore: Sequence[str] = (),
    split: str | None = None,
    image: str | None = None,
) -> Roles:
    """Give every column of a table its role.

    When none of `text`, `features` and `image` is given, `suggest_roles` decides about the
    columns the person did not mention (a suggested split column is ignored: splitting is asked
    for by name). Otherwise the columns not mentioned are ignored.

    Raises:
        FinineError: a named column does not exist, is named in two roles, holds neither numbers
            nor text, or no column is left to learn from; or images are asked for beside others.

    Examples:
        >>> table = pa.table({"age": [1.0, 2.0], "name": ["x", "y"], "sick": ["no", "yes"]})
        >>> resolve_roles(table, label="sick", features=["age"])  # doctest: +NORMALIZE_WHITESPACE
        Roles(label='sick', text=(), features=('age',), id=None, ignore=('name',), split=None,
            image=None)
        >>> resolve_roles(table, label="sick", features=["agee"])
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: There is no column 'agee'. Did you mean 'age'? \
Columns: 'age', 'name', 'sick'.
    """
    named = {
        "label": _names(label),
        "text": _names(text),
        "features": _names(features),
        "id": _names(id),
        "ignore": _names(ignore),
        "split": _names(split),
        "image": _names(image),
    }
    all_names = table.column_names  # made anew each time it is asked for
    known = set(all_names)
    role_of: dict[str, str] = {}
    for role, names in named.items():
        for name in names:
            if name not in known:
                raise no_such_column(name, all_names)
            if name in role_of:
                raise FinineError(
                    f"Column {shown(name)} is named twice: as {role_of[name]} and as {role}.",
                    "Give every column one role.",
                )
            role_of[name] = role

    reasons: list[str] = []
    if image is not None and (text or features):
        raise FinineError(
            f"Images ({shown(image)}) and other columns are both to be learned from.",
            "Name the image alone, or the text and feature columns alone.",
        )
    suggest = not named["text"] and not named["features"] and image is None
    suggestions = suggest_roles(table, _names(label)) if suggest else []
    for suggestion in suggestions:
        role = {"feature": "features", "split": "ignore"}.get(suggestion.role, suggestion.role)
        if suggestion.column in role_of:
            continue
        if role == "id" and named["id"]:
            role = "ignore"
        if role == "ignore":
            reasons.append(f"{shown(suggestion.column)} ({suggestion.reason})")
        role_of[suggestion.column] = role
    for name in all_names:
        role_of.setdefault(name, "ignore")

    def columns_of(role: str) -> tuple[str, ...]:
        # the person's order first, then the table's
        first = set(named[role])
        others = [n for n in all_names if role_of[n] == role and n not in first]
        return (*named[role], *others)

    roles = Roles(
        label=label if isinstance(label, str) else tuple(label),
        text=columns_of("text"),
        features=columns_of("features"),
        id=next(iter(columns_of("id")), None),
        ignore=columns_of("ignore"),
        split=split,
        image=next(iter(columns_of("image")), None),
    )
    if not roles.inputs:
        why = f" Left out: {', '.join(reasons)}." if reasons else ""
        raise FinineError(
            f"No column is left to learn {listed_columns(_names(label))} from.{why}",
            "Name the text or feature columns yourself.",
        )
    if roles.image is not None:
        _check_image_column(roles.image, table.schema.field(roles.image).type)
        return roles
    for name in roles.inputs:
        kind = table.schema.field(name).type
        if pa.types.is_binary(kind) or not (
            pa.types.is_primitive(kind) or pa.types.is_string(kind)
        ):
            raise FinineError(
                f"Column {shown(name)} holds {kind} values; only numbers, true/false and text can "
                "be learned from.",
                "Put it under ignore.",
            )
    return roles


def _check_image_column(name: str, kind: pa.DataType) -> None:
    if not (pa.types.is_string(kind) or pa.types.is_binary(kind) or pa.types.is_large_binary(kind)):
        raise FinineError(
            f"Column {shown(name)} holds {kind} values, which are no images.",
            "Name a column of paths, or of the bytes of image files.",
        )


def _names(given: Sequence[str] | str | None) -> tuple[str, ...]:
    """Column names as a tuple; one bare name counts as one column, not as its letters."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)
