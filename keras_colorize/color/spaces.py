"""Color spaces: the gray that a model sees, and the chroma that it draws."""

from keras import ops

from keras_colorize.color import lab
from keras_colorize.color import ycbcr
from keras_colorize.color.hue_chroma import hue_chroma_to_rgb
from keras_colorize.color.hue_chroma import rgb_to_hue_chroma
from keras_colorize.color.pixels import to_float


class ColorSpace:
    """Base class of color spaces with luminance and two channels of chroma.

    Methods take pixels of any leading dimensions, and treat each pixel by
    itself. Luminance and chroma are in units of the space, or normalized to
    [-1, 1] where a method says so.

    Attributes:
        name: str.
        channels: int. Channels of chroma.
        white: float. The luminance of white.
    """

    name = None
    white = None
    channels = 2

    def __eq__(self, other):
        return type(self) is type(other) and vars(self) == vars(other)

    def __hash__(self):
        return hash(type(self))

    def luminance(self, images):
        """The luminance `(..., 1)` of photographs, in the space's units.

        Args:
            images: `(..., 1)` (gray, sRGB encoded) or `(..., 3)` (sRGB): uint8,
                uint16, or float in [0, 1].
        """
        raise NotImplementedError

    def normalize_luminance(self, luminance):
        """Luminance in the space's units to [-1, 1]."""
        raise NotImplementedError

    def split(self, rgb):
        """Normalized gray `(..., 1)` and chroma `(..., 2)` of RGB `(..., 3)`.

        Args:
            rgb: uint8, uint16, or float in [0, 1].
        """
        raise NotImplementedError

    def normalize(self, chroma):
        """Chroma `(..., 2)` in the space's units to [-1, 1]."""
        raise NotImplementedError

    def denormalize(self, chroma):
        """The inverse of `normalize`."""
        raise NotImplementedError

    def join(self, luminance, chroma, gamut="desaturate"):
        """Joins luminance and chroma, in the space's units.

        Args:
            luminance: Float tensor `(..., 1)`.
            chroma: Float tensor `(..., 2)`.
            gamut: str. How colors outside the sRGB gamut are handled.
                `"desaturate"` mixes each color with the gray of the same
                luminance until it is in the gamut. `"clip"` clips R, G and B,
                which changes luminance.

        Returns:
            sRGB in [0, 1], float32 `(..., 3)`.
        """
        raise NotImplementedError

    def from_lab(self, ab, luminance):
        """Chroma, in the space's units, of a and b of CIE Lab.

        Args:
            ab: Float tensor `(..., 2)`: a and b.
            luminance: Float tensor `(..., 1)`: the luminance of the pixels,
                in the space's units.
        """
        gray = self.join(luminance, ops.zeros_like(ab))
        lab_luminance = lab.luminance(gray)
        colors = ops.concatenate([lab_luminance, ab], axis=-1)
        return self.denormalize(self.split(lab.lab_to_rgb(colors))[1])


class LabSpace(ColorSpace):
    """CIE Lab (D65, 2 degrees): L in [0, 100], a and b in about [-107, 98].

    Normalized by `keras_colorize.color.normalize_lab`.
    """

    name = "lab"
    white = 100.0

    def luminance(self, images):
        return lab.luminance(images)

    def normalize_luminance(self, luminance):
        return (luminance - 50.0) / 50.0

    def split(self, rgb):
        normalized = lab.normalize_lab(lab.rgb_to_lab(rgb))
        return normalized[..., :1], normalized[..., 1:]

    def normalize(self, chroma):
        return lab.normalize_lab(chroma)

    def denormalize(self, chroma):
        return lab.denormalize_lab(chroma)

    def join(self, luminance, chroma, gamut="desaturate"):
        colors = ops.concatenate([luminance, chroma], axis=-1)
        return lab.lab_to_rgb(colors, gamut)

    def from_lab(self, ab, luminance):
        return ab


class YCbCrSpace(ColorSpace):
    """Full-range YCbCr (JFIF): Y in [0, 255], Cb - 128 and Cr - 128.

    Normalized: Y / 127.5 - 1, Cb and Cr / 128; with `num_bins`, so that -1 to
    1 are the first to the last of this number of bins.

    Args:
        num_bins: int or None. Even number of bins of Cb and Cr. Of n bins in
            [0, 256), bin k is at 256 k / n, so one bin, n / 2, is exactly
            gray. Cb and Cr above the last bin have normalized values above 1.
    """

    name = "ycbcr"
    white = 255.0

    def __init__(self, num_bins=None):
        self.num_bins = num_bins
        # Chroma is normalized as (chroma - center) / half.
        self._center, self._half = 0.0, 128.0
        if num_bins is not None:
            self._center = -128.0 / num_bins
            self._half = 128.0 + self._center

    def luminance(self, images):
        images = to_float(images)
        if images.shape[-1] == 1:
            return 255.0 * images
        return ycbcr.rgb_to_ycbcr(images)[..., :1]

    def normalize_luminance(self, luminance):
        return luminance / 127.5 - 1.0

    def split(self, rgb):
        colors = ycbcr.rgb_to_ycbcr(rgb)
        gray = self.normalize_luminance(colors[..., :1])
        return gray, self.normalize(colors[..., 1:] - 128.0)

    def normalize(self, chroma):
        return (chroma - self._center) / self._half

    def denormalize(self, chroma):
        return chroma * self._half + self._center

    def join(self, luminance, chroma, gamut="desaturate"):
        rgb = ycbcr.unclipped_rgb(luminance, chroma)
        return _into_gamut(rgb, luminance / 255.0, gamut)


class HueChromaSpace(ColorSpace):
    """Hue and chroma of Larsson et al. (2016), as a point of the plane.

    Luminance is their lightness, (R + G + B) / 3, in [0, 1]. Chroma is
    C (cos 2 pi hue, sin 2 pi hue). It is already in [-1, 1].
    """

    name = "hue_chroma"
    white = 1.0

    def luminance(self, images):
        return ops.mean(to_float(images), axis=-1, keepdims=True)

    def normalize_luminance(self, luminance):
        return 2.0 * luminance - 1.0

    def split(self, rgb):
        lightness, plane = rgb_to_hue_chroma(rgb)
        return self.normalize_luminance(lightness), plane

    def normalize(self, chroma):
        return chroma

    def denormalize(self, chroma):
        return chroma

    def join(self, luminance, chroma, gamut="desaturate"):
        rgb = hue_chroma_to_rgb(luminance, chroma)
        return _into_gamut(rgb, luminance, gamut)


def _into_gamut(rgb, gray, gamut):
    if gamut == "desaturate":
        rgb = lab.desaturate(rgb, ops.clip(gray, 0.0, 1.0))
    return ops.clip(rgb, 0.0, 1.0)
