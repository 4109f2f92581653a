"""What does a person say about a data set before it is read? Its columns, and what is held out.

`DataConfig` is `DataOptions`, checked, with the defaults; `Columns` is the part about columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from finine_core.dataset import AUTO, named_labels
from finine_core.errors import FinineError, shown
from finine_core.keywords import no_such_keyword
from finine_core.told import require_kind

SEEDS = 2**31  # above every seed


def names_of(given: object) -> object:
    """Column names as a tuple; one bare name counts as one column, not as its letters.

    Examples:
        >>> names_of("review"), names_of(None), names_of(["a", "b"])
        (('review',), (), ('a', 'b'))
    """
    if given is None:
        return ()
    if isinstance(given, str):
        return (given,)
    return tuple(given) if isinstance(given, Sequence) else given


_Names = Annotated[tuple[str, ...], BeforeValidator(names_of)]


class Columns(BaseModel):
    """Which column plays which part, as far as a person said it.

    Attributes:
        label: the column to learn; or several columns, each of which says whether a label holds.
        text: columns encoded as free text.
        features: columns encoded as numbers or categories.
        id: names the rows for a person; the row number stays their identity.
        ignore: columns nothing is learned from; they stay in the table.
        image: the column of images, as paths or as bytes; a model that sees them sees nothing else.
        group: rows with the same value of this column belong together, on one side of the split.
        time: says when each row was made; the latest are held out.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str | tuple[str, ...]
    text: _Names = ()
    features: _Names = ()
    id: str | None = None
    ignore: _Names = ()
    image: str | None = None
    group: str | None = None
    time: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns: mostly one."""
        return named_labels(self.label)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


def is_number(text: str) -> bool:
    """Whether a text is a number, as `validation` takes one.

    Examples:
        >>> is_number("0.2"), is_number("held_out.csv")
        (True, False)
    """
    try:
        float(text)
    except ValueError:
        return False
    return True


class DataConfig(Columns):
    """How a data set is read: its columns, and the options of `DataOptions`."""

    skip_corrupt: bool = False
    task: str = AUTO
    validation: Annotated[float | str, BeforeValidator(_as_text)] = 0.2
    seed: int = Field(default=0, ge=0, lt=SEEDS)

    @model_validator(mode="after")
    def _one_way_of_holding_out(self) -> DataConfig:
        if self.time is None:
            return self
        if self.group is not None:
            raise FinineError(
                f"Both group ({shown(self.group)}) and time ({shown(self.time)}) say which rows "
                "are held out: the latest rows would tear groups apart.",
                "Leave one of them out.",
            )
        if not isinstance(self.validation, float):
            raise FinineError(
                f"Both time ({shown(self.time)}) and validation ({shown(self.validation)}) say "
                "which rows are held out.",
                "Leave time out, or give validation as a fraction.",
            )
        if self.validation == 0:
            raise FinineError(
                f"time ({shown(self.time)}) holds out the latest rows, and validation 0 holds out "
                "none.",
                "Leave time out, or give validation as a fraction such as 0.2.",
            )
        return self


_Config = TypeVar("_Config", bound=BaseModel)


def checked(kind: type[_Config], options: Mapping[str, object]) -> _Config:
    """A configuration from keywords, with mistakes told as one `FinineError`.

    Raises:
        FinineError: an option is unknown or out of range; the option and value are named.

    Examples:
        >>> checked(DataConfig, {"label": "y", "txt": ["review"]})
        Traceback (most recent call last):
        finine_core.errors.FinineError: There is no option 'txt'. Did you mean 'text'? Options: \
features, group, id, ignore, image, label, seed, skip_corrupt, task, text, time, validation.
    """
    for name, value in options.items():
        if isinstance(value, str):
            require_kind(name, value, "str")  # half of a letter could not be told of by pydantic
    try:
        return kind.model_validate(options)
    except ValidationError as error:
        problems = []
        for one in error.errors():
            name = ".".join(map(str, one["loc"][:1]))
            if one["type"] == "extra_forbidden":
                raise no_such_keyword(name, kind.model_fields) from None
            problems.append(
                f"{name} = {one['input']!r}: {one['msg'].removeprefix('Value error, ')}."
            )
        raise FinineError(" ".join(dict.fromkeys(problems))) from None
