"""Converts checkpoints of the program of Deshpande et al. (2017)."""

import contextlib
import math
import re
import warnings

import keras
import numpy as np

from keras_colorize import encoders
from keras_colorize.models.checkpoint_files import open_checkpoint
from keras_colorize.models.mdn.colorizer_cvae import ColorizerCVAE
from keras_colorize.models.mdn.colorizer_mdn import ColorizerMDN
from keras_colorize.presets.shape_check import shape_check
from keras_colorize.presets.shape_check import weights_of

# How the released networks are trained, and what they differ in from the paper.
RELEASED_VAE = {"layout": "quadrants", "recipe": "released"}
RELEASED_MDN = {"recipe": "released"}

_SCOPE = "Inference/"
_MDN_PARTS = ("1", "1_1", "1_2", "1_3", "2")
_NORM = ("gamma", "beta", "moving_mean", "moving_variance")
# The state of Adam.
_UNUSED = re.compile(r".*/Adam(_1)?|(.*/)?beta[12]_power")
# The features of the program are 512 channels at stride 8.
_CIC_CHANNELS = 512
_CIC_STRIDE = 8


def convert_checkpoint(vae, mdn=None, cic=None):
    """Converts checkpoints of the program of Deshpande et al. to a model.

    The program has one checkpoint for the VAE and one for the mixture density
    network. Both versions of the VAE are converted: with gray skip
    connections, and `vae_wo_skipconn`. All widths are taken from the files.
    Every variable must be known, and every weight must have its variable.

    The features of the network are those of Zhang et al. (2016), conv7_3 of
    the Caffe model of their paper's first version. They are not part of the
    checkpoints: pass them as `cic`.

    The model has the program's constants (`recipe="released"`). Its pictures
    are not the program's to the last bit: the program rounds L, a and b to 8
    bits, and enlarges chroma to 256 x 256 bilinearly. The checkpoints have no
    variance of errors, so `lower_bounds` takes 12.8 squared in units of a and
    b until the VAE is trained.

    Args:
        vae: str or path. The prefix of the VAE's checkpoint
            (`model_vae_000009.ckpt`), or a directory or tar archive of it.
        mdn: str or path, or None. The same of the mixture density network
            (`model_8_exp_000004.ckpt`).
        cic: dict of arrays or None. The weights of the features, as
            `keras_colorize.encoders.convert_cic` takes them. Without them the
            encoder has random weights, and a warning says so; then `mixture`
            can be used, but not `generate`.

    Returns:
        A `ColorizerMDN`; or, without `mdn`, a `ColorizerCVAE`, which draws
        codes from a standard normal distribution.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If a checkpoint is damaged or is none of the program: a
            variable is missing or unknown, or has another shape or dtype, or
            a value that is not finite.
    """
    with contextlib.ExitStack() as stack:
        variables = {}
        first = stack.enter_context(open_checkpoint(vae))
        shapes = _shapes_of(first, vae)
        vae_config = _vae_config(shapes, vae)
        names = _vae_names(vae_config["conditioning"])
        variables |= {ours: (vae, first, name) for ours, name in names.items()}
        _check_names(vae, shapes, names)
        cls, config = ColorizerCVAE, {"vae": vae_config}
        if mdn is not None:
            second = stack.enter_context(open_checkpoint(mdn))
            shapes = _shapes_of(second, mdn)
            names = _mdn_names()
            _check_names(mdn, shapes, names)
            cls = ColorizerMDN
            config |= _mdn_config(shapes, vae_config["latents"], mdn)
            variables |= {
                ours: (mdn, second, name) for ours, name in names.items()
            }
        policy = keras.DTypePolicy("float32")
        expected = shape_check(cls, config, policy, vae)
        for ours, (path, reader, name) in variables.items():
            _check_variable(path, name, reader, expected[ours].shape)
        model = cls(**config, dtype=policy)
        weights = weights_of(model)
        for ours, (path, reader, name) in variables.items():
            value = reader.get_tensor(name)
            if not np.isfinite(value).all():
                raise ValueError(
                    f"The variable {name} of {path} has values that are not "
                    "finite. Take another checkpoint."
                )
            weights[ours].assign(value)
    if cic is not None:
        encoders.convert_cic(cic, model.encoder)
    elif mdn is not None:
        warnings.warn(
            "The encoder has random weights, so generate makes no sense yet. "
            "Pass cic, or call keras_colorize.encoders.convert_cic(state, "
            "model.encoder).",
            stacklevel=2,
        )
    return model


