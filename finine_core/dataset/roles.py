"""Which column plays which part?

Takes a table and what the person said about its columns, gives `Roles` in which every column has
exactly one role. What the person gave wins; when they named no inputs, suggestions fill in.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
from pydantic import BaseModel, ConfigDict

from finine_core.dataset.suggestions import Suggestion, suggest_roles
from finine_core.dataset.values import no_such_column
from finine_core.errors import FinineError

__all__ = ["Roles", "Suggestion", "resolve_roles", "suggest_roles"]


class Roles(BaseModel):
    """The role of every column of a dataset.

    Attributes:
        label: the class to learn.
        text: columns encoded as free text.
        features: columns encoded as numbers or categories.
        id: names the rows for a person; the row number stays their identity.
        ignore: columns nothing is learned from; they stay in the table.
        split: says which rows are for validation.

    Examples:
        >>> Roles(label="y", text=("review",)).inputs
        ('review',)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    text: tuple[str, ...] = ()
    features: tuple[str, ...] = ()
    id: str | None = None
    ignore: tuple[str, ...] = ()
    split: str | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns a model sees: text first, then features."""
        return self.text + self.features


def resolve_roles(
    table: pa.Table,
    *,
    label: str,
    text: Sequence[str] = (),
    features: Sequence[str] = (),
    id: str | None = None,
    ignore: Sequence[str] = (),
    split: str | None = None,
) -> Roles:
    """Give every column of a table its role.

    When neither `text` nor `features` is given, `suggest_roles` decides about the columns the
    person did not mention (a suggested split column is ignored: splitting is asked for by name).
    Otherwise the columns not mentioned are ignored.

    Raises:
        FinineError: a named column does not exist, is named in two roles, holds neither numbers
            nor text, or no column is left to learn from.

    Examples:
        >>> table = pa.table({"age": [1.0, 2.0], "name": ["x", "y"], "sick": ["no", "yes"]})
        >>> resolve_roles(table, label="sick", features=["age"])
        Roles(label='sick', text=(), features=('age',), id=None, ignore=('name',), split=None)
        >>> resolve_roles(table, label="sick", features=["agee"])
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: There is no column 'agee'. Did you mean 'age'? \
Columns: 'age', 'name', 'sick'.
    """
    named = {
        "label": (label,),
        "text": _names(text),
        "features": _names(features),
        "id": _names(id),
        "ignore": _names(ignore),
        "split": _names(split),
    }
    role_of: dict[str, str] = {}
    for role, names in named.items():
        for name in names:
            if name not in table.column_names:
                raise no_such_column(name, table.column_names)
            if name in role_of:
                raise FinineError(
                    f"Column {name!r} is named twice: as {role_of[name]} and as {role}.",
                    "Give every column one role.",
                )
            role_of[name] = role

    reasons: list[str] = []
    suggest = not named["text"] and not named["features"]
    suggestions = suggest_roles(table, label) if suggest else []
    for suggestion in suggestions:
        role = {"feature": "features", "split": "ignore"}.get(suggestion.role, suggestion.role)
        if suggestion.column in role_of:
            continue
        if role == "id" and named["id"]:
            role = "ignore"
        if role == "ignore":
            reasons.append(f"{suggestion.column!r} ({suggestion.reason})")
        role_of[suggestion.column] = role
    for name in table.column_names:
        role_of.setdefault(name, "ignore")

    def columns_of(role: str) -> tuple[str, ...]:
        # the person's order first, then the table's
        others = [n for n in table.column_names if role_of[n] == role and n not in named[role]]
        return (*named[role], *others)

    roles = Roles(
        label=label,
        text=columns_of("text"),
        features=columns_of("features"),
        id=next(iter(columns_of("id")), None),
        ignore=columns_of("ignore"),
        split=split,
    )
    if not roles.inputs:
        why = f" Left out: {', '.join(reasons)}." if reasons else ""
        raise FinineError(
            f"No column is left to learn {label!r} from.{why}",
            "Name the text or feature columns yourself.",
        )
    for name in roles.inputs:
        kind = table.schema.field(name).type
        if pa.types.is_binary(kind) or not (
            pa.types.is_primitive(kind) or pa.types.is_string(kind)
        ):
            raise FinineError(
                f"Column {name!r} holds {kind} values; only numbers, true/false and text can be "
                "learned from.",
                "Put it under ignore.",
            )
    return roles


def _names(given: Sequence[str] | str | None) -> tuple[str, ...]:
    """Column names as a tuple; one bare name counts as one column, not as its letters."""
    if given is None:
        return ()
    return (given,) if isinstance(given, str) else tuple(given)
