"""Keywords of the front door that are declared once, as a `TypedDict`, and taken as **options.

mypy and editors that read types see them there. What this adds is for those who look at the living
function: its signature names every keyword, with type and default, in `help` and in notebooks; and
a keyword that does not exist is answered with the one that was meant.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Callable, Collection
from typing import TypeVar, get_type_hints

from finine_core.errors import FinineError

_Function = TypeVar("_Function", bound=Callable[..., object])


_DEFAULT = re.compile(r"^ {8}(\w+): .*?\[default: (.*?)\]", re.DOTALL | re.MULTILINE)


def spelled_out(*options: type) -> Callable[[_Function], _Function]:
    """Name the keywords of a `TypedDict` in the signature of a function that takes them as **.

    Args:
        options: the `TypedDict`, after those it builds on; their docstrings tell what each keyword
            means, and its default.

    Examples:
        >>> from typing import TypedDict
        >>> class Options(TypedDict, total=False):
        ...     '''How to train.
        ...
        ...     Attributes:
        ...         epochs: passes over the rows [default: 3].
        ...     '''
        ...     epochs: int
        >>> @spelled_out(Options)
        ... def train(data: str, **options: object) -> None: ...
        >>> inspect.signature(train).parameters["epochs"].default
        3
    """
    keywords: dict[str, inspect.Parameter] = {}
    for one in options:
        defaults = _defaults(one)
        for name, kind in get_type_hints(one).items():
            if name not in keywords:
                keywords[name] = inspect.Parameter(
                    name,
                    inspect.Parameter.KEYWORD_ONLY,
                    default=defaults.get(name, ...),
                    annotation=kind,
                )

    def spelled(function: _Function) -> _Function:
        signature = inspect.signature(function)
        *own, _ = signature.parameters.values()
        told = signature.replace(parameters=[*own, *keywords.values()])
        function.__signature__ = told  # type: ignore[attr-defined]
        return function

    return spelled


def _defaults(options: type) -> dict[str, object]:
    """The defaults that the docstring tells; none where Python was told to drop docstrings."""
    told = _DEFAULT.findall(options.__doc__ or "")
    return {name: ast.literal_eval(" ".join(value.split())) for name, value in told}


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
