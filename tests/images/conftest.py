import struct
import zlib

import numpy as np
import pytest
from PIL import Image
from PIL import ImageCms
from PIL.TiffImagePlugin import IFDRational


def _png_chunk(kind, body):
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc


class RawPNG:
    """16-bit PNG files put together and taken apart by hand."""

    COLOR_TYPE = {1: 0, 3: 2, 2: 4, 4: 6}

    @classmethod
    def encode(cls, samples, chunks=(), header_size=None, late=()):
        height, width, channels = samples.shape
        width_said, height_said = header_size or (width, height)
        rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in samples)
        header = struct.pack(
            ">IIBBBBB",
            *(width_said, height_said, 16),
            *(cls.COLOR_TYPE[channels], 0, 0, 0),
        )
        return b"".join(
            [
                b"\x89PNG\r\n\x1a\n",
                _png_chunk(b"IHDR", header),
                *(_png_chunk(kind, body) for kind, body in chunks),
                _png_chunk(b"IDAT", zlib.compress(rows)),
                *(_png_chunk(kind, body) for kind, body in late),
                _png_chunk(b"IEND", b""),
            ]
        )

    @classmethod
    def chunks(cls, data):
        found, at = {}, 8
        while at < len(data):
            (length,) = struct.unpack_from(">I", data, at)
            kind = data[at + 4 : at + 8]
            body = data[at + 8 : at + 8 + length]
            (crc,) = struct.unpack_from(">I", data, at + 8 + length)
            assert crc == zlib.crc32(kind + body)
            found[kind] = found.get(kind, b"") + body
            at += 12 + length
        return found

    @classmethod
    def decode(cls, data):
        """The samples, the five row filters of the PNG standard undone."""
        chunks = cls.chunks(data)
        width, height, bits, kind = struct.unpack(">IIBB", chunks[b"IHDR"][:10])
        assert bits == 16
        channels = {v: k for k, v in cls.COLOR_TYPE.items()}[kind]
        step, stride = 2 * channels, 2 * channels * width
        raw = zlib.decompress(chunks[b"IDAT"])
        above, out = bytes(stride), b""
        for y in range(height):
            at = y * (stride + 1)
            row = bytearray(raw[at + 1 : at + 1 + stride])
            for i in range(stride):
                a = row[i - step] if i >= step else 0
                b = above[i]
                c = above[i - step] if i >= step else 0
                guess = a + b - c
                paeth = min((a, b, c), key=lambda v: abs(guess - v))
                row[i] = (
                    row[i] + (0, a, b, (a + b) // 2, paeth)[raw[at]]
                ) % 256
            above = bytes(row)
            out += above
        return np.frombuffer(out, ">u2").reshape(height, width, channels)


@pytest.fixture
def raw_png():
    return RawPNG


@pytest.fixture
def rgb_profile():
    return ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()


@pytest.fixture
def gray_profile():
    """A gray ICC profile of gamma 1.8 (461 / 256)."""
    xyz = struct.pack(">4s4xiii", b"XYZ ", 63190, 65536, 54061)
    tags = [
        (b"wtpt", xyz),
        (b"kTRC", struct.pack(">4s4xIH", b"curv", 1, 461)),
        (b"cprt", b"text\0\0\0\0none"),
        (b"desc", b"desc" + struct.pack(">4xI", 5) + b"gray\0" + bytes(78)),
    ]
    table, body = struct.pack(">I", len(tags)), b""
    start = 128 + 4 + 12 * len(tags)
    for name, data in tags:
        table += struct.pack(">4sII", name, start + len(body), len(data))
        body += data + b"\0" * (-len(data) % 4)
    header = struct.pack(
        ">I4sI4s4s4s12x4s28x",
        start + len(body),
        *(b"none", 0x02100000, b"mntr", b"GRAY", b"XYZ ", b"acsp"),
    )
    header += struct.pack(">iii", 63190, 65536, 54061) + bytes(48)
    return header + table + body


@pytest.fixture
def exif():
    """An EXIF block with a description, an exposure time and a GPS tag."""
    block = Image.Exif()
    block[0x010E] = "a barn"
    block.get_ifd(0x8769)[0x829A] = IFDRational(1, 50)
    block.get_ifd(0x8769)[0x927C] = b"maker's own"
    block.get_ifd(0x8825)[1] = "N"
    return block.tobytes()


@pytest.fixture
def check_exif():
    """Checks that an image's EXIF says what the block of `exif` says."""

    def check(image):
        tags = image.getexif()
        assert tags[0x010E] == "a barn"
        assert 0x0112 not in tags or tags[0x0112] == 1
        assert float(tags.get_ifd(0x8769)[0x829A]) == pytest.approx(1 / 50)
        assert tags.get_ifd(0x8769)[0x927C] == b"maker's own"
        assert tags.get_ifd(0x8825)[1] == "N"

    return check


@pytest.fixture
def smooth():
    """A uint8 RGB picture that JPEG changes little, (24, 40, 3)."""
    y, x = np.mgrid[:24, :40]
    return np.stack([60 + 3 * x, 40 + 5 * y, 200 - 2 * x - y], 2).astype(
        np.uint8
    )


@pytest.fixture
def deep():
    """uint16 samples that 8 bits would change, (6, 9, 4)."""
    rng = np.random.default_rng(0)
    return rng.integers(0, 65536, (6, 9, 4), dtype=np.uint16)
