"""What the directories of a TIFF file say of its pictures."""

import struct

_SUBFILE, _COMPRESSION, _PHOTOMETRIC = 254, 259, 262
_EXTRA_SAMPLES, _SAMPLE_FORMAT = 338, 339
# The bits of a subfile type that mean a smaller copy and a mask.
_NO_PAGE = 1 | 4
_YCBCR, _JPEG = 6, 7
_COLORS = {
    _YCBCR: "YCbCr",
    8: "CIE L*a*b*",
    9: "ICC L*a*b*",
    10: "ITU L*a*b*",
    32803: "raw data of a camera",
    32844: "LogL",
    32845: "LogLuv",
    34892: "raw data of a camera",
}
_SAMPLES = {
    3: "floating-point numbers",
    5: "complex integers",
    6: "complex numbers",
}


def kind_problem(tags):
    """What the samples of a file are if they are of no kind to be read.

    `tags` are `metadata.tiff_tags`. Returns None if they can be read.
    """
    samples = _SAMPLES.get(_first(tags, _SAMPLE_FORMAT))
    if samples is not None:
        return (
            f"its samples are {samples}, not unsigned integers. Convert it to "
            "16-bit integers"
        )
    photometric = _first(tags, _PHOTOMETRIC)
    colors = _COLORS.get(photometric)
    # libjpeg converts YCbCr to RGB.
    if photometric == _YCBCR and _first(tags, _COMPRESSION) == _JPEG:
        colors = None
    if colors is not None:
        return (
            f"its colors are {colors}, not gray, RGB or CMYK. Convert it to RGB"
        )
    return None


def has_alpha(tags):
    """Whether the sample after the colors, if there is one, is alpha."""
    return _first(tags, _EXTRA_SAMPLES) in (1, 2)


def count_pages(data, directories):
    """The number of pages among the first directories of a file's bytes.

    Smaller copies of a page and masks are not pages.
    """
    order = "<" if data[:2] == b"II" else ">"
    # The formats of a count and an offset, the bytes of a count and a tag.
    count, offset, start, size = "H", "I", 2, 12
    if 43 in data[2:4]:  # BigTIFF
        count, offset, start, size = "Q", "Q", 8, 20

    def number(kind, at):
        return struct.unpack_from(order + kind, data, at)[0]

    # The header has the first offset, behind as many bytes as an offset has.
    width = struct.calcsize(offset)
    pages, pointer = 0, width
    for _ in range(directories):
        at = number(offset, pointer)
        first = at + start
        # Tags are in order, and no tag of pictures comes before this one.
        has_kind = number("H", first) == _SUBFILE
        kind = number("I", first + size - width)
        pages += not (has_kind and kind & _NO_PAGE)
        pointer = first + size * number(count, at)
    return pages


def _first(tags, tag):
    """A tag's number, or the first of several. A missing one is 0."""
    value = tags.get(tag, 0)
    return value[0] if isinstance(value, tuple) else value
