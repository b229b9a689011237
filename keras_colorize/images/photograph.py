"""A photograph in memory."""

import dataclasses

import numpy as np

from keras_colorize.images.xmp import with_note


@dataclasses.dataclass(frozen=True, eq=False)
class Photograph:
    """Upright pixels and their metadata.

    Without `icc_profile` the pixels are sRGB.

    Args:
        pixels: uint8 or uint16 array, `(H, W, 1)` gray or `(H, W, 3)` RGB.
        alpha: array of the same dtype, `(H, W, 1)`, or None. Opacity, not
            multiplied into the pixels.
        icc_profile: bytes or None. An ICC profile of RGB pixels.
        exif: bytes or None. An EXIF block that starts with `Exif\\0\\0` and
            has no orientation and no thumbnail.
        dpi: pair of floats or None. Pixels per inch along x and y.
        format: str or None. The format of its file, such as `"PNG"`.
        xmp: bytes or None. An XMP packet without an orientation and
            thumbnails.
        text: dict. Texts by their PNG keywords. A JPEG comment has the keyword
            `"Comment"`.

    Raises:
        TypeError: `pixels` or `alpha` has another type or dtype.
        ValueError: `pixels` or `alpha` has another shape.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str | None = None
    xmp: bytes | None = None
    text: dict[str, str] = dataclasses.field(default_factory=dict)

    def __post_init__(self):
        _check("pixels", self.pixels, (1, 3))
        if self.alpha is None:
            return
        _check("alpha", self.alpha, (1,), self.pixels)
        if self.alpha.dtype != self.pixels.dtype:
            raise TypeError(
                f"alpha is {self.alpha.dtype} but pixels are "
                f"{self.pixels.dtype}. Give both the same dtype."
            )

    @property
    def bits(self):
        """Bits a sample: 8 or 16."""
        return 8 * self.pixels.dtype.itemsize

    def with_pixels(self, pixels):
        """This `Photograph` with other pixels.

        Args:
            pixels: uint8 or uint16 array of the same height and width, with 1
                or 3 channels. Alpha is converted to the array's depth.
        """
        _check("pixels", pixels, (1, 3), self.pixels)
        alpha = self.alpha
        if alpha is not None:
            alpha = with_depth(alpha, pixels.dtype)
        return dataclasses.replace(self, pixels=pixels, alpha=alpha)

    def with_note(self, preset, seed, coloring=1):
        """This `Photograph` with a note in its XMP: its colors are synthetic.

        See `keras_colorize.images.xmp.with_note`.

        Args:
            preset: str. The name of the preset.
            seed: int. The seed of the coloring.
            coloring: int. The coloring's number among those of the seed.

        Raises:
            ValueError: `xmp` cannot be read.
        """
        xmp = with_note(self.xmp, preset, seed, coloring)
        return dataclasses.replace(self, xmp=xmp)


def with_depth(samples, dtype):
    """Converts uint8 or uint16 samples to either dtype: white stays white."""
    if samples.dtype == dtype:
        return samples
    if dtype == np.uint16:
        return samples.astype(np.uint16) * np.uint16(257)
    # 65535 = 255 * 257.
    rounded = samples // np.uint16(257)
    rounded += samples % np.uint16(257) > 128
    return rounded.astype(np.uint8)


def _check(name, array, channels, photograph=None):
    """Checks an array and, if given, that it has a photograph's size."""
    dtype = getattr(array, "dtype", type(array).__name__)
    if dtype not in (np.uint8, np.uint16):
        raise TypeError(
            f"{name} is {dtype}. Expected a NumPy array of uint8 or uint16: "
            "scale and round floats first."
        )
    if array.ndim != 3 or array.shape[2] not in channels or not array.size:
        wanted = " or ".join(f"(H, W, {n})" for n in channels)
        raise ValueError(
            f"{name} has shape {array.shape}. Expected {wanted}, not empty."
        )
    if photograph is not None and array.shape[:2] != photograph.shape[:2]:
        raise ValueError(
            f"{name} has shape {array.shape} but the photograph has "
            f"{photograph.shape}. Give both the same height and width."
        )
