"""The file formats of photographs: names, suffixes, signatures."""

import os

# The suffixes of each format. The names are Pillow's.
FORMATS = {
    "PNG": (".png",),
    "JPEG": (".jpg", ".jpeg"),
    "TIFF": (".tif", ".tiff"),
    "WEBP": (".webp",),
    "BMP": (".bmp",),
}

SUFFIXES = tuple(s for suffixes in FORMATS.values() for s in suffixes)

ALPHA_FORMATS = ("PNG", "TIFF", "WEBP")
DEEP_FORMATS = ("PNG", "TIFF")

# The longest side that the headers of these formats can hold.
LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383}

_SIGNATURES = {
    "PNG": (b"\x89PNG\r\n\x1a\n",),
    "JPEG": (b"\xff\xd8\xff",),
    "TIFF": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
    "BMP": (b"BM",),
}


def format_of(path):
    """The format that a path's suffix stands for: a key of `FORMATS`.

    Raises:
        ValueError: The suffix is not one of `SUFFIXES`.
    """
    suffix = os.path.splitext(os.fspath(path))[1]
    for name, suffixes in FORMATS.items():
        if suffix.lower() in suffixes:
            return name
    raise ValueError(
        f"Cannot tell the format of {os.fspath(path)!r} from its suffix "
        f"{suffix!r}. Expected one of {', '.join(SUFFIXES)}."
    )


def sniff(header):
    """The format that the first 12 bytes of a file announce, or None."""
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return "WEBP"
    for name, signatures in _SIGNATURES.items():
        if header.startswith(signatures):
            return name
    return None
