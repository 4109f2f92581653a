"""Options that several commands share, each declared once as the field of a dataclass.

A command takes such a dataclass as one parameter, and `spread` spells its fields out as options.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import MISSING, fields, is_dataclass
from functools import wraps
from typing import get_type_hints


def spread(command: Callable[..., None]) -> Callable[..., None]:
    """The same command, with an option for each field of its dataclass parameter.

    Examples:
        >>> from dataclasses import dataclass
        >>> @dataclass
        ... class Flags:
        ...     seed: int = 0
        >>> @spread
        ... def train(flags: Flags, json: bool = False) -> None:
        ...     print(flags, json)
        >>> train(seed=3, json=True)
        Flags(seed=3) True
    """
    hints = get_type_hints(command, include_extras=True)
    (flags,) = (name for name, kind in hints.items() if is_dataclass(kind))
    kind = hints[flags]
    types = get_type_hints(kind, include_extras=True)
    defaults = {one.name: one.default for one in fields(kind)}
    parameters: list[inspect.Parameter] = []
    for one in inspect.signature(command).parameters.values():
        if one.name == flags:
            parameters += [_option(name, types[name], defaults[name]) for name in defaults]
        else:
            parameters.append(_option(one.name, hints[one.name], one.default))

    @wraps(command)
    def spelled_out(**given: object) -> None:
        own = {name: given.pop(name) for name in defaults if name in given}
        command(**given, **{flags: kind(**own)})

    spelled_out.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    spelled_out.__annotations__ = {one.name: one.annotation for one in parameters}
    return spelled_out


def _option(name: str, kind: object, default: object) -> inspect.Parameter:
    required = default is MISSING or default is inspect.Parameter.empty
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=inspect.Parameter.empty if required else default,
        annotation=kind,
    )
