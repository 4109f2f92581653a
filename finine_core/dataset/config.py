"""What does a person say about a data set before it is read? Its columns, and what is held out.

`DataOptions` are the keywords of every function that reads one; `DataConfig` is the same, checked,
with the defaults; `Columns` is the part about columns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, TypedDict, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from finine_core.errors import FinineError
from finine_core.keywords import no_such_keyword

AUTO = "auto"  # the task, when the label is to tell it
SEEDS = 2**31  # above every seed


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
    seed: int


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
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    label: str | tuple[str, ...]
    text: _Names = ()
    features: _Names = ()
    id: str | None = None
    ignore: _Names = ()
    image: str | None = None

    @property
    def labels(self) -> tuple[str, ...]:
        """The label columns: mostly one."""
        return named_labels(self.label)


def named_labels(label: str | Sequence[str]) -> tuple[str, ...]:
    """The label columns that were named, one or several.

    Examples:
        >>> named_labels("mood"), named_labels(["rude", "loud"])
        (('mood',), ('rude', 'loud'))
    """
    return (label,) if isinstance(label, str) else tuple(label)


def _as_text(value: object) -> object:
    return str(value) if isinstance(value, Path) else value


class DataConfig(Columns):
    """How a data set is read: its columns, and the options of `DataOptions`."""

    skip_corrupt: bool = False
    task: str = AUTO
    validation: Annotated[float | str, BeforeValidator(_as_text)] = 0.2
    seed: int = Field(default=0, ge=0, lt=SEEDS)


_Config = TypeVar("_Config", bound=BaseModel)


def checked(kind: type[_Config], options: Mapping[str, object]) -> _Config:
    """A configuration from keywords, with mistakes told as one `FinineError`.

    Raises:
        FinineError: an option is unknown or out of range; the option and value are named.

    Examples:
        >>> checked(DataConfig, {"label": "y", "txt": ["review"]})
        Traceback (most recent call last):
        finine_core.errors.FinineError: There is no option 'txt'. Did you mean 'text'? Options: \
features, id, ignore, image, label, seed, skip_corrupt, task, text, validation.
    """
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


def defaults_of(kind: type[BaseModel]) -> dict[str, object]:
    """The options of a configuration that need not be given, with their defaults.

    Examples:
        >>> defaults_of(DataConfig)["validation"]
        0.2
    """
    fields = kind.model_fields.items()
    return {name: one.default for name, one in fields if not one.is_required()}
