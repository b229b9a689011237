import io
import pathlib
import struct
import subprocess
import sys
import warnings

import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image

from keras_colorize.images import read_photograph

FORMATS = ["PNG", "JPEG", "TIFF", "WEBP", "BMP"]


def _saved(image, format, **options):
    if format == "WEBP":
        options.setdefault("lossless", True)
    if format == "JPEG":
        options.setdefault("quality", 100)
        options.setdefault("subsampling", 0)
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer


def _tiff(samples, **options):
    buffer = io.BytesIO()
    options.setdefault("metadata", None)
    tifffile.imwrite(buffer, samples, **options)
    return buffer


def _run_without_keras(code, folder):
    """What code prints in a process of its own, which must not fail."""
    # The folder alone: the package itself would import Keras.
    package = pathlib.Path(__file__).parents[2] / "keras_colorize"
    code = f"""
import sys, types
package = types.ModuleType("keras_colorize")
package.__path__ = [{str(package)!r}]
sys.modules["keras_colorize"] = package
{code}"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def _scans(passes):
    """An 8 x 8 gray JPEG file of 1 + 63 * passes scans, all of them valid."""

    def segment(kind, body):
        return bytes([0xFF, kind]) + struct.pack(">H", len(body) + 2) + body

    table = bytes([1] + [0] * 15) + b"\0"
    parts = [
        segment(0xDB, b"\0" + bytes([1] * 64)),
        segment(0xC2, struct.pack(">BHHB", 8, 8, 8, 1) + b"\1\x11\0"),
        segment(0xC4, b"\0" + table + b"\x10" + table),
    ]
    approximations = [(0, passes - 1), *((a, a - 1) for a in range(1, passes))]
    bands = [(0, 0, 0)]
    for high, low in approximations:
        bands += [(k, k, 16 * high + low) for k in range(1, 64)]
    for band in bands:
        parts.append(segment(0xDA, bytes([1, 1, 0, *band])) + b"\x7f")
    return b"\xff\xd8" + b"".join(parts) + b"\xff\xd9"


def _tolerance(format):
    return 3 if format == "JPEG" else 0


class TestModes:
    """Each mode in each of the formats that hold it."""

    @pytest.mark.parametrize("format", FORMATS)
    def test_rgb(self, format, smooth):
        photograph = read_photograph(_saved(Image.fromarray(smooth), format))
        assert photograph.format == format
        assert photograph.alpha is None
        assert photograph.pixels.dtype == np.uint8
        np.testing.assert_allclose(
            photograph.pixels.astype(int), smooth, atol=_tolerance(format)
        )

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "BMP"])
    def test_gray(self, format, smooth):
        gray = smooth[..., 0]
        pixels = read_photograph(_saved(Image.fromarray(gray), format)).pixels
        assert pixels.shape == (24, 40, 1)
        np.testing.assert_allclose(
            pixels[..., 0].astype(int), gray, atol=_tolerance(format)
        )
        if format != "JPEG":
            bits = Image.fromarray(gray > 100)
            pixels = read_photograph(_saved(bits, format)).pixels
            np.testing.assert_array_equal(pixels[..., 0], (gray > 100) * 255)

    @pytest.mark.parametrize(
        "format, mode",
        [("PNG", "LA"), ("TIFF", "LA")]
        + [(format, "RGBA") for format in ("PNG", "TIFF", "WEBP")],
    )
    def test_alpha(self, format, mode, smooth):
        samples = np.concatenate([smooth, smooth[::-1, :, :1]], 2)
        samples = np.ascontiguousarray(samples[..., -len(mode) :])
        options = {"exact": True} if format == "WEBP" else {}
        image = Image.fromarray(samples, mode)
        photograph = read_photograph(_saved(image, format, **options))
        np.testing.assert_array_equal(photograph.pixels, samples[..., :-1])
        np.testing.assert_array_equal(photograph.alpha, samples[..., -1:])

    @pytest.mark.parametrize("format", ["PNG", "TIFF", "BMP"])
    def test_palette(self, format):
        image = Image.fromarray(np.array([[0, 1, 2], [2, 1, 0]], np.uint8), "P")
        palette = np.array([[250, 0, 0], [0, 240, 0], [0, 0, 230]], np.uint8)
        image.putpalette(palette.tobytes())
        photograph = read_photograph(_saved(image, format))
        np.testing.assert_array_equal(
            photograph.pixels, palette[[[0, 1, 2], [2, 1, 0]]]
        )
        assert photograph.alpha is None

    @pytest.mark.parametrize("mode", ["P", "L"])
    def test_transparent_color(self, mode):
        image = Image.fromarray(np.array([[5, 6]], np.uint8), mode)
        if mode == "P":
            image.putpalette(bytes(range(21)))
        photograph = read_photograph(_saved(image, "PNG", transparency=6))
        np.testing.assert_array_equal(photograph.alpha[..., 0], [[255, 0]])

    def test_ycbcr_refused_unless_jpeg(self, smooth):
        image = Image.fromarray(smooth).convert("YCbCr")
        with pytest.raises(ValueError, match="YCbCr"):
            read_photograph(_saved(image, "TIFF"))
        file = _tiff(smooth, photometric="ycbcr", compression="jpeg")
        reference = imagecodecs.imread(file.getvalue())
        np.testing.assert_allclose(
            read_photograph(file).pixels.astype(int), reference, atol=4
        )

    @pytest.mark.parametrize("format", ["JPEG", "TIFF"])
    def test_cmyk_without_a_profile(self, format):
        inks = np.empty((16, 16, 4), np.uint8)
        inks[:] = (255, 0, 51, 102)
        photograph = read_photograph(
            _saved(Image.fromarray(inks, "CMYK"), format)
        )
        # (1 - ink)(1 - black)
        expected = [0, 0.6 * 255, 0.8 * 0.6 * 255]
        np.testing.assert_allclose(
            photograph.pixels[3, 3], np.rint(expected), atol=1
        )

    @pytest.mark.parametrize("value", [-1, 65535, 65536])
    def test_thirty_two_bits(self, value):
        samples = np.array([[0, value]], np.int32)
        image = Image.fromarray(samples)
        if value == 65535:
            pixels = read_photograph(_saved(image, "TIFF")).pixels
            assert pixels.dtype == np.uint16
            np.testing.assert_array_equal(pixels[..., 0], samples)
            return
        with pytest.raises(ValueError, match=f"{value}.*outside 0 to 65535"):
            read_photograph(_saved(image, "TIFF"))


class TestSixteenBits:
    """Files that Pillow would reduce to 8 bits or not open at all."""

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    def test_png(self, channels, deep, raw_png):
        samples = deep[..., :channels]
        photograph = read_photograph(io.BytesIO(raw_png.encode(samples)))
        self._check(photograph, samples)

    @pytest.mark.parametrize("channels", [1, 2, 3, 4])
    @pytest.mark.parametrize(
        "options",
        [
            {},
            {"byteorder": ">"},
            {"compression": "lzw", "predictor": True},
            {"bigtiff": True},
            {"tile": (16, 16)},
        ],
    )
    def test_tiff(self, channels, options, deep):
        samples = deep[..., :channels]
        kind = "rgb" if channels > 2 else "minisblack"
        extra = None if channels % 2 else ["unassalpha"]
        flat = samples[..., 0] if channels == 1 else samples
        photograph = read_photograph(
            _tiff(
                np.ascontiguousarray(flat),
                photometric=kind,
                planarconfig=None if channels == 1 else "contig",
                extrasamples=extra,
                **options,
            )
        )
        self._check(photograph, samples)

    def test_tiff_of_other_layouts(self, deep):
        planes = np.ascontiguousarray(deep[..., :3].transpose(2, 0, 1))
        file = _tiff(planes, photometric="rgb", planarconfig="separate")
        self._check(read_photograph(file), deep[..., :3])
        white_at_zero = np.ascontiguousarray(65535 - deep[..., 0])
        file = _tiff(white_at_zero, photometric="miniswhite")
        self._check(read_photograph(file), deep[..., :1])
        file = _tiff(deep, photometric="rgb", extrasamples=["unspecified"])
        self._check(read_photograph(file), deep[..., :3])

    def test_tiff_with_alpha_multiplied_in(self):
        rgba = np.array([[[32768, 16384, 100, 32768], [0, 0, 0, 0]]], np.uint16)
        photograph = read_photograph(
            _tiff(rgba, photometric="rgb", extrasamples=["assocalpha"])
        )
        expected = np.array([65535, 65535 / 2, 200])
        assert (abs(photograph.pixels[0, 0] - expected) <= 1).all()
        np.testing.assert_array_equal(photograph.alpha[0, :, 0], [32768, 0])

    def test_tiff_cmyk_without_a_profile(self, deep):
        photograph = read_photograph(_tiff(deep, photometric="separated"))
        light = 1 - deep / 65535
        expected = np.rint(light[..., :3] * light[..., 3:] * 65535)
        np.testing.assert_array_equal(photograph.pixels, expected)

    def test_neither_keras_nor_early_pyvips(self, tmp_path):
        code = """
