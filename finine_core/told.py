"""What a person gives, and what the machine says to it, as sentences and not as tracebacks.

The last gate of the Python API and the command line: an argument of a kind that a function does not
take is refused before anything is done, with its name and value; and what the operating system says
of a file that nothing nearer has put in words names the file and the reason.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral, Real
from os import PathLike
from typing import ParamSpec, TypeVar

from finine_core.errors import FinineError, shown
from finine_core.files import is_full_disk
from finine_core.paths import cannot_be_used

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")
_Class = TypeVar("_Class", bound=type)

ROW_BITS = 63  # of a row number: it is stored as a signed number of 64 bits


@contextmanager
def told_of_files() -> Iterator[None]:
    """What the operating system says of a file, as a sentence; other errors pass.

    Examples:
        >>> with told_of_files():
        ...     open("/no/such/file")
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: /no/such/file cannot be used: No such file or directory. \
Check the path, or choose another place.
    """
    try:
        yield
    except BrokenPipeError:  # who reads our words has seen enough: no file is meant
        raise
    except OSError as error:
        if is_full_disk(error):
            raise FinineError("A disk is full.", "Free some space, then try again.") from error
        if error.filename is None:
            raise
        name = error.filename2 or error.filename
        raise cannot_be_used(_path(name), error) from error


def told(function: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """The same function behind the gate: arguments of a wrong kind and errors of files are told.

    Only annotations of plain kinds are held against: text, paths, numbers, yes or no, and lists of
    row numbers or names. Numbers of numpy are numbers, a whole number may be written as a float.

    Examples:
        >>> @told
        ... def curve(row: int, target: str | None = None) -> float:
        ...     return row / 2
        >>> curve(3), curve(3.0)
        (1.5, 1.5)
        >>> curve("a")
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: row = 'a' is not a whole number.
    """
    kinds = {name: kind for name, kind in function.__annotations__.items() if isinstance(kind, str)}
    places = function.__code__.co_varnames[: function.__code__.co_argcount]

    @functools.wraps(function)
    def behind(*args: _Parameters.args, **kwargs: _Parameters.kwargs) -> _Result:
        given = {**dict(zip(places, args, strict=False)), **kwargs}
        for name, value in given.items():
            if name in kinds:
                require_kind(name, value, kinds[name])
        with told_of_files():
            return function(*args, **kwargs)

    return behind


def told_everywhere(kind: _Class) -> _Class:
    """A class with each of its own public methods and properties behind the gate."""
    for name, member in list(vars(kind).items()):
        if name.startswith("_"):
            continue
        if isinstance(member, property) and member.fget is not None:
            setattr(kind, name, property(told(member.fget), doc=member.__doc__))
        elif callable(member) and hasattr(member, "__code__"):
            setattr(kind, name, told(member))
    return kind


def require_kind(name: str, value: object, annotation: str) -> None:
    """Refuse a value that no part of an annotation takes.

    Raises:
        FinineError: the name, the value, its type, and what to give.

    Examples:
        >>> require_kind("home", None, "str | Path | None")
        >>> require_kind("rows", ["x"], "Sequence[int]")
        Traceback (most recent call last):
            ...
        finine_core.errors.FinineError: rows has 'x', which is no row number. Give a list of row \
numbers.
    """
    parts = [part.strip() for part in annotation.split("|")]
    if any(part not in KINDS for part in parts):
        return
    if any(KINDS[part][0](value) for part in parts):
        return
    wanted = " or ".join(dict.fromkeys(KINDS[part][1] for part in parts if part != "None"))
    if isinstance(value, str) and "str" in parts:
        raise FinineError(f"{name} = {shown(value)} holds half of a letter.", "Remove it.")
    if parts[0] in ITEMS and _is_list(value):
        holds, called = ITEMS[parts[0]]
        odd = next(one for one in value if not holds(one))  # type: ignore[attr-defined]
        raise FinineError(f"{name} has {shown(odd)}, which is no {called}.", f"Give {wanted}.")
    if isinstance(value, Integral) and not isinstance(value, bool) and "int" in parts:
        raise FinineError(f"{name} = {value} is too large.", "Row numbers and counts are smaller.")
    quotes = f"Write it in quotes: '{value}'." if "str" in parts and _is_whole(value) else ""
    raise FinineError(f"{name} = {_short(value)} is not {wanted}.", quotes)


def _short(value: object) -> str:
    plain = value is None or isinstance(value, (Real, str, bytes))
    return shown(value) if plain else f"a {type(value).__name__}"


def _is_text(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_whole(value: object) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, Integral):
        return abs(int(value)) < 2**ROW_BITS
    return isinstance(value, float) and value.is_integer() and abs(value) < 2**ROW_BITS


def _is_list(value: object) -> bool:
    return (
        isinstance(value, Iterable)
        and not isinstance(value, (str, bytes, Mapping, Iterator))
        and getattr(value, "ndim", 1) == 1
    )


def _is_list_of(holds: Callable[[object], bool]) -> Callable[[object], bool]:
    return lambda value: _is_list(value) and all(map(holds, value))  # type: ignore[call-overload]


ITEMS = {
    "Sequence[int]": (_is_whole, "row number"),
    "Sequence[str]": (_is_text, "text"),
}
# The parts of annotations that are held against: what takes a value, and how it is called.
KINDS: dict[str, tuple[Callable[[object], bool], str]] = {
    "None": (lambda value: value is None, ""),
    "str": (_is_text, "a text"),
    "Path": (lambda value: isinstance(value, (str, PathLike)), "a path"),
    "int": (_is_whole, "a whole number"),
    "float": (lambda value: isinstance(value, Real) and not isinstance(value, bool), "a number"),
    "bool": (lambda value: isinstance(value, Real) or _is_true_or_false(value), "True or False"),
    **{
        kind: (_is_list_of(holds), f"a list of {called}s")
        for kind, (holds, called) in ITEMS.items()
    },
}


def _is_true_or_false(value: object) -> bool:
    return type(value).__name__ in ("bool", "bool_")  # of numpy, which is not imported here


def _path(name: object) -> str:
    text = name.decode(errors="backslashreplace") if isinstance(name, bytes) else str(name)
    return re.sub(r"/+", "/", text)
