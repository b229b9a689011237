"""A photograph in memory."""

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True, eq=False)
class Photograph:
    """Upright pixels with everything that should go back out with them.

    The pixels are in the color space of `icc_profile`, or sRGB when there is
    none: reading never converts RGB pixels, so that the profile can be
    carried bit for bit.

    Args:
        pixels: uint8 or uint16 array, `(H, W, 1)` gray or `(H, W, 3)` RGB.
        alpha: array of the same dtype, `(H, W, 1)`, or None. Opacity, not
            multiplied into the pixels.
        icc_profile: bytes or None. An ICC profile of RGB pixels.
        exif: bytes or None. An EXIF block starting with `Exif\\0\\0`, without
            an orientation (it has been applied) and without a thumbnail (it
            would show the photograph as it was).
        dpi: pair of floats or None. Pixels per inch along x and y.
        format: str or None. The format it was read from, such as `"PNG"`.

    Raises:
        TypeError: `pixels` or `alpha` is not an array of those dtypes.
        ValueError: The shapes are not those above.
    """

    pixels: np.ndarray
    alpha: np.ndarray | None = None
    icc_profile: bytes | None = None
    exif: bytes | None = None
    dpi: tuple[float, float] | None = None
    format: str | None = None

    def __post_init__(self):
        _check_array("pixels", self.pixels, channels=(1, 3))
        if self.alpha is None:
            return
        _check_array("alpha", self.alpha, channels=(1,))
        if self.alpha.dtype != self.pixels.dtype:
            raise TypeError(
                f"alpha is {self.alpha.dtype} but pixels are "
                f"{self.pixels.dtype}. Give both the same dtype."
            )
        if self.alpha.shape[:2] != self.pixels.shape[:2]:
            raise ValueError(
                f"alpha has shape {self.alpha.shape} but pixels have shape "
                f"{self.pixels.shape}. Give both the same height and width."
            )

    @property
    def bits(self):
        """Bits a sample: 8 or 16."""
        return 8 * self.pixels.dtype.itemsize

    def with_pixels(self, pixels):
        """The same photograph, alpha and metadata kept, with other pixels.

        Args:
            pixels: uint8 or uint16 array of this photograph's height and
                width, with 3 channels (or 1). If its depth is not this
                photograph's, alpha is rescaled to it.

        Returns:
            A `Photograph`.
        """
        _check_array("pixels", pixels, channels=(1, 3))
        if pixels.shape[:2] != self.pixels.shape[:2]:
            raise ValueError(
                f"The new pixels have shape {pixels.shape} but the photograph "
                f"has shape {self.pixels.shape}. Expected the same height and "
                "width: resize the pixels first."
            )
        alpha = self.alpha
        if alpha is not None:
            alpha = with_depth(alpha, pixels.dtype)
        return dataclasses.replace(self, pixels=pixels, alpha=alpha)


def with_depth(samples, dtype):
    """Samples at another depth: white stays white, values are rounded.

    Args:
        samples: uint8 or uint16 array.
        dtype: uint8 or uint16.
    """
    if samples.dtype == dtype:
        return samples
    if dtype == np.uint16:
        return samples.astype(np.uint16) * np.uint16(257)
    # 65535 = 255 * 257.
    rounded = samples // np.uint16(257)
    rounded += samples % np.uint16(257) > 128
    return rounded.astype(np.uint8)


def _check_array(name, array, channels):
    if not isinstance(array, np.ndarray) or array.dtype not in (
        np.uint8,
        np.uint16,
    ):
        given = getattr(array, "dtype", type(array).__name__)
        raise TypeError(
            f"{name} is {given}. Expected a NumPy array of uint8 or uint16: "
            "scale and round floats first."
        )
    if (
        array.ndim != 3
        or array.shape[2] not in channels
        or 0 in array.shape[:2]
    ):
        wanted = " or ".join(f"(H, W, {n})" for n in channels)
        raise ValueError(
            f"{name} has shape {array.shape}. Expected {wanted}, not empty."
        )
