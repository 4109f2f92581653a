"""How a process of ours is started: it imports from where Python and finine are installed, only.

`python -m` and `python -c` put the current folder first among the places that modules are imported
from. That folder is often somebody's data: a file there named like a module would be run. So every
process of ours is started with Python's safe path (`-P`), and what it inherits is cleaned of empty
and relative entries of PYTHONPATH, which mean the current folder too.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path

SAFE_PATH = "PYTHONSAFEPATH"  # for the processes that ours start in turn
PLACES = "PYTHONPATH"


def python_module(module: str, *arguments: str) -> list[str]:
    """The command that runs a module in a process of ours.

    Examples:
        >>> python_module("finine_core.runs.worker", "folder")[1:]
        ['-P', '-m', 'finine_core.runs.worker', 'folder']
    """
    return [sys.executable, "-P", "-m", module, *arguments]


def python_code(code: str, *arguments: str) -> list[str]:
    """The command that runs a few lines of ours in a process of their own.

    Examples:
        >>> python_code("print(1)")[1:]
        ['-P', '-c', 'print(1)']
    """
    return [sys.executable, "-P", "-c", code, *arguments]


def child_environment(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """This process's environment for a child, without ways back to the current folder.

    Args:
        extra: variables that are set beside it.

    Examples:
        >>> os.environ["PYTHONPATH"] = os.pathsep.join(["", "here", "/opt/lib"])
        >>> child_environment({"A": "1"})["PYTHONPATH"], child_environment()["PYTHONSAFEPATH"]
        ('/opt/lib', '1')
        >>> del os.environ["PYTHONPATH"]
    """
    environment = {**os.environ, SAFE_PATH: "1", **(extra or {})}
    if PLACES in environment:
        places = environment.pop(PLACES).split(os.pathsep)
        kept = [one for one in places if one and Path(one).is_absolute()]
        if kept:
            environment[PLACES] = os.pathsep.join(kept)
    return environment
