"""What may be given as data, and is it still the same?

An input is a file, a folder of images, or a folder with a saved data set. Takes its path, and says
whether it can be read, which fingerprint it has, and how large it is.
"""

from __future__ import annotations

from pathlib import Path

from finine_core.errors import FinineError
from finine_core.files import sha256_of
from finine_core.formats.images.tree import bytes_of_folder, fingerprint_of_folder, list_folder
from finine_core.formats.sources.input_file import cannot_be_read, check_input_file, is_folder
from finine_core.formats.sources.saved_layout import (
    bytes_of_saved,
    fingerprint_of_saved,
    is_saved_dataset,
    saved_parts,
)


def check_input(path: Path) -> None:
    """Refuse what is no ordinary file within the limit, no folder with images, no saved data set.

    Raises:
        FinineError: what it is instead.
    """
    if not is_folder(path):
        check_input_file(path)
        return
    try:
        if is_saved_dataset(path):
            saved_parts(path)
        else:
            list_folder(path)
    except FinineError as error:
        if "no folders with images" not in error.problem:
            raise
        raise FinineError(
            f"{path} is a folder, not a file, and holds no folders with images.",
            "Name a file inside it; or a folder with one folder of images per class, or one that "
            "save_to_disk of the library datasets wrote.",
        ) from None
    except OSError as error:
        raise cannot_be_read(path, error) from None


def fingerprint_of(path: Path) -> str:
    """The SHA-256 of a file, or of a folder's files and their paths, in hex.

    Raises:
        FinineError: it cannot be read.

    Examples:
        >>> import tempfile
        >>> path = Path(tempfile.mkdtemp()) / "a.csv"
        >>> _ = path.write_bytes(b"")
        >>> fingerprint_of(path)[:12]
        'e3b0c44298fc'
    """
    try:
        if is_saved_dataset(path):
            return fingerprint_of_saved(path)
        return fingerprint_of_folder(path) if is_folder(path) else sha256_of(path)
    except OSError as error:
        raise cannot_be_read(path, error) from None


def bytes_of(path: Path) -> int:
    """How many bytes an input has."""
    if is_saved_dataset(path):
        return bytes_of_saved(path)
    return bytes_of_folder(path) if is_folder(path) else path.stat().st_size
