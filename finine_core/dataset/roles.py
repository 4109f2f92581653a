"""Which column plays which part?

Takes a table and what the person said about its columns, gives `Roles` in which every column has
exactly one role. What the person gave wins; when they named no inputs, suggestions fill in.
"""

from __future__ import annotations

import pyarrow as pa

from finine_core.dataset.config import Columns
from finine_core.dataset.suggestions import Suggestion, suggest_roles
from finine_core.errors import FinineError, shown
from finine_core.formats.values import listed_columns, no_such_column

__all__ = ["Roles", "Suggestion", "resolve_roles", "suggest_roles"]


class Roles(Columns):
    """The role of every column of a dataset; `split` says which rows are for validation.

    Examples:
        >>> Roles(label="y", text=("review",)).inputs
        ('review',)
    """

    split: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns a model sees: the image; or text first, then features."""
        return (self.image,) if self.image is not None else self.text + self.features


def resolve_roles(table: pa.Table, named: Columns, split: str | None = None) -> Roles:
    """Give every column of a table its role: what was named wins, and suggestions fill in.

    When none of `text`, `features` and `image` is given, `suggest_roles` decides about the
    columns the person did not mention (a suggested split column is ignored: splitting is asked
    for by name). Otherwise the columns not mentioned are ignored.

    Raises:
        FinineError: a named column does not exist, is named in two roles, holds neither numbers
            nor text, or no column is left to learn from; or images are asked for beside others.

    Examples:
        >>> table = pa.table({"age": [1.0, 2.0], "name": ["x", "y"], "sick": ["no", "yes"]})
        >>> named = Columns(label="sick", features=["age"])
        >>> resolve_roles(table, named)  # doctest: +NORMALIZE_WHITESPACE
        Roles(label='sick', text=(), features=('age',), id=None, ignore=('name',), image=None,
            group=None, time=None, split=None)
        >>> resolve_roles(table, Columns(label="sick", features=["agee"]))
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: There is no column 'agee'. Did you mean 'age'? \
Columns: 'age', 'name', 'sick'.
    """
    asked = {
        "label": named.labels,
        "text": named.text,
        "features": named.features,
        "id": _maybe(named.id),
        "ignore": named.ignore,
        "split": _maybe(split),
        "image": _maybe(named.image),
        "group": _maybe(named.group),
        "time": _maybe(named.time),
    }
    # A name may count up with time or be a group's; a time may be asked to be learned from.
    both = {"group": _maybe(named.id), "time": (*_maybe(named.id), *named.features)}
    for role, names in both.items():
        asked[role] = tuple(name for name in asked[role] if name not in names)
    asked["ignore"] = tuple(
        name for name in named.ignore if name not in (*asked["group"], *asked["time"])
    )  # nothing is learned from these either
    all_names = table.column_names  # made anew each time it is asked for
    known = set(all_names)
    role_of: dict[str, str] = {}
    for role, names in asked.items():
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
    if named.image is not None and (named.text or named.features):
        raise FinineError(
            f"Images ({shown(named.image)}) and other columns are both to be learned from.",
            "Name the image alone, or the text and feature columns alone.",
        )
    suggest = not named.text and not named.features and named.image is None
    suggestions = suggest_roles(table, named.labels) if suggest else []
    for suggestion in suggestions:
        role = {"feature": "features", "split": "ignore"}.get(suggestion.role, suggestion.role)
        if suggestion.column in role_of:
            continue
        if role == "id" and named.id is not None:
            role = "ignore"
        if role == "ignore":
            reasons.append(f"{shown(suggestion.column)} ({suggestion.reason})")
        role_of[suggestion.column] = role
    for name in all_names:
        role_of.setdefault(name, "ignore")

    def columns_of(role: str) -> tuple[str, ...]:
        # the person's order first, then the table's
        first = set(asked[role])
        others = [n for n in all_names if role_of[n] == role and n not in first]
        return (*asked[role], *others)

    roles = Roles(
        label=named.label,
        text=columns_of("text"),
        features=columns_of("features"),
        id=next(iter(columns_of("id")), None),
        ignore=columns_of("ignore"),
        split=split,
        image=next(iter(columns_of("image")), None),
        group=named.group,
        time=named.time,
    )
    if not roles.inputs:
        why = f" Left out: {', '.join(reasons)}." if reasons else ""
        raise FinineError(
            f"No column is left to learn {listed_columns(named.labels)} from.{why}",
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


def _maybe(name: str | None) -> tuple[str, ...]:
    return () if name is None else (name,)
