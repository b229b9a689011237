"""Which files a photograph's colorings go to."""

import os

import numpy as np

from keras_colorize.cli.display import shown
from keras_colorize.cli.errors import UsageError
from keras_colorize.images import ALPHA_FORMATS
from keras_colorize.images import DEEP_FORMATS
from keras_colorize.images import FORMATS
from keras_colorize.images import format_of
from keras_colorize.images.formats import LONGEST_SIDE


def check_output(folder):
    """Refuses an output folder that cannot be made or written into."""
    place = folder.absolute()
    while not os.path.lexists(place):
        place = place.parent
    if not place.is_dir():
        raise UsageError(
            f"{shown(folder)} cannot be the output folder: {shown(place)} is "
            "a file. Choose another."
        )
    if not os.access(place, os.W_OK | os.X_OK):
        raise UsageError(
            f"{shown(folder)} cannot be written: you may not write into "
            f"{shown(place)}. Choose another folder."
        )


def choose_format(photograph, wanted):
    """The format for a photograph's colorings.

    Args:
        photograph: `Photograph`.
        wanted: str or None. A format, in lower case; otherwise the
            photograph's own, or PNG if that cannot hold all of it.

    Returns:
        A key of `FORMATS`.

    Raises:
        ValueError: If the format that is wanted cannot hold the photograph's
            transparency or size.
    """
    if wanted is None:
        format = photograph.format
        return "PNG" if _cannot_hold(format, photograph) else format
    format = wanted.upper()
    problem = _cannot_hold(format, photograph)
    if problem and problem != "depth":
        raise ValueError(
            f"{format} cannot hold its {problem}. Choose another --format, "
            "such as png."
        )
    return format


def _cannot_hold(format, photograph):
    """What of a photograph a format cannot hold; None if it can hold all."""
    if max(photograph.pixels.shape[:2]) > LONGEST_SIDE.get(format, np.inf):
        return "size"
    alpha = photograph.alpha
    if format not in ALPHA_FORMATS and alpha is not None:
        if alpha.min() < np.iinfo(alpha.dtype).max:
            return "transparency"
    if format not in DEEP_FORMATS and photograph.bits == 16:
        return "depth"
    return None


def dtype_for(photograph, path):
    """The `dtype` of `generate`: the photograph's, if the path's has it."""
    deep = photograph.bits == 16 and format_of(path) in DEEP_FORMATS
    return "uint16" if deep else "uint8"


def output_paths(folder, name, format, num_samples, sheet):
    """The paths of a photograph's colorings, and of its sheet or None."""
    base = folder / name
    suffix = FORMATS[format][0]
    paths = [
        base.with_name(f"{base.name}_{k}{suffix}")
        for k in range(1, num_samples + 1)
    ]
    return paths, base.with_name(f"{base.name}_sheet.png") if sheet else None
