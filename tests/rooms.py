"""The tests that a change in some rooms needs while one works on it: `make check ROOM="runs app"`.

    python -m tests.rooms [room …]

runs the unit tests and doctests of these rooms, and the tests that look at the whole house. A room
is a folder of finine_core, or app, benchmarks or sample_data; without one, the rooms in which
something differs from where the branch left `main`. Long tests are left out (durations.py), and
those of a browser: `make test` runs them, and those of the rooms that build upon these.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
MAIN = "main"
OUTSIDE = {"app", "benchmarks", "sample_data"}  # rooms that are no folder of finine_core
QUICK = "not browser and not long"


def rooms() -> set[str]:
    """Every room there is.

    Examples:
        >>> {"runs", "app"} <= rooms(), "e2e" in rooms()
        (True, False)
    """
    core = (ROOT / "finine_core").iterdir()
    return {path.name for path in core if (path / "__init__.py").exists()} | OUTSIDE


def room_of(path: str) -> str | None:
    """The room that a file of the repository belongs to, if to one.

    Examples:
        >>> [room_of(one) for one in ("finine_core/runs/jobs/queue.py", "app/main.py",
        ...                           "tests/cli/test_cli.py", "finine_core/files.py")]
        ['runs', 'app', 'cli', None]
    """
    first, *rest = Path(path).parts
    name = rest[0] if first in ("finine_core", "tests") else first
    return name if name in rooms() else None


def changed() -> Iterator[str]:
    """Files that differ from the commit where this branch left `main`, new ones included."""
    (left,) = _git("merge-base", "HEAD", MAIN) or ["HEAD"]
    yield from _git("diff", "--name-only", left)
    yield from _git("ls-files", "--others", "--exclude-standard")


def _git(*arguments: str) -> list[str]:
    done = subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True)
    return done.stdout.splitlines() if done.returncode == 0 else []


def places(chosen: set[str]) -> Iterator[str]:
    """The files and folders with the tests of these rooms and of the whole house."""
    for pattern in ("tests/test_*.py", "finine_core/*.py"):
        yield from sorted(str(path.relative_to(ROOT)) for path in ROOT.glob(pattern))
    for room in sorted(chosen):
        for folder in (f"finine_core/{room}", f"tests/{room}"):
            if (ROOT / folder).is_dir():
                yield folder


def main(wanted: set[str]) -> int:
    """Run them; gives pytest's exit code."""
    if unknown := wanted - rooms():
        print(f"There is no room {names(unknown)}; there are {names(rooms())}.")
        return 2
    chosen = wanted or {room for path in changed() if (room := room_of(path))}
    print(f"==> Testing {names(chosen) or 'the house only: no room has changed'}", flush=True)
    pytest = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "loadfile", "-m", QUICK]
    return subprocess.call([*pytest, "--no-loadscope-reorder", *places(chosen)], cwd=ROOT)


def names(of: set[str]) -> str:
    return ", ".join(sorted(of))


if __name__ == "__main__":
    sys.exit(main(set(sys.argv[1:])))