def _vae_config(shapes, path):
    """The arguments of the `ColorFieldVAE` whose variables have these shapes.

    Inconsistent shapes are found later, when all shapes are compared.
    """
    kernels = [_shape(shapes, f"W_conv{i}", 4, path) for i in range(1, 5)]
    filters = [kernel[-1] for kernel in kernels]
    values, outputs = _shape(shapes, "W_fc1", 2, path)
    skips = f"{_SCOPE}W_conv1_cond" in shapes
    return {
        "field_size": 16 * math.isqrt(values // filters[3]),
        "latents": outputs // 2,
        "filters": filters,
        "conditioning": "skips" if skips else "gradients",
        **RELEASED_VAE,
    }


def _mdn_config(shapes, latents, path):
    """The arguments of a `ColorizerMDN`, but for the VAE."""
    kernels = [_shape(shapes, f"W_conv{i}", 4, path) for i in _MDN_PARTS]
    values, units = _shape(shapes, "W_fc1", 2, path)
    _, outputs = _shape(shapes, "W_fc2", 2, path)
    filters = [kernel[-1] for kernel in kernels]
    # The stride of the network halves the features.
    side = 2 * math.isqrt(values // filters[-1])
    return {
        "encoder": {"name": "cic", "width": kernels[0][2] / _CIC_CHANNELS},
        "filters": filters,
        "units": units,
        "num_components": outputs // (latents + 1),
        "image_size": _CIC_STRIDE * side,
        **RELEASED_MDN,
    }


def _vae_names(conditioning):
    """The variable of each weight of a `ColorFieldVAE`, by its path."""
    names = {}
    for i in range(1, 5):
        names |= _block(f"vae_encoder{i}", f"conv{i}", f"BN{i}")
        if conditioning == "skips":
            names |= _block(f"vae_gray{i}", f"conv{i}_cond", f"BN{i}_cond")
    for i in range(1, 6):
        names |= _block(f"vae_decoder{i}", f"deconv{i}", f"BN_deconv{i}")
    return names | _weights("vae_encoder_dense", "fc1")


def _mdn_names():
    names = {}
    for i, part in enumerate(_MDN_PARTS, 1):
        names |= _block(f"mdn{i}", f"conv{part}", f"BN{part}")
        del names[f"mdn{i}_conv/bias"]
    return names | _weights("mdn_dense1", "fc1") | _weights("mdn_dense2", "fc2")


def _block(ours, convolution, norm):
    weights = _weights(f"{ours}_conv", convolution)
    return weights | {
        f"{ours}_norm/{part}": f"{_SCOPE}{norm}/{part}" for part in _NORM
    }


def _weights(ours, name):
    return {
        f"{ours}/kernel": f"{_SCOPE}W_{name}",
        f"{ours}/bias": f"{_SCOPE}b_{name}",
    }


def _shapes_of(reader, path):
    shapes = reader.get_variable_to_shape_map()
    return {k: v for k, v in shapes.items() if not _UNUSED.fullmatch(k)}


def _shape(shapes, name, rank, path):
    shape = shapes.get(_SCOPE + name)
    if shape is None or len(shape) != rank or not all(shape):
        raise ValueError(
            f"{path} has no variable {_SCOPE}{name} of {rank} dimensions. "
            "Expected a checkpoint of the program of Deshpande et al. (2017): "
            "first that of the VAE, then that of the mixture density network."
        )
    return shape


def _check_names(path, found, names):
    missing = sorted(set(names.values()) - set(found))
    unknown = sorted(set(found) - set(names.values()))
    if missing or unknown:
        raise ValueError(
            f"The checkpoint {path} is not that of the expected network. "
            f"Missing: {', '.join(missing[:3]) or 'none'}. Unknown: "
            f"{', '.join(unknown[:3]) or 'none'}."
        )


def _check_variable(path, name, reader, expected):
    shape = tuple(reader.get_variable_to_shape_map()[name])
    dtype = reader.get_variable_to_dtype_map()[name]
    if shape != tuple(expected) or dtype != "float32":
        raise ValueError(
            f"The variable {name} of {path} has the shape {shape} and the "
            f"dtype {dtype.name}. Expected {tuple(expected)} and float32."
        )
