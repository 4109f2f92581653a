"""What is said of a Parquet or Arrow file that the library cannot read?"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from finine_core.errors import FinineError

FEATHER_1 = b"FEA1"  # how the files of an earlier Feather begin


@contextmanager
def damage_told(path: Path, kind: str) -> Iterator[None]:
    """Whatever the library says of a damaged file, as one line.

    Args:
        kind: what it should be, 'Parquet' or 'Arrow'.
    """
    try:
        yield
    except FileNotFoundError:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0].rstrip(".:")
        mend = "Check that the file is complete and its name fits its content."
        with path.open("rb") as stream:
            if stream.read(len(FEATHER_1)) == FEATHER_1:
                cause = "an earlier version of Feather"
                mend = "Write it as Parquet with the program that made it."
        raise FinineError(f"{path.name} cannot be read as {kind} ({cause}).", mend) from None
