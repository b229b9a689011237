"""The file formats photographs come in: their names, suffixes, signatures."""

import os

# Format name, as Pillow spells it: the suffixes it is written under.
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

# The longest side each format can say in its header, where that is short.
LONGEST_SIDE = {"JPEG": 65500, "WEBP": 16383}

_TIFF_SIGNATURES = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")


def format_of(path):
    """The format a path's suffix stands for.

    Args:
        path: str or PathLike. Only its suffix is looked at.

    Returns:
        A key of `FORMATS`, such as `"PNG"`.

    Raises:
        ValueError: The suffix is not one of those photographs are written
            under.
    """
    suffix = os.path.splitext(os.fspath(path))[1]
    for name, suffixes in FORMATS.items():
        if suffix.lower() in suffixes:
            return name
    raise ValueError(
        f"Cannot tell the format of {os.fspath(path)!r} from its suffix "
        f"{suffix!r}. Expected one of {', '.join(SUFFIXES)}. Rename the file "
        "to end in one of these."
    )


def sniff(header):
    """The format a file's first bytes announce, or None.

    Args:
        header: bytes. At least the first 12 bytes of the file.
    """
    if header.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if header.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if header.startswith(_TIFF_SIGNATURES):
        return "TIFF"
    if header[:4] == b"RIFF" and header[8:12] == b"WEBP":
        return "WEBP"
    if header.startswith(b"BM"):
        return "BMP"
    return None
