"""Coloring the frames of a film, with colors that do not flicker."""

import dataclasses
import itertools

import numpy as np
from keras import ops

from keras_colorize.color import resize
from keras_colorize.color import rgb_to_lab
from keras_colorize.generation.drawing import draw
from keras_colorize.generation.drawing import photograph_key
from keras_colorize.generation.photographs import photographs_of
from keras_colorize.generation.rendering import luminance_of
from keras_colorize.generation.rendering import render
from keras_colorize.generation.request import Request

# The most frames whose chroma is averaged.
SMOOTHING = 10
# The change of L after which a cell of the grid counts as 1/e the same.
_CHANGE = 3.0


def color_film(model, frames, smoothing=SMOOTHING, **options):
    """Colors the frames of a film one by one, see `FilmColoring`.

    Args:
        model: `Colorizer`.
        frames: Iterable of photographs of one size: arrays (H, W), (H, W, 1)
            or (H, W, 3), uint8, uint16 or float in [0, 1], PIL images or
            paths. Only the luminance of RGB is used.
        smoothing: int. See `FilmColoring`.
        **options: Other arguments of `FilmColoring`.

    Yields:
        RGB of each frame, `(H, W, 3)`, of the dtype `dtype`.

    Raises:
        TypeError, ValueError: For frames and arguments that `generate`
            refuses, and for frames of different sizes.
    """
    coloring = FilmColoring(model, smoothing, **options)
    for frame in frames:
        yield render(model, coloring(frame), coloring.request)[0]


class FilmColoring:
    """Draws the chroma of a film's frames, in order.

    All frames have the same noise, made from the seed and the luminance of the
    first frame.

    The chroma is averaged over time on the model's grid, in each cell over the
    frames since its luminance changed: chroma_t = chroma_{t-1} + (drawn_t -
    chroma_{t-1}) / n_t, where n_t = min(1 + s n_{t-1}, `smoothing`) and s =
    exp(-(change of L / 3)^2). At a cut, where s is below 0.5 on average, n_t
    is 1 everywhere.

    Args:
        model: `Colorizer`.
        smoothing: int. The most frames to average. 1 colors frame by frame.
        seed, readout, temperature, upsampling, gamut, dtype, sampler: See
            `Colorizer.generate`.

    Attributes:
        request: `Request`.
        state: dict of arrays, empty before the first frame. A coloring with
            the same arguments goes on from a copy of it.
    """

    def __init__(
        self,
        model,
        smoothing=SMOOTHING,
        seed=None,
        readout=None,
        temperature=1.0,
        upsampling="guided",
        gamut="desaturate",
        dtype="uint8",
        sampler="cached",
    ):
        if smoothing < 1:
            raise ValueError(
                f"smoothing is {smoothing}. Expected the most frames to "
                "average, at least 1."
            )
        self.request = Request(
            batch_size=1,
            seed=seed,
            readout=readout,
            temperature=temperature,
            upsampling=upsampling,
            gamut=gamut,
            dtype=dtype,
            sampler=sampler,
        ).check(model)
        self.state = {}
        self._model = model
        self._smoothing = smoothing

    def __call__(self, frame):
        """Draws the next frame.

        Args:
            frame: A photograph, see `color_film`.

        Returns:
            A `DrawnPhotograph` of one coloring.
        """
        (pixels,), _ = photographs_of([frame])
        size = np.int64(pixels.shape[:2])
        if not self.state:
            self.state = {"size": size, "key": self._key(pixels)}
        if (size != self.state["size"]).any():
            raise ValueError(
                f"A frame has the size {tuple(size.tolist())}, and the first "
                f"has {tuple(self.state['size'].tolist())}. Expected frames "
                "of one size."
            )
        request = dataclasses.replace(
            self.request, photograph_key=int(self.state["key"])
        )
        (drawn,) = draw(self._model, [pixels], [None], request)
        drawn.chroma = self._averaged(drawn)
        return drawn

    def _key(self, pixels):
        space = self._model.color_space
        gray = self._model.gray_picture(luminance_of(space, pixels))
        return np.uint64(
            photograph_key(ops.convert_to_numpy(gray)[0] / space.white)
        )

    def _averaged(self, drawn):
        chroma = drawn.chroma
        white = self._model.color_space.white
        luminance = ops.convert_to_numpy(
            resize(drawn.luminance, *chroma.shape[1:3]) * (100.0 / white)
        )
        count = np.ones_like(luminance)
        if "chroma" in self.state:
            change = luminance - self.state["luminance"]
            same = np.exp(-np.square(change / _CHANGE))
            if same.mean() >= 0.5:
                count += same * self.state["count"]
            count = np.minimum(count, np.float32(self._smoothing))
            last = self.state["chroma"]
            chroma = last + (chroma - last) / count
        self.state.update(luminance=luminance, count=count, chroma=chroma)
        return chroma


def flicker(frames):
    """The change of color between frames where luminance does not change.

    Args:
        frames: Iterable of RGB arrays `(H, W, 3)` of one size: uint8, uint16,
            or float in [0, 1].

    Returns:
        float. The mean distance of a and b of CIE Lab at the pixels of
        successive frames whose L differs by less than 1. NaN if there are
        none.
    """
    total = pixels = 0
    colors = (ops.convert_to_numpy(rgb_to_lab(frame)) for frame in frames)
    for before, after in itertools.pairwise(colors):
        change = after - before
        still = np.abs(change[..., 0]) < 1.0
        total += np.linalg.norm(change[still][:, 1:], axis=-1).sum()
        pixels += still.sum()
    return float(total / pixels) if pixels else float("nan")
