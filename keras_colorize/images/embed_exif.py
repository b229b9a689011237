"""EXIF blocks put into encoded files whose encoder writes none."""

import struct
import zlib

from PIL import Image
from PIL.TiffImagePlugin import ImageFileDirectory_v2

from keras_colorize.images.exif import PREFIX
from keras_colorize.images.exif import SUB_DIRECTORIES


def exif_into_png(data, exif):
    """An encoded PNG with an eXIf chunk put in after its header.

    Args:
        data: bytes. A PNG file without one.
        exif: bytes. The EXIF block.
    """
    body = b"eXIf" + exif.removeprefix(PREFIX)
    chunk = struct.pack(">I", len(body) - 4) + body
    chunk += struct.pack(">I", zlib.crc32(body))
    after_header = 8 + 25  # the signature and the IHDR chunk
    return data[:after_header] + chunk + data[after_header:]


def exif_into_tiff(data, exif):
    """An encoded TIFF with the tags of an EXIF block added to its directory.

    libvips writes no EXIF into a TIFF and Pillow no 16-bit RGB. So the block's
    values are put behind the file, and behind them a new directory that lists
    the file's own entries and the block's.

    Args:
        data: bytes. A TIFF file (not BigTIFF) of one page.
        exif: bytes. The EXIF block. Tags the file has already stay as they
            are in the file.
    """
    order = "<" if data[:2] == b"II" else ">"
    (start,) = struct.unpack_from(f"{order}I", data, 4)
    entries = _entries(data, start, order)

    tags = Image.Exif()
    tags.load(exif)
    added = ImageFileDirectory_v2(prefix=data[:2])
    for tag in tags:
        if tag in SUB_DIRECTORIES:
            added[tag] = tags.get_ifd(tag)
        elif tag not in entries:
            added[tag] = tags[tag]

    data += b"\0" * (len(data) % 2)
    # Serialized for this place: the offsets in its entries are the file's.
    block = added.tobytes(len(data))
    entries |= _entries(block, 0, order)
    data += block + b"\0" * (len(block) % 2)
    head = data[:4] + struct.pack(f"{order}I", len(data))
    directory = struct.pack(f"{order}H", len(entries))
    directory += b"".join(entries[tag] for tag in sorted(entries))
    return head + data[8:] + directory + struct.pack(f"{order}I", 0)


def _entries(data, start, order):
    """The 12-byte entries of the TIFF directory at `start`, by tag."""
    (count,) = struct.unpack_from(f"{order}H", data, start)
    found = {}
    for i in range(count):
        at = start + 2 + 12 * i
        entry = data[at : at + 12]
        found[struct.unpack_from(f"{order}H", entry)[0]] = entry
    return found
