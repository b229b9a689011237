"""The file formats of photographs: names, suffixes, signatures."""

import os
import re

# The suffixes of each format that is read and written. The names are Pillow's.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
}

# The formats that are read alone.
READ_ONLY_FORMATS = {
    "GIF": (".gif",),
    "JPEG2000": (".jp2", ".j2k"),
    "HEIF": (".heic", ".heif"),
}

# Of the formats that are read.
SUFFIXES = sum((FORMATS | READ_ONLY_FORMATS).values(), ())
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
    "GIF": rb"GIF8[79]a",
    "JPEG2000": rb"\0\0\0\x0cjP  \r\n\x87\n|\xff\x4f\xff\x51",
    "HEIF": rb"[\0-\xff]{4}ftyp(hei[cxms]|hev[cxms]|mif1|msf1)",
}


def format_of(path):
    """The format that a path's suffix asks to write: a key of `FORMATS`.

    Raises:
        ValueError: The suffix is unknown.
    """
    suffix = os.path.splitext(os.fspath(path))[1]
    for name, suffixes in FORMATS.items():
        if suffix.lower() in suffixes:
            return name
    raise ValueError(
        f"Cannot tell the format of {os.fspath(path)!r} from its suffix "
        f"{suffix!r}. Expected one of {', '.join(sum(FORMATS.values(), ()))}."
    )


def format_of_bytes(data):
    """The format of a file's content, or None."""
    for name, signature in _SIGNATURES.items():
        if re.match(signature, data):
            return name
    return None
