"""What all photographs of a run have in common. Imports Keras."""

import hashlib
import json
import random

import numpy as np
from keras import ops

from keras_colorize.color import rgb_to_lab
from keras_colorize.generation import Request
from keras_colorize.images import read_photograph
from keras_colorize.presets.config import config_of
from keras_colorize.presets.registry import registered_name
from keras_colorize_cli.arguments import UsageError
from keras_colorize_cli.colorize.manifest import file_sha256


def options_of(args, model, options):
    """The arguments of `generate`, but for those of a photograph.

    Args:
        args: The arguments of the command.
        model: `Colorizer`.
        options: dict. Those that need nothing read.

    Raises:
        UsageError: `--like` or `--hints` cannot be read.
    """
    options = {
        **options,
        # One histogram serves all photographs.
        "like": _read("like", args.like, model.color_histogram),
        "hints": _read("hints", args.hints, _hints_of),
        "num_samples": args.num_samples,
    }
    return {
        **options,
        # As the model chooses the readout: the manifest names it.
        "readout": Request(**options).check(model).readout,
        "batch_size": args.batch_size,
        "upsampling": args.upsampling,
    }


def _read(name, path, read):
    if path is None:
        return None
    try:
        return read(path)
    except (OSError, ValueError) as error:
        raise UsageError(f"argument --{name}: {error}") from error


def _hints_of(path):
    """The hints of `generate` of a picture, transparent where unknown."""
    strokes = read_photograph(path)
    if strokes.alpha is None:
        raise ValueError(
            f"{path} has no transparency, so all colors would be known. "
            "Expected a picture that is transparent where no color is known, "
            "such as PNG."
        )
    white = np.iinfo(strokes.pixels.dtype).max
    mask = strokes.alpha[..., 0] > white // 2
    if not mask.any():
        raise ValueError(
            f"{path} is transparent everywhere. Expected a color somewhere."
        )
    rgb = np.broadcast_to(strokes.pixels / np.float32(white), (*mask.shape, 3))
    return mask, ops.convert_to_numpy(rgb_to_lab(rgb))[..., 1:]


def record_of(args, model, options):
    """What the manifest's records of all photographs have in common."""
    arguments = {
        "readout": options["readout"],
        "temperature": args.temperature,
        "upsampling": args.upsampling,
        **{
            name: None if path is None else file_sha256(path).hexdigest()
            for name, path in (("like", args.like), ("hints", args.hints))
        },
        "best_of": args.best_of,
        "best_by": options["best_by"] if args.best_of else None,
        "keep_border": args.keep_border,
    }
    seed = args.seed
    if seed is None:
        seed = random.SystemRandom().getrandbits(32)
    return {
        "preset": args.preset,
        "preset_sha256": preset_sha256(model),
        "arguments": arguments,
        "seed": seed,
    }


def preset_sha256(model):
    """The SHA-256 of a model's class, config and weights.

    It does not depend on the files that the model was loaded from.
    """
    content = [registered_name(type(model)), config_of(model)]
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode())
    for variable in model.weights:
        array = ops.convert_to_numpy(variable.value)
        digest.update(f"{array.dtype} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array))
    return digest.hexdigest()
