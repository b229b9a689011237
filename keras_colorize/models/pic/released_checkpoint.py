"""Converts checkpoints of the program of Royer et al. (2017)."""

import re

import keras
import numpy as np

from keras_colorize.models.checkpoint_files import open_checkpoint
from keras_colorize.models.pic.pic_colorizer import ColorizerPIC
from keras_colorize.models.pic.pic_presets import presets
from keras_colorize.presets.shape_check import shape_check
from keras_colorize.presets.shape_check import weights_of

# Presets with the networks of the program.
RELEASED = ("pic_cifar10", "pic_imagenet128")

# How the released network differs from the paper's.
_DIFFERENCES = {
    "input_space": "rgb",
    "released_tails": True,
    "chroma_method": "subsample",
}
# The shapes of variables confirm the first four. The others change no output.
_OVERRIDES = (
    *("embedding_filters", "filters", "num_blocks", "num_components"),
    *("dropout", "image_size"),
)
_AVERAGE = "/ExponentialMovingAverage"
# The suffixes of each variable, and other variables: the state of training and
# values for plots.
_KINDS = ("", _AVERAGE, "/Adam", "/Adam_1")
_UNUSED = re.compile(
    r"beta[12]_power|global_step|bpd_rec|rec_error|gen_error|gen_error_gray"
)


def convert_checkpoint(
    path, preset="pic_imagenet128", ema=True, **config_overrides
):
    """Converts a checkpoint of the program of Royer et al. to a model.

    The model is the released network, which differs from the paper's network:
    the autoregressive part sees RGB (`input_space="rgb"`), improbable bins get
    their density (`released_tails=True`), and chroma is reduced by
    `chroma_method="subsample"`. Every variable of the checkpoint must be known
    and every weight of the model must have its variable.

    Args:
        path: str or path. The checkpoint's prefix (`model.ckpt`), or a
            directory or tar archive that holds it.
        preset: str. The configuration: `"pic_cifar10"` or
            `"pic_imagenet128"`.
        ema: bool. Whether to take the exponential moving averages of the
            variables, with which the authors evaluate and sample, or the
            variables themselves.
        **config_overrides: Arguments of `ColorizerPIC` that replace those of
            the configuration, for checkpoints of other widths:
            `embedding_filters`, `filters`, `num_blocks`, `num_components`,
            `dropout`, `image_size`.

    Returns:
        A `ColorizerPIC`.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If the checkpoint is damaged or does not fit the
            configuration: a variable is missing or unknown, or has another
            shape or dtype, or a value that is not finite. Only values are
            checked after memory is taken for the model.

    Example:

    ```python
    from keras_colorize.models import pic

    path = "cifar_model.tar.gz"
    model = pic.convert_checkpoint(path, "pic_cifar10")
    card = pic.released_card(path, "pic_cifar10")
    model.save_to_preset("pic_cifar10_released", card=card)
    ```
    """
    if preset not in RELEASED:
        raise ValueError(
            f"The program of Royer et al. has no network {preset!r}. Expected "
            f"one of {', '.join(RELEASED)}."
        )
    for name in config_overrides:
        if name not in _OVERRIDES:
            raise ValueError(
                f"{name} cannot be overridden, because the weights belong to "
                "the released network. Expected only "
                f"{', '.join(_OVERRIDES)}."
            )
    config = {**presets[preset]["config"], **config_overrides, **_DIFFERENCES}
    policy = keras.config.dtype_policy()
    expected = shape_check(ColorizerPIC, config, policy, preset)
    names = {
        ours: name + (_AVERAGE if ema else "")
        for ours, name in _names(config).items()
    }
    with open_checkpoint(path) as reader:
        shapes = reader.get_variable_to_shape_map()
        dtypes = reader.get_variable_to_dtype_map()
        _check_names(path, preset, config, shapes, ema)
        for ours, name in names.items():
            _check_variable(
                path, name, expected[ours].shape, shapes[name], dtypes[name]
            )
        model = ColorizerPIC(**config)
        weights = weights_of(model)
        for ours, name in names.items():
            value = reader.get_tensor(name)
            if not np.isfinite(value).all():
                raise ValueError(
                    f"The variable {name} of {path} has values that are not "
                    "finite: the training failed, or the file is damaged. "
                    "Take another checkpoint."
                )
            weights[ours].assign(value)
    model.initialized.assign(1)
    return model


def released_names(embedding_blocks, num_blocks):
    """The released variable of each weight, by its path in a `ColorizerPIC`.

    Args:
        embedding_blocks: tuple of ints. As for `ColorizerPIC`.
        num_blocks: int. As for `ColorizerPIC`.

    Returns:
        A dictionary of str.
    """
    layers = {
        "embedding_0_conv": "conv_leak",
        "first_u": "conv_down",
        "first_ul_above": "conv_down_2",
        "first_ul_left": "conv_down_right",
        "head/conv": "conv_last",
    }
    block = 0
    for stage, blocks in enumerate(embedding_blocks):
        if stage > 0:
            layers[f"embedding_{stage}_conv"] = f"downscale_leak_{stage}"
        for i in range(blocks):
            # The program counts blocks from 1 across all stages.
            block += 1
            for part in ("conv1", "conv2"):
                ours = f"embedding_{stage}_block_{i}/{part}"
                layers[ours] = f"down_leak_{block}/{part}"
    for i in range(num_blocks):
        for part in ("conv1", "conv_aux", "conv2"):
            layers[f"u_block_{i}/{part}"] = f"shortrange_down_{i}/{part}"
            layers[f"ul_block_{i}/{part}"] = f"shortrange_down_right_{i}/{part}"
    return {
        f"{ours}/{weight}": f"picolor_template/{layer}/{name}"
        for ours, layer in layers.items()
        for weight, name in (("v", "V"), ("g", "g"), ("bias", "b"))
    }


def _names(config):
    return released_names(config["embedding_blocks"], config["num_blocks"])


def _check_names(path, preset, config, found, ema):
    """Checks that a checkpoint has the variables of a configuration."""
    missing, unknown = _differences(config, found, ema)
    if not missing and not unknown:
        return
    advice = f"Expected {len(_names(config))} variables and their averages."
    if not any(_differences(config, found, not ema)):
        advice = f"Pass ema={not ema} (--raw on the command line: ema=False)."
    for name in RELEASED:
        if not any(_differences(presets[name]["config"], found, ema)):
            advice = f"It fits {name}: pass this preset (--config)."
    raise ValueError(
        f"The checkpoint {path} does not fit {preset}: "
        f"{_listed('missing', missing)}, {_listed('unknown', unknown)}. "
        f"{advice}"
    )


def _differences(config, found, ema):
    """The missing names of a checkpoint, and its unknown names."""
    names = _names(config).values()
    needed = {name + (_AVERAGE if ema else "") for name in names}
    known = {name + kind for name in names for kind in _KINDS}
    others = {name for name in found if not _UNUSED.fullmatch(name)}
    return needed - found.keys(), others - known


def _listed(title, names):
    shown = ", ".join(sorted(names)[:3])
    more = ", ..." if len(names) > 3 else ""
    return f"{len(names)} {title}" + (f" ({shown}{more})" if names else "")


def _check_variable(path, name, expected, shape, dtype):
    if tuple(shape) != tuple(expected):
        raise ValueError(
            f"The variable {name} of {path} has the shape {tuple(shape)}. "
            f"Expected {tuple(expected)}. If the network has other widths, "
            "pass them as arguments, such as filters."
        )
    if dtype != "float32":
        raise ValueError(
            f"The variable {name} of {path} is {dtype.name}. Expected float32."
        )