import sys
import numpy as np
from keras_colorize.images import Photograph, read_photograph, write_photograph
write_photograph("out.png", Photograph(np.zeros((2, 3, 3), np.uint8)))
assert "pyvips" not in sys.modules
read_photograph("out.png")
for name in ("keras", "tensorflow", "jax", "torch"):
    assert name not in sys.modules, name
"""
        assert _run_without_keras(code, tmp_path) == ""

    def _check(self, photograph, samples):
        colors = 3 if samples.shape[2] > 2 else 1
        assert photograph.pixels.dtype == np.uint16
        np.testing.assert_array_equal(photograph.pixels, samples[..., :colors])
        if samples.shape[2] > colors:
            np.testing.assert_array_equal(
                photograph.alpha, samples[..., colors:]
            )
        else:
            assert photograph.alpha is None


# The EXIF standard's words: on which side of the picture as seen the stored
# first row and the stored first column lie.
ORIENTATIONS = {
    1: ("top", "left"),
    2: ("top", "right"),
    3: ("bottom", "right"),
    4: ("bottom", "left"),
    5: ("left", "top"),
    6: ("right", "top"),
    7: ("right", "bottom"),
    8: ("left", "bottom"),
}


def _stored(seen, orientation):
    """The pixels to store so that a picture is seen as `seen`."""
    first_row, first_column = ORIENTATIONS[orientation]
    height, width = seen.shape[:2]
    across = first_row in ("left", "right")
    rows, columns = (width, height) if across else (height, width)
    out = np.empty((rows, columns, *seen.shape[2:]), seen.dtype)
    for row in range(rows):
        for column in range(columns):
            from_side = {first_row: row, first_column: column}
            y = from_side.get("top", height - 1 - from_side.get("bottom", 0))
            x = from_side.get("left", width - 1 - from_side.get("right", 0))
            out[row, column] = seen[y, x]
    return out


class TestOrientation:
    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    @pytest.mark.parametrize(
        "format, options",
        [
            ("PNG", {}),
            ("JPEG", {}),
            ("TIFF", {}),
            ("TIFF", {"compression": "tiff_lzw"}),
            ("WEBP", {}),
        ],
    )
    def test_eight_bits(self, orientation, format, options, smooth):
        exif = Image.Exif()
        exif[0x0112] = orientation
        exif[0x010E] = "kept"
        stored = Image.fromarray(_stored(smooth, orientation))
        # WebP has no other place for a resolution than EXIF.
        exif[0x011A], exif[0x011B], exif[0x0128] = 100, 200, 2
        if format != "WEBP":
            options = {"dpi": (100, 200), **options}
        photograph = read_photograph(
            _saved(stored, format, exif=exif.tobytes(), **options)
        )
        np.testing.assert_allclose(
            photograph.pixels.astype(int), smooth, atol=_tolerance(format)
        )
        swapped = orientation > 4
        assert photograph.dpi == pytest.approx(
            (200, 100) if swapped else (100, 200), rel=1e-3
        )
        carried = Image.Exif()
        carried.load(photograph.exif)
        assert carried[0x010E] == "kept"
        assert 0x0112 not in carried

    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    def test_sixteen_bit_png(self, orientation, deep, raw_png):
        exif = Image.Exif()
        exif[0x0112] = orientation
        file = raw_png.encode(
            _stored(deep, orientation), [(b"eXIf", exif.tobytes()[6:])]
        )
        photograph = read_photograph(io.BytesIO(file))
        np.testing.assert_array_equal(photograph.pixels, deep[..., :3])
        np.testing.assert_array_equal(photograph.alpha, deep[..., 3:])
        assert photograph.exif is None

    @pytest.mark.parametrize("orientation", ORIENTATIONS)
    def test_sixteen_bit_tiff(self, orientation, deep):
        photograph = read_photograph(
            _tiff(
                _stored(deep, orientation),
                photometric="rgb",
                extrasamples=["unassalpha"],
                resolution=(100, 200),
                resolutionunit=2,
                extratags=[(274, 3, 1, orientation, True)],
            )
        )
        np.testing.assert_array_equal(photograph.pixels, deep[..., :3])
        np.testing.assert_array_equal(photograph.alpha, deep[..., 3:])
        swapped = orientation > 4
        assert photograph.dpi == ((200, 100) if swapped else (100, 200))

    def test_undefined_orientation_means_upright(self, smooth):
        exif = Image.Exif()
        exif[0x0112] = 9
        file = _saved(Image.fromarray(smooth), "PNG", exif=exif.tobytes())
        np.testing.assert_array_equal(read_photograph(file).pixels, smooth)


class TestMetadata:
    @pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
    def test_exif_kept_bit_for_bit(self, format, smooth, exif):
        file = _saved(Image.fromarray(smooth), format, exif=exif)
        assert read_photograph(file).exif == exif

    def test_exif_behind_the_pixels(self, deep, raw_png, exif):
        file = raw_png.encode(deep, late=[(b"eXIf", exif[6:])])
        assert read_photograph(io.BytesIO(file)).exif == exif

    def test_exif_thumbnail_dropped(self, smooth, exif):
        # A second directory, behind the first one's pointer to none.
        tiff = bytearray(exif[6:])
        order = "<" if tiff[:2] == b"II" else ">"
        (start,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, start)
        struct.pack_into(f"{order}I", tiff, start + 2 + 12 * count, len(tiff))
        tiff += struct.pack(f"{order}HHHIII", 1, 0x0201, 4, 1, 999, 0)
        file = _saved(Image.fromarray(smooth), "JPEG", exif=b"Exif\0\0" + tiff)
        carried = Image.Exif()
        carried.load(read_photograph(file).exif)
        assert carried[0x010E] == "a barn"
        assert not carried.get_ifd(1)

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
    def test_malformed_exif_dropped_with_a_warning(self, format, smooth):
        broken = b"Exif\0\0nonsense that is no directory"
        file = _saved(Image.fromarray(smooth), format, exif=broken)
        with pytest.warns(UserWarning, match="EXIF data of"):
            photograph = read_photograph(file)
        assert photograph.exif is None

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
    def test_rgb_profile_kept_bit_for_bit(self, format, smooth, rgb_profile):
        file = _saved(Image.fromarray(smooth), format, icc_profile=rgb_profile)
        photograph = read_photograph(file)
        assert photograph.icc_profile == rgb_profile
        np.testing.assert_allclose(
            photograph.pixels.astype(int), smooth, atol=_tolerance(format)
        )

    def test_gray_with_an_rgb_profile(self, smooth, rgb_profile):
        gray = Image.fromarray(np.ascontiguousarray(smooth[..., 0]))
        photograph = read_photograph(
            _saved(gray, "JPEG", icc_profile=rgb_profile)
        )
        assert photograph.icc_profile == rgb_profile

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_gray_profile_applied(self, dtype, gray_profile):
        white = np.iinfo(dtype).max
        samples = np.linspace(0, white, 64).astype(dtype).reshape(8, 8)
        if dtype == np.uint8:
            image = Image.fromarray(samples)
            file = _saved(image, "PNG", icc_profile=gray_profile)
        else:
            file = _tiff(samples, iccprofile=gray_profile)
        photograph = read_photograph(file)
        assert photograph.icc_profile is None
        assert photograph.pixels.dtype == dtype
        light = (samples / white) ** (461 / 256)
        encoded = np.where(
            light <= 0.0031308,
            12.92 * light,
            1.055 * light ** (1 / 2.4) - 0.055,
        )
        np.testing.assert_allclose(
            photograph.pixels[..., 0] / white, encoded, atol=2 / 255
        )

    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_cmyk_profile_applied(self, dtype):
        import pyvips

        profile = pyvips.Image.profile_load("cmyk")
        inks = np.zeros((4, 4, 4), dtype)
        inks[..., 0] = np.iinfo(dtype).max
        file = _tiff(inks, photometric="separated", iccprofile=bytes(profile))
        photograph = read_photograph(file)
        assert photograph.icc_profile is None
        assert photograph.pixels.dtype == dtype
        # Printed cyan is no (0, 1, 1).
        red, green, blue = photograph.pixels[0, 0] / np.iinfo(dtype).max
        assert red < 0.2 and 0.5 < green < 0.75 and 0.75 < blue < 0.97

    @pytest.mark.parametrize("format", ["JPEG", "TIFF"])
    @pytest.mark.parametrize("kind", ["malformed", "damaged", "RGB"])
    def test_unfit_cmyk_profile_dropped_with_a_warning(
        self, kind, format, rgb_profile
    ):
        import pyvips

        profile = {"malformed": b"no profile", "RGB": rgb_profile}.get(kind)
        if kind == "damaged":
            profile = bytearray(bytes(pyvips.Image.profile_load("cmyk")))
            # The table of the relative intent becomes another tag's text.
            text, table = (
                profile.index(tag, 128) for tag in (b"cprt", b"A2B1")
            )
            profile[table + 4 : table + 12] = profile[text + 4 : text + 12]
        inks = np.empty((16, 16, 4), np.uint8)
        inks[:] = (255, 0, 51, 102)
        image = Image.fromarray(inks, "CMYK")
        file = _saved(image, format, icc_profile=bytes(profile))
        with pytest.warns(UserWarning, match="profile of .* is ignored"):
            photograph = read_photograph(file)
        np.testing.assert_array_equal(
            photograph.pixels, read_photograph(_saved(image, format)).pixels
        )

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF"])
    @pytest.mark.parametrize("kind", ["malformed", "gray", "damaged"])
    def test_unfit_profile_dropped_with_a_warning(
        self, kind, format, smooth, gray_profile
    ):
        image = Image.fromarray(smooth)
        profile = {"malformed": b"no profile"}.get(kind, gray_profile)
        if kind == "damaged":
            # It describes gray pixels, but by no curve.
            image = Image.fromarray(np.ascontiguousarray(smooth[..., 0]))
            profile = gray_profile.replace(b"kTRC", b"none")
        file = _saved(image, format, icc_profile=profile)
        with pytest.warns(UserWarning, match="profile of .* is ignored"):
            photograph = read_photograph(file)
        assert photograph.icc_profile is None
        np.testing.assert_array_equal(
            photograph.pixels,
            read_photograph(_saved(image, format)).pixels,
        )

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
    def test_nothing_made_up(self, format, smooth):
        photograph = read_photograph(_saved(Image.fromarray(smooth), format))
        assert photograph.icc_profile is None
        assert photograph.exif is None
        assert photograph.dpi is None

    def test_jpeg_resolution_only_where_it_is_said(self, smooth, exif):
        image = Image.fromarray(smooth)
        assert read_photograph(_saved(image, "JPEG", exif=exif)).dpi is None
        block = Image.Exif()
        block[0x011A], block[0x011B], block[0x0128] = 40, 20, 3
        file = _saved(image, "JPEG", exif=block.tobytes())
        dpi = read_photograph(file).dpi
        assert dpi == pytest.approx((40 * 2.54, 20 * 2.54))


def _every_file(smooth, deep, raw_png):
    image = Image.fromarray(smooth)
    for format in FORMATS:
        yield format, _saved(image, format).getvalue()
    packed = _saved(image, "TIFF", compression="tiff_lzw")
    yield "packed TIFF", packed.getvalue()
    yield "16-bit PNG", raw_png.encode(deep)
    yield "16-bit TIFF", _tiff(deep, photometric="rgb").getvalue()
    packed = _tiff(deep, photometric="rgb", compression="lzw")
    yield "packed 16-bit TIFF", packed.getvalue()


class TestReadPhotograph:
    def test_source_may_be_a_path_or_a_file(self, tmp_path, smooth):
        path = tmp_path / "photo.of.unknown.suffix"
        path.write_bytes(_saved(Image.fromarray(smooth), "PNG").getvalue())
        for source in (path, str(path)):
            np.testing.assert_array_equal(
                read_photograph(source).pixels, smooth
            )
        with open(path, "rb") as file:
            file.seek(5)
            np.testing.assert_array_equal(read_photograph(file).pixels, smooth)
            assert not file.closed

    def test_file_may_be_a_pipe(self, smooth):
        class Pipe(io.BytesIO):
            def seekable(self):
                return False

            def seek(self, *_):
                raise io.UnsupportedOperation

        pipe = Pipe(_saved(Image.fromarray(smooth), "PNG").getvalue())
        np.testing.assert_array_equal(read_photograph(pipe).pixels, smooth)

    def test_cap_is_of_the_header(self, tmp_path, deep, raw_png):
        path = tmp_path / "bomb.png"
        path.write_bytes(raw_png.encode(deep, header_size=(50_000, 20_000)))
        with pytest.raises(ValueError, match="bomb.png.*1000000000 pixels"):
            read_photograph(path)

    @pytest.mark.parametrize("format", FORMATS)
    def test_cap_can_be_set(self, format, smooth):
        file = _saved(Image.fromarray(smooth), format)
        read_photograph(file, max_pixels=24 * 40)
        read_photograph(file, max_pixels=None)
        with pytest.raises(ValueError, match="max_pixels = 959"):
            read_photograph(file, max_pixels=959)

    @pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
    def test_cap_may_lie_above_pillows(self, format, monkeypatch, smooth):
        file = _saved(Image.fromarray(smooth), format)
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            read_photograph(file, max_pixels=None)

    def test_truncated_files_refused(self, tmp_path, smooth, deep, raw_png):
        for kind, data in _every_file(smooth, deep, raw_png):
            path = tmp_path / "photo"
            path.write_bytes(data)
            whole = read_photograph(path)
            lengths = {len(data) * n // 16 for n in range(1, 16)}
            for length in sorted(lengths | {len(data) - 20}):
                path.write_bytes(data[:length])
                try:
                    with warnings.catch_warnings():
                        warnings.simplefilter("ignore")
                        read = read_photograph(path)
                except ValueError as error:
                    assert "photo'" in str(error)
                    continue
                # Harmless only where what is cut off holds no pixels.
                np.testing.assert_array_equal(read.pixels, whole.pixels)
                end = len(data) - 12
                assert "TIFF" in kind or ("PNG" in kind and length >= end)

    @pytest.mark.parametrize("bits", [8, 16])
    def test_flipped_bit_in_a_png_refused(self, bits, smooth, deep, raw_png):
        data = raw_png.encode(deep)
        if bits == 8:
            data = _saved(Image.fromarray(smooth), "PNG").getvalue()
        data = bytearray(data)
        data[len(data) // 2] ^= 0x10
        with pytest.raises(ValueError, match="cannot be read as PNG"):
            read_photograph(io.BytesIO(data))

    def test_missing_rows(self, smooth, raw_png, deep):
        data = _saved(Image.fromarray(smooth), "JPEG").getvalue()
        cut = io.BytesIO(data[: len(data) * 2 // 3] + data[-2:])
        with pytest.warns(UserWarning, match="part of the picture may be"):
            pixels = read_photograph(cut).pixels
        whole = read_photograph(io.BytesIO(data)).pixels
        np.testing.assert_array_equal(pixels[:8], whole[:8])
        # The header announces a row more than there is.
        for samples in (deep, smooth[:6, :9], smooth[:6, :9, 0]):
            tall = raw_png.encode(samples, header_size=(9, 7))
            with pytest.raises(ValueError, match="cannot be read as PNG"):
                read_photograph(io.BytesIO(tall))

    def test_errors_are_of_this_file_alone(self, smooth):
        data = _saved(Image.fromarray(smooth), "JPEG").getvalue()
        cut = io.BytesIO(data[: len(data) * 2 // 3] + data[-2:])
        with pytest.warns(UserWarning, match="part of the picture may be"):
            read_photograph(cut)
        data = _saved(Image.fromarray(smooth), "WEBP").getvalue()
        with pytest.raises(ValueError, match="as WEBP") as caught:
            read_photograph(io.BytesIO(data[:-30]))
        assert "JPEG" not in str(caught.value).upper()

    def test_many_scans_refused(self):
        pixels = read_photograph(io.BytesIO(_scans(1))).pixels
        np.testing.assert_array_equal(pixels, np.full((8, 8, 1), 128))
        with pytest.raises(ValueError, match="127 scans, more than 100"):
            read_photograph(io.BytesIO(_scans(2)))

    @pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
    @pytest.mark.parametrize(
        "name, mode, size",
        [
            ("cmyk.tif", "CMYK", (3000, 2000)),
            ("cmyk16.tif", "CMYK", (3000, 2000)),
            ("rgb.jpg", "RGB", (3000, 2000)),
            ("rgb.bmp", "RGB", (3000, 2000)),
            ("rgb.gif", "P", (3000, 2000)),
            ("rgb.jp2", "RGB", (3000, 2000)),
            ("rgb.heic", "RGB", (3000, 2000)),
            ("rgb.webp", "RGB", (3000, 2000)),
            # A tiny file.
            pytest.param(
                *("tiny.webp", "RGB", (13_000, 13_000)), marks=pytest.mark.slow
            ),
        ],
    )
    def test_memory_a_pixel(self, name, mode, size, tmp_path):
        # The decoded picture has 3 bytes a pixel or more; 24 more are allowed.
        pillow_heif.register_heif_opener()
        small, large = tmp_path / f"small.{name}", tmp_path / name
        for path, shape in ((small, (64, 64)), (large, size)):
            if name == "cmyk16.tif":
                samples = np.zeros((*shape, 4), np.uint16)
                tifffile.imwrite(path, samples, photometric="separated")
            else:
                Image.new(mode, shape).save(path)
        code = f"""
import re
from keras_colorize.images import read_photograph
def peak():
    status = open("/proc/self/status").read()
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", status)[1])
read_photograph({str(small)!r})
before = peak()
read_photograph({str(large)!r})
print((peak() - before) / {size[0] * size[1]})
"""
        assert 2 < float(_run_without_keras(code, tmp_path)) < 27

    @pytest.mark.parametrize("data", [b"", b"words", b"GIF88a" + bytes(99)])
    def test_other_files_refused(self, tmp_path, data):
        path = tmp_path / "notes.jpg"
        path.write_bytes(data)
        with pytest.raises(ValueError, match="notes.jpg.*PNG, JPEG, TIFF"):
            read_photograph(path)

    def test_what_is_no_file_refused(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="absent.png"):
            read_photograph(tmp_path / "absent.png")
        with pytest.raises(IsADirectoryError, match=str(tmp_path)):
            read_photograph(tmp_path)
        with pytest.raises(TypeError, match="ndarray"):
            read_photograph(np.zeros((2, 3, 3), np.uint8))
        with pytest.raises(TypeError, match="bytes"):
            read_photograph(io.StringIO("words"))
