"""The `finine` command. Each group of commands is one file; each only calls the Python API.

Results go to stdout, progress and messages to stderr. A problem the user can mend is one line and
exit code 1.
"""

from __future__ import annotations

import io
import sys

from finine_core.cli import (
    app_command,
    check_command,
    decide_commands,
    doctor_command,
    group_commands,
    keep_commands,
    look_commands,
    map_commands,
    run_commands,
    take_commands,
    verify_command,
)
from finine_core.cli.common import cli, say
from finine_core.errors import FinineError
from finine_core.heard import heard
from finine_core.told import told_of_files

__all__ = [
    "app_command",
    "check_command",
    "cli",
    "decide_commands",
    "doctor_command",
    "group_commands",
    "keep_commands",
    "look_commands",
    "main",
    "map_commands",
    "run_commands",
    "take_commands",
    "verify_command",
]


def main() -> None:
    """The entry point: runs a command and turns a `FinineError` into one line and exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal may not know every letter
            stream.reconfigure(errors="backslashreplace")
    try:
        with heard(say, libraries=False), told_of_files():
            cli()
    except FinineError as error:
        print(f"finine: {error}", file=sys.stderr)
        sys.exit(1)
    except MemoryError:
        words = "There is not enough memory for this. Use fewer rows or columns."
        print(f"finine: {words}", file=sys.stderr)
        sys.exit(1)
    except BrokenPipeError:  # the reader (head, less) has seen enough
        sys.stderr.close()
        sys.exit(0)
