"""Texts and XMP packets in files, from and to other programs."""

import io
import re
import tracemalloc
import zlib

import numpy as np
import pytest
import tifffile
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from PIL.PngImagePlugin import iTXt

from keras_colorize.images import Photograph
from keras_colorize.images import photograph_from_pil
from keras_colorize.images import read_photograph
from keras_colorize.images import write_photograph

HOSTILE = b'<!DOCTYPE x [<!ENTITY e "ha">]><x>&e;</x>'


def saved(samples, format, xmp=None, **options):
    """An open file with a packet, by Pillow or tifffile."""
    file = io.BytesIO()
    if format == "TIFF":
        tags = [(700, "B", len(xmp), xmp, True)] if xmp else []
        tifffile.imwrite(file, samples, extratags=tags, metadata=None)
    else:
        if format == "PNG" and xmp:
            options["pnginfo"] = PngInfo()
            options["pnginfo"].add_itxt("XML:com.adobe.xmp", xmp)
        elif xmp:
            options["xmp"] = xmp
        Image.fromarray(samples).save(file, format, **options)
    file.seek(0)
    return file


def segment(kind, content):
    return bytes([0xFF, kind]) + (len(content) + 2).to_bytes(2) + content


class TestXMP:
    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
    def test_read_bit_for_bit(self, format, smooth, xmp):
        assert read_photograph(saved(smooth, format, xmp)).xmp == xmp
        assert read_photograph(saved(smooth, format)).xmp is None
        with Image.open(saved(smooth, format, xmp)) as image:
            assert photograph_from_pil(image).xmp == xmp

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
    def test_written_bit_for_bit(self, suffix, dtype, tmp_path, smooth, xmp):
        path = tmp_path / f"photo{suffix}"
        write_photograph(path, Photograph(smooth.astype(dtype), xmp=xmp))
        if suffix == ".tif":
            with tifffile.TiffFile(path) as file:
                assert bytes(file.pages[0].tags[700].value) == xmp
        else:
            with Image.open(path) as image:
                assert image.info["xmp"] == xmp

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
    def test_hostile_left_out_with_a_warning(self, format, smooth):
        file = saved(smooth, format, HOSTILE)
        with pytest.warns(UserWarning, match="XMP data of .* document type"):
            assert read_photograph(file).xmp is None

    def test_extended_packet_of_jpeg(self, smooth, xmp):
        """The second segment is a part of a longer packet."""
        note = b'xmlns:n="http://ns.adobe.com/xmp/note/" n:HasExtendedXMP="A"'
        main = xmp.replace(b"rdf:about=", note + b" rdf:about=")
        data = saved(smooth, "JPEG").read()
        segments = [
            segment(0xE1, b"http://ns.adobe.com/xap/1.0/\0" + main),
            segment(0xE1, b"http://ns.adobe.com/xmp/extension/\0" + b"A" * 50),
        ]
        file = io.BytesIO(b"".join([data[:2], *segments, data[2:]]))
        with pytest.warns(UserWarning, match="the extended XMP"):
            read = read_photograph(file).xmp
        assert b"HasExtendedXMP" not in read and b"a barn" in read

    def test_too_long_for_jpeg(self, tmp_path, smooth, xmp):
        long = xmp + b" " * 66_000
        photograph = Photograph(smooth, xmp=long)
        with pytest.warns(UserWarning, match="XMP data is left out: it has"):
            write_photograph(tmp_path / "a.jpg", photograph)
        assert read_photograph(tmp_path / "a.jpg").xmp is None
        write_photograph(tmp_path / "a.png", photograph)
        assert read_photograph(tmp_path / "a.png").xmp == long

    def test_orientation_of_the_file(self, smooth):
        """The upright photograph has none, in EXIF and in XMP."""
        exif = Image.Exif()
        exif[0x0112] = 6
        packet = (
            b'<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
            b'<rdf:Description xmlns:t="http://ns.adobe.com/tiff/1.0/" '
            b't:Orientation="6" t:ImageWidth="40" t:ImageLength="24"/>'
            b"</rdf:RDF>"
        )
        file = saved(smooth, "PNG", packet, exif=exif.tobytes())
        read = read_photograph(file)
        assert read.pixels.shape == (40, 24, 3)
        assert b"Orientation" not in read.xmp
        assert b't:ImageWidth="24"' in read.xmp
        assert b't:ImageLength="40"' in read.xmp


