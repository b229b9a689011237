"""The file formats of photographs: names, suffixes, signatures."""

import os
import re

# The suffixes of each format. The names are Pillow's.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
}

SUFFIXES = sum(FORMATS.values(), ())
ALPHA_FORMATS = ("PNG", "TIFF", "WEBP")
DEEP_FORMATS = ("PNG", "TIFF")

# The longest side that the headers of these formats can hold.
LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383}

# The first bytes of a file.
_SIGNATURES = {
    "PNG": rb"\x89PNG\r\n\x1a\n",
    "JPEG": rb"\xff\xd8\xff",
    "TIFF": rb"II[*+]\0|MM\0[*+]",
    "WEBP": rb"RIFF[\0-\xff]{4}WEBP",
    "BMP": rb"BM",
}


def format_of(path):
    """The format of a path's suffix: a key of `FORMATS`.

    Raises:
        ValueError: The suffix is unknown.
    """
    suffix = os.path.splitext(os.fspath(path))[1]
    for name, suffixes in FORMATS.items():
        if suffix.lower() in suffixes:
            return name
    raise ValueError(
        f"Cannot tell the format of {os.fspath(path)!r} from its suffix "
        f"{suffix!r}. Expected one of {', '.join(SUFFIXES)}."
    )


def format_of_bytes(data):
    """The format of a file's content, or None."""
    for name, signature in _SIGNATURES.items():
        if re.match(signature, data):
            return name
    return None
