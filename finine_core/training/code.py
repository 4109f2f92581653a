"""Code of a person's own, named as `package.module:name`: found, digested, and imported.

Named code is trusted as the person's own script is: it runs with all their rights. So it is never
imported for somebody in a browser. The app sets `FININE_NO_CODE`, which every process that it
starts inherits; a model named in a run is then refused.
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module, invalidate_caches
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from finine_core.errors import FinineError

NO_CODE = "FININE_NO_CODE"
OBJECT = "object "  # before the name of what was no name but an object in a Python session
_NAME = re.compile(r"[^\W\d]\w*(\.[^\W\d]\w*)*:[^\W\d]\w*")


def is_code(name: str) -> bool:
    """Whether it names code: `package.module:name`.

    Examples:
        >>> is_code("my.models:build"), is_code("mlp"), is_code("os.system('x')")
        (True, False, False)
    """
    return _NAME.fullmatch(name) is not None


def is_object(name: str) -> bool:
    """Whether it stands for an object of a Python session.

    Examples:
        >>> is_object("object Net")
        True
    """
    return name.startswith(OBJECT)


def require_code_allowed(*names: str) -> None:
    """Refuse code, and objects, in a process that a browser can start.

    Raises:
        FinineError: one of the names is no registered one, and this process was started by the app.
    """
    for name in names:
        if os.environ.get(NO_CODE) and (is_code(name) or is_object(name)):
            raise FinineError(
                f"'{name}' is code, and code is not run from a browser.",
                "Do this in a terminal or in Python, where you started the run.",
            )


def named(name: str, folder: str | None) -> Callable[..., Any]:
    """What `package.module:name` is, imported from `folder` or from what is installed.

    Raises:
        FinineError: it is not there or cannot be called; its module cannot be imported; or this
            process may import nothing.
    """
    require_code_allowed(name)
    module, _, attribute = name.partition(":")
    if folder and folder not in sys.path:
        sys.path.insert(0, folder)
    with blamed(name):
        invalidate_caches()  # it may have been written a moment ago
        found = getattr(import_module(module), attribute)
    if not callable(found):
        raise FinineError(f"'{name}' is a {type(found).__name__}.", "Name a function or a class.")
    called: Callable[..., Any] = found
    return called


def digest_of(name: str, folder: str | None) -> str:
    """A digest of the source behind `package.module:name`, which is not run.

    Of a package in `folder`, all of its Python files; of what is installed, the module's file.

    Raises:
        FinineError: there is no such module.
    """
    module = name.partition(":")[0]
    files = _sources(module, Path(folder)) if folder else []
    if not files:
        require_code_allowed(name)  # looking for a module in a package imports the package
        with blamed(name):
            found = find_spec(module)
        if found is None or not found.origin or not Path(found.origin).is_file():
            raise FinineError(
                f"There is no module '{module}' in {folder} or among what is installed.",
                "Start the run in the folder where the module lies.",
            )
        files = [Path(found.origin)]
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.name.encode("utf-8", errors="surrogateescape") + b"\0")
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]


def _sources(module: str, folder: Path) -> list[Path]:
    first, *rest = module.split(".")
    if rest and (folder / first).is_dir():
        return sorted((folder / first).rglob("*.py"))
    if (folder / first / "__init__.py").is_file():
        return sorted((folder / first).rglob("*.py"))
    return [path for path in [folder / f"{first}.py"] if path.is_file()]


@contextmanager
def blamed(name: str) -> Iterator[None]:
    """Tell what goes wrong inside as a problem of that code; the traceback goes to the log."""
    try:
        yield
    except FinineError:
        raise
    except Exception as error:
        traceback.print_exc()
        raise FinineError(
            f"Your '{name}' failed ({type(error).__name__}: {error}).",
            "Mend it; the traceback is in the run's log.",
        ) from error
