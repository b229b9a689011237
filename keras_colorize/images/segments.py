"""The chunks of PNG files and the segments of JPEG files."""

import collections
import io
import re

from PIL import PngImagePlugin

# The keyword of a PNG text that a JPEG comment can hold.
COMMENT = "Comment"
XMP_KEYWORD = "XML:com.adobe.xmp"

# The markers that begin a segment, and the end of the picture.
_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd9-\xfe]")
_END, _SCAN, _TABLES, _APP1, _COMMENT = 0xD9, 0xDA, 0xDB, 0xE1, 0xFE
_XMP = b"http://ns.adobe.com/xap/1.0/\0"

# ImageMagick's copies of other metadata: valid for the old file only.
_RAW_PROFILE = "Raw profile type "


def jpeg_metadata(data):
    """What the segments of a JPEG file say.

    libvips knows no comments, and takes a wrong segment for the XMP packet if
    there are several.

    Returns:
        Tuple of the XMP packet or None, the comment, and the number of scans.
    """
    xmp, comment, scans, at = None, bytearray(), 0, 2
    while marker := _MARKER.search(data, at):
        kind, at = marker[0][1], marker.end()
        if kind == _END:
            break
        length = int.from_bytes(data[at : at + 2])
        content = data[at + 2 : at + length]
        if kind == _SCAN:
            scans += 1
        elif kind == _COMMENT:
            comment += b"\n" * bool(comment) + content
        elif kind == _APP1 and content.startswith(_XMP) and xmp is None:
            xmp = content.removeprefix(_XMP)
        at += length
    return xmp, bytes(comment), scans


def jpeg_head(data):
    """The segments of Pillow's JPEG file before its tables: the metadata."""
    at = 2
    while data[at + 1] != _TABLES:
        at += 2 + int.from_bytes(data[at + 2 : at + 4])
    return data[:at]


def comment_text(comment):
    """A comment, bytes or None, as the text of a `Photograph`."""
    comment = (comment or b"").strip(b"\0")
    try:
        text = comment.decode()
    except UnicodeDecodeError:
        text = comment.decode("latin-1")
    return {COMMENT: text} if text else {}


def png_chunks(data):
    """The chunks of a PNG file: pairs of a name and a view of the content."""
    data, at = memoryview(data), 8
    while at + 8 <= len(data):
        length = int.from_bytes(data[at : at + 4])
        yield bytes(data[at + 4 : at + 8]), data[at + 8 : at + 8 + length]
        at += 12 + length


def png_text(data):
    """The texts of a PNG file, with its XMP packet, by their keywords.

    Texts of one keyword are joined by line breaks.

    Raises:
        ValueError: A text is damaged, or all texts together take more memory
            than Pillow allows.
    """
    stream = PngImagePlugin.PngStream(io.BytesIO())
    texts = collections.defaultdict(list)
    for name, content in png_chunks(data):
        if name in (b"tEXt", b"zTXt", b"iTXt"):
            stream.fp = io.BytesIO(content)
            stream.call(name, 0, len(content))
            for keyword, text in stream.im_text.items():
                texts[keyword].append(text)
            stream.im_text.clear()
    # A text alone keeps its language.
    return {
        keyword: values[0] if len(values) == 1 else "\n".join(values)
        for keyword, values in texts.items()
    }


def own_text(texts):
    """Splits the texts of a PNG file: a `Photograph`'s, and the XMP packet."""
    xmp = texts.get(XMP_KEYWORD)
    own = {
        keyword: text
        for keyword, text in texts.items()
        if keyword != XMP_KEYWORD and not keyword.startswith(_RAW_PROFILE)
    }
    return own, xmp and xmp.encode()


def png_text_chunks(text, xmp):
    """The chunks of a `Photograph`'s text and XMP packet."""
    info = PngImagePlugin.PngInfo()
    for keyword, value in text.items():
        info.add_text(keyword, value)
    if xmp:
        info.add_itxt(XMP_KEYWORD, xmp)
    return [(name, content) for name, content, _ in info.chunks]
