import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image
from PIL import ImageCms
from PIL.TiffImagePlugin import IFDRational


class RawPNG:
    """16-bit PNG files by imagecodecs, with chunks put in by hand."""

    @staticmethod
    def encode(samples, chunks=(), late=(), header_size=None):
        data = imagecodecs.png_encode(np.ascontiguousarray(samples).squeeze())
        header = data[16:29]
        if header_size:
            header = struct.pack(">II", *header_size) + header[8:]
        return b"".join(
            [
                data[:8] + _chunk(b"IHDR", header),
                *(_chunk(*chunk) for chunk in chunks),
                data[33:-12],
                *(_chunk(*chunk) for chunk in late),
                data[-12:],
            ]
        )


def _chunk(kind, body):
    crc = struct.pack(">I", zlib.crc32(kind + body))
    return struct.pack(">I", len(body)) + kind + body + crc


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
def xmp():
    """An XMP packet with a title, a history and a property of a stranger."""
    return b"""\
<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?>
<x:xmpmeta xmlns:x="adobe:ns:meta/">
 <rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">
  <rdf:Description rdf:about="uuid:7" xmlns:photoshop="http://ns.adobe.com/\
photoshop/1.0/" photoshop:City="Ny\xc3\xadregyh\xc3\xa1za"
    xmlns:own="urn:museum" own:shelf="A &lt; 3">
   <!-- kept -->
   <dc:title xmlns:dc="http://purl.org/dc/elements/1.1/">
    <rdf:Alt><rdf:li xml:lang="x-default">a barn</rdf:li></rdf:Alt>
   </dc:title>
   <xmpMM:History xmlns:xmpMM="http://ns.adobe.com/xap/1.0/mm/">
    <rdf:Seq><rdf:li xmlns:e="http://ns.adobe.com/xap/1.0/sType/\
ResourceEvent#" e:action="scanned"/></rdf:Seq>
   </xmpMM:History>
  </rdf:Description>
 </rdf:RDF>
</x:xmpmeta>
<?xpacket end="w"?>"""


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
