"""Images: which files are they, what do their bytes show, and which of them are damaged?

`tree` lists the images of a folder or zip of classes, `files` opens them one by one wherever they
lie, `decoding` turns bytes into pixels, and `pictures` does that for all rows of a table.
"""

from finine_core.formats.images.files import images_of
from finine_core.formats.images.pictures import Pictures, read_pictures
from finine_core.formats.images.tree import (
    IMAGE_COLUMN,
    LABEL_COLUMN,
    SPLIT_COLUMN,
    fingerprint_of_folder,
    list_archive,
    list_folder,
)

__all__ = [
    "IMAGE_COLUMN",
    "LABEL_COLUMN",
    "SPLIT_COLUMN",
    "Pictures",
    "fingerprint_of_folder",
    "images_of",
    "list_archive",
    "list_folder",
    "read_pictures",
]