class TestText:
    texts = {"Comment": "hé", "Author": "Źdźbło", "Empty": ""}

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_png(self, dtype, tmp_path, smooth):
        photograph = Photograph(smooth.astype(dtype), text=self.texts)
        write_photograph(tmp_path / "a.png", photograph)
        with Image.open(tmp_path / "a.png") as image:
            assert image.text == self.texts
        assert read_photograph(tmp_path / "a.png").text == self.texts

    def test_kinds_and_places_in_a_png(self, deep, raw_png, xmp):
        chunks = [
            (b"tEXt", b"Title\0b\xe4rn"),
            (b"zTXt", b"Title\0\0" + zlib.compress(b"second")),
            (b"tEXt", b"Raw profile type exif\0old"),
        ]
        late = [
            (b"iTXt", b"Note\0\0\0hu\0Jegyzet\0" + "ő".encode()),
            (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0" + xmp),
        ]
        file = io.BytesIO(raw_png.encode(deep, chunks, late))
        read = read_photograph(file)
        assert read.text == {"Title": "bärn\nsecond", "Note": "ő"}
        assert read.xmp == xmp
        assert read.text["Note"].lang == "hu"

    def test_compressed_without_end(self, deep, raw_png):
        bomb = b"a\0\0" + zlib.compress(bytes(300_000_000), 9)
        file = io.BytesIO(raw_png.encode(deep, [(b"zTXt", bomb)]))
        tracemalloc.start()
        try:
            with pytest.warns(UserWarning, match="text of .* left out"):
                assert read_photograph(file).text == {}
            assert tracemalloc.get_traced_memory()[1] < 50e6
        finally:
            tracemalloc.stop()

    @pytest.mark.parametrize("encoding", ["utf-8", "latin-1"])
    def test_comments_of_a_jpeg(self, encoding, smooth):
        data = saved(smooth, "JPEG").read()
        comments = [segment(0xFE, x.encode(encoding)) for x in ("hé", "two\0")]
        file = io.BytesIO(b"".join([data[:2], *comments, data[2:]]))
        assert read_photograph(file).text == {"Comment": "hé\ntwo"}

    def test_comment_of_a_gif(self, smooth):
        file = saved(smooth[..., 0], "GIF", comment=b"hello")
        assert read_photograph(file).text == {"Comment": "hello"}

    def test_comment_to_a_jpeg(self, tmp_path, smooth):
        path = tmp_path / "a.jpg"
        with pytest.warns(UserWarning, match="no 'Author', 'Empty'"):
            write_photograph(path, Photograph(smooth, text=self.texts))
        with Image.open(path) as image:
            assert image.info["comment"].decode() == "hé"

    def test_comment_too_long_for_a_jpeg(self, tmp_path, smooth):
        photograph = Photograph(smooth, text={"Comment": "a" * 70_000})
        with pytest.warns(UserWarning, match="text is left out: it has 70000"):
            write_photograph(tmp_path / "a.jpg", photograph)
        assert read_photograph(tmp_path / "a.jpg").text == {}

    @pytest.mark.parametrize(
        "suffix, lost",
        [
            (".tif", ["text"]),
            (".webp", ["text"]),
            (".bmp", ["color profile", "EXIF data", "XMP data", "text"]),
        ],
    )
    def test_what_formats_cannot_hold(
        self, suffix, lost, tmp_path, smooth, rgb_profile, exif, xmp
    ):
        photograph = Photograph(
            *(smooth, None, rgb_profile, exif, (300, 300)),
            xmp=xmp,
            text=self.texts,
        )
        with pytest.warns(UserWarning) as caught:
            write_photograph(tmp_path / f"a{suffix}", photograph)
        texts = [str(warning.message) for warning in caught]
        assert [
            re.match("The photograph's (.*) is left out", text)[1]
            for text in texts
        ] == lost


class TestOthers:
    @pytest.mark.parametrize("dates", [True, False])
    def test_resolution_of_a_webp(self, dates, tmp_path, smooth):
        """It is in the EXIF data, which has no place of its own for it."""
        block = Image.Exif()
        if dates:
            block.get_ifd(0x8769)[0x9003] = "1926:05:01 12:00:00"
        exif = block.tobytes() if dates else None
        path = tmp_path / "a.webp"
        write_photograph(path, Photograph(smooth, exif=exif, dpi=(300, 150)))
        assert read_photograph(path).dpi == (300, 150)
        with Image.open(path) as image:
            inner = image.getexif().get_ifd(0x8769)
        assert inner.get(0x9003) == ("1926:05:01 12:00:00" if dates else None)

    def test_resolution_of_a_microscope(self, tmp_path, smooth):
        """Small numbers would have come out of the 16 bits of JPEG."""
        photograph = Photograph(smooth, dpi=(400_000, 400_000))
        write_photograph(tmp_path / "a.png", photograph)
        dpi = read_photograph(tmp_path / "a.png").dpi
        assert dpi == pytest.approx((400_000, 400_000))
        with pytest.warns(UserWarning, match="resolution is left out: JPEG"):
            write_photograph(tmp_path / "a.jpg", photograph)
        assert read_photograph(tmp_path / "a.jpg").dpi is None

    def test_resolution_that_png_cannot_hold(self, smooth):
        exif = Image.Exif()
        exif[0x011A] = exif[0x011B] = 4e9
        file = saved(smooth, "WEBP", exif=exif.tobytes())
        assert read_photograph(file).dpi is None

    @pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
    def test_dates(self, suffix, tmp_path, smooth):
        block = Image.Exif()
        block[0x0132] = "2020:01:01 00:00:00"
        block.get_ifd(0x8769)[0x9003] = "1926:05:01 12:00:00"
        path = tmp_path / f"a{suffix}"
        write_photograph(path, Photograph(smooth, exif=block.tobytes()))
        with Image.open(path) as image:
            tags = image.getexif()
            assert tags[0x0132] == "2020:01:01 00:00:00"
            assert tags.get_ifd(0x8769)[0x9003] == "1926:05:01 12:00:00"

    def test_iptc_iim_left_out_with_a_warning(self, smooth):
        record = b"\x1c\x02\x78\0\3abc"
        block = b"Photoshop 3.0\08BIM\4\4\0\0\0\0\0\x08" + record
        data = saved(smooth, "JPEG").read()
        file = io.BytesIO(data[:2] + segment(0xED, block) + data[2:])
        with pytest.warns(UserWarning, match="IPTC-IIM data of"):
            read_photograph(file)


def test_language_of_a_text(tmp_path, smooth):
    text = {"Title": iTXt("pajta", "hu", "Cím")}
    write_photograph(tmp_path / "a.png", Photograph(smooth, text=text))
    again = read_photograph(tmp_path / "a.png").text["Title"]
    assert (again, again.lang, again.tkey) == ("pajta", "hu", "Cím")
