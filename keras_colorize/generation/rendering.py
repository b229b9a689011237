"""Joins drawn chroma with the luminance of a photograph."""

import concurrent.futures
import dataclasses
import functools
import os

import numpy as np
from keras import ops

from keras_colorize.generation.request import LEVELS
from keras_colorize.generation.request import Request
from keras_colorize.sampling import compiled
from keras_colorize.transfer import match_quantiles

# Pixels per call: enough to make calls cheap, few enough for small photographs.
_PIECE = 32_768
# Pixels of a band of rows.
_BAND = 8 * _PIECE


@dataclasses.dataclass
class DrawnPhotograph:
    """A photograph with its drawn chroma, in units of the color space.

    Attributes:
        luminance: `Luminance` or array `(H, W, 1)`.
        hints: `Hints` or None.
        chroma: Array `(num_samples, h, w, channels)`.
        log_likelihood: Array `(num_samples,)`, in bits, or None.
        like: Histogram that colorings are matched to by quantiles, or None.
    """

    luminance: np.ndarray
    hints: object
    chroma: np.ndarray = None
    log_likelihood: np.ndarray = None
    like: np.ndarray = None


def render(model, photograph, request):
    """Joins a photograph's luminance with its drawn chroma.

    Chroma is enlarged and joined in bands of rows, on a thread for each core.
    So memory holds little more than the photograph and the result.

    Args:
        model: `Colorizer`.
        photograph: `DrawnPhotograph`.
        request: `Request`.

    Returns:
        An array `(num_samples, H, W, 3)` of the dtype `request.dtype`.
    """
    luminance, hints = photograph.luminance, photograph.hints
    space = model.color_space
    size = luminance.shape[:2]
    result = np.empty((len(photograph.chroma), *size, 3), request.dtype)
    refined = model.refine(
        luminance, ops.convert_to_tensor(photograph.chroma), request
    )
    for sample, chroma in zip(result, refined):
        if photograph.like is not None:
            rgb = np.empty((*size, 3), "float32")
            join = _joining(space, request.gamut, "float32")
            _join_bands(join, luminance, chroma, None, rgb)
            rgb = match_quantiles(rgb, photograph.like)
            chroma = _chroma(space)(rgb).__getitem__
        join = _joining(space, request.gamut, request.dtype)
        _join_bands(join, luminance, chroma, hints, sample)
    return result


def _join_bands(join, luminance, chroma, hints, out):
    """Writes RGB into `out`. `chroma` is a function of a slice of rows."""

    def band(rows):
        values = chroma(rows)
        if hints is not None:
            values = ops.where(
                hints.mask[rows, :, None], hints.chroma[rows], values
            )
        join(luminance[rows], values, out=out[rows])

    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        list(pool.map(band, _bands(*luminance.shape[:2])))


def _bands(height, width):
    """Slices of rows that hold few pixels, to save memory."""
    step = max(1, _BAND // width)
    return [slice(row, row + step) for row in range(0, height, step)]


def color_images(model, images, chroma, **options):
    """Joins the luminance of RGB images with other chroma.

    Args:
        model: `Colorizer`.
        images: `(N, H, W, 3)`: uint8, uint16, or float in [0, 1].
        chroma: Tensor `(N, h, w, channels)`, normalized to [-1, 1].
        **options: Arguments of `Request`, such as `upsampling`.

    Returns:
        A uint8 array `(N, H, W, 3)`.
    """
    request = Request(**options)
    space = model.color_space
    chroma = ops.convert_to_numpy(space.denormalize(chroma))
    return np.concatenate(
        [
            render(
                model,
                DrawnPhotograph(luminance_of(space, image), None, values[None]),
                request,
            )
            for image, values in zip(images, chroma)
        ]
    )


def luminance_of(space, photograph):
    """The luminance of a photograph, in the color space's units.

    Args:
        space: `ColorSpace`.
        photograph: Array `(H, W, 1 or 3)`, uint8, uint16 or float32.

    Returns:
        A float32 array `(H, W, 1)`.
    """
    if photograph.dtype == np.float32 or photograph.shape[-1] == 3:
        return _luminance(space)(photograph)
    return _gray_table(space, photograph.dtype)[photograph]


class Luminance:
    """The luminance `(H, W, 1)` of a photograph, in the color space's units.

    A slice of rows is computed when it is asked for. Large photographs so take
    less memory, and a gray value is looked up in a table.

    Args:
        space: `ColorSpace`.
        photograph: Array `(H, W, 1 or 3)`, uint8, uint16 or float32.
    """

    def __init__(self, space, photograph):
        self._space = space
        self._photograph = photograph
        self.shape = (*photograph.shape[:2], 1)

    def __getitem__(self, rows):
        return luminance_of(self._space, self._photograph[rows])


@functools.cache
def _gray_table(space, dtype):
    """The luminance of each gray value."""
    values = np.arange(np.iinfo(dtype).max + 1).astype(dtype)
    return _luminance(space)(values[:, None, None]).ravel()


@functools.cache
def _luminance(space):
    return _Pixelwise(space.luminance, 1, "float32")


@functools.cache
def _chroma(space):
    def chroma(rgb):
        return space.denormalize(space.split(rgb)[1])

    return _Pixelwise(chroma, space.channels, "float32")


@functools.cache
def _joining(space, gamut, dtype):
    """A function of luminance and chroma that gives RGB of a dtype."""
    levels = LEVELS[dtype]

    def join(luminance, chroma):
        rgb = space.join(luminance, chroma, gamut)
        if levels is not None:
            rgb = ops.floor(rgb * levels + 0.5)
        return rgb

    return _Pixelwise(join, 3, dtype)


class _Pixelwise:
    """Applies a function of pixels to whole photographs.

    The function is compiled, and called on pieces of one size. So one program
    serves photographs of all sizes.

    Args:
        function: Function of tensors `(N, any)` that returns a tensor
            `(N, channels)`.
        channels: int. Channels of the result.
        dtype: str. Dtype of the result.
    """

    def __init__(self, function, channels, dtype):
        self._function = compiled(function, fused=True)
        self._channels = channels
        self._dtype = dtype

    def __call__(self, *photographs, out=None):
        """Applies the function to photographs of one size.

        Args:
            *photographs: Arrays or tensors `(H, W, C)`.
            out: Contiguous array `(H, W, channels)` to write into, or None.

        Returns:
            An array `(H, W, channels)`.
        """
        arrays = [ops.convert_to_numpy(x) for x in photographs]
        if out is None:
            shape = (*arrays[0].shape[:2], self._channels)
            out = np.empty(shape, self._dtype)
        inputs = [x.reshape(-1, x.shape[-1]) for x in arrays]
        outputs = out.reshape(-1, self._channels)
        for start in range(0, len(outputs), _PIECE):
            pieces = [_piece(x, start) for x in inputs]
            result = self._function(*map(ops.convert_to_tensor, pieces))
            place = outputs[start : start + _PIECE]
            place[...] = ops.convert_to_numpy(result)[: len(place)]
        return out


def _piece(pixels, start):
    """The pixels from `start` on, filled up with zeros."""
    piece = pixels[start : start + _PIECE]
    if piece.dtype == np.uint16:
        # On torch Keras has no uint16 tensors.
        piece = piece / np.float32(65535)
    rest = _PIECE - len(piece)
    return np.pad(piece, [(0, rest), (0, 0)]) if rest else piece
