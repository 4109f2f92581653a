"""How a room's names are loaded on first use, so that importing a room loads nothing that is in it.

The `__init__` of such a room lists its names twice: as imports under TYPE_CHECKING, for mypy and
editors, and for `loaded_on_first_use`, for Python (PEP 562). A test holds the lists to each other.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module


def loaded_on_first_use(
    room: str, names: Mapping[str, Sequence[str]]
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """`__getattr__` and `__dir__` of a package.

    Args:
        room: its `__name__`.
        names: module → those of its names that the package gives.

    Examples:
        >>> get, _ = loaded_on_first_use("finine_core.runs", {"finine_core.runs.state": ["State"]})
        >>> get("State").__module__
        'finine_core.runs.state'
        >>> get("Stat")
        Traceback (most recent call last):
        AttributeError: module 'finine_core.runs' has no attribute 'Stat'
    """
    module_of = {name: module for module, given in names.items() for name in given}

    def load(name: str) -> object:
        if name not in module_of:
            raise AttributeError(f"module {room!r} has no attribute {name!r}")
        found = getattr(import_module(module_of[name]), name)
        setattr(sys.modules[room], name, found)  # from now on Python finds it itself
        return found

    def listed() -> list[str]:
        return sorted({*vars(sys.modules[room]), *module_of})

    return load, listed
