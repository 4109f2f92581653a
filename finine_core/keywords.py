"""Keywords of the front door that are declared once, as a `TypedDict`, and taken as **options.

mypy and editors that read types see them there. What this adds is for those who look at the living
function: its signature names every keyword, with type and default, in `help` and in notebooks; and
a keyword that does not exist is answered with the one that was meant.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Collection, Mapping
from typing import TypeVar, get_type_hints

from finine_core.errors import FinineError

_Function = TypeVar("_Function", bound=Callable[..., object])


def spelled_out(options: type, defaults: Mapping[str, object]) -> Callable[[_Function], _Function]:
    """Name the keywords of a `TypedDict` in the signature of a function that takes them as **.

    Args:
        options: the `TypedDict`.
        defaults: of its keywords; None for those that are not in it.

    Examples:
        >>> from typing import TypedDict
        >>> class Options(TypedDict, total=False):
        ...     epochs: int
        >>> @spelled_out(Options, {"epochs": 3})
        ... def train(data: str, **options: object) -> None: ...
        >>> inspect.signature(train).parameters["epochs"].default
        3
    """

    def spelled(function: _Function) -> _Function:
        signature = inspect.signature(function)
        *own, _ = signature.parameters.values()
        keywords = [
            inspect.Parameter(
                name, inspect.Parameter.KEYWORD_ONLY, default=defaults.get(name), annotation=kind
            )
            for name, kind in get_type_hints(options).items()
        ]
        told = signature.replace(parameters=[*own, *keywords])
        function.__signature__ = told  # type: ignore[attr-defined]
        return function

    return spelled


def no_such_keyword(name: str, known: Collection[str]) -> FinineError:
    """The error for an option that does not exist.

    Examples:
        >>> no_such_keyword("epoch", ("epochs", "seed")).mend
        "Did you mean 'epochs'? Options: epochs, seed."
    """
    close = difflib.get_close_matches(name, known, n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    return FinineError(
        f"There is no option {name!r}.", f"{guess}Options: {', '.join(sorted(known))}."
    )
