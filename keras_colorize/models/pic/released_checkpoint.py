"""Converting checkpoints of the program that Royer et al. (2017) released."""

import re

import keras
import numpy as np

from keras_colorize.models.config_arguments import LOCAL
from keras_colorize.models.config_arguments import check_arguments
from keras_colorize.models.pic.checkpoint_files import open_checkpoint
from keras_colorize.models.pic.pic_colorizer import ColorizerPIC
from keras_colorize.models.pic.pic_presets import presets
from keras_colorize.models.pic.released_names import RELEASED
from keras_colorize.models.pic.released_names import released_names
from keras_colorize.models.skeleton import skeleton_of
from keras_colorize.presets.weights import weights_of

# How the released network differs from the paper's.
_RELEASED = {
    "input_space": "rgb",
    "released_tails": True,
    "chroma_method": "subsample",
}
# What else makes it that network, though no variable's shape tells.
_FIXED = (*_RELEASED, "embedding_strides", "embedding_dilations")
_AVERAGE = "/ExponentialMovingAverage"
# Adam's state of a variable, and what else their program saves: its state of
# all and the values of summaries.
_SLOT = re.compile(r"/Adam(_1)?$")
_UNUSED = re.compile(
    r"beta[12]_power|global_step|bpd_rec|rec_error|gen_error|gen_error_gray"
)


def convert_checkpoint(
    path, preset="pic_imagenet128", ema=True, **config_overrides
):
    """Makes a model of a checkpoint that the program of Royer et al. wrote.

    The model is the released network, which differs from the paper's: its
    autoregressive network sees RGB (`input_space="rgb"`), improbable bins get
    their density (`released_tails=True`), chroma is taken by
    `chroma_method="subsample"`. Every variable of the checkpoint is used once
    or is a known part of the training state; anything else is an error.

    Args:
        path: str or path. The checkpoint's prefix (`model.ckpt`), a directory
            or a tar archive that holds it.
        preset: str. The configuration: `"pic_cifar10"` or
            `"pic_imagenet128"`.
        ema: bool. Whether to take the exponential moving averages of the
            variables, with which they evaluate and sample, or the variables
            themselves.
        **config_overrides: Arguments of `ColorizerPIC` to replace, for
            checkpoints of another width or depth. What no variable tells,
            such as `input_space` or `embedding_strides`, cannot be replaced.

    Returns:
        A `ColorizerPIC`.

    Raises:
        FileNotFoundError: If there is no checkpoint.
        ValueError: If it is damaged or not of this configuration; if an
            override would give another network than the released one; if a
            variable is missing, unknown, of another shape or dtype, or not
            finite. But for the last, before memory is taken for the model.

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
            "The program of Royer et al. has no network for the preset "
            f"{preset!r}. Expected one of {', '.join(RELEASED)}."
        )
    fixed = [name for name in _FIXED if name in config_overrides]
    if fixed:
        raise ValueError(
            f"{fixed[0]} cannot be overridden: the weights of the released "
            "network would be used in another one. Leave it out, or train a "
            "ColorizerPIC of that kind."
        )
    config = {**presets[preset]["config"], **_RELEASED, **config_overrides}
    local = {k: config.pop(k) for k in LOCAL if k in config}
    check_arguments(ColorizerPIC, config, f"The configuration {preset}")
    names = _names(config)
    with open_checkpoint(path) as reader:
        shapes = reader.get_variable_to_shape_map()
        _check_names(path, preset, names, shapes, ema)
        if ema:
            names = {ours: name + _AVERAGE for ours, name in names.items()}
        policy = keras.config.dtype_policy()
        skeleton = skeleton_of(ColorizerPIC, config, policy, preset)
        del skeleton["initialized"]
        dtypes = reader.get_variable_to_dtype_map()
        _check_shapes(path, preset, names, skeleton, shapes, dtypes)
        model = ColorizerPIC(**config, **local)
        weights = weights_of(model)
        for ours, name in names.items():
            value = reader.get_tensor(name)
            if not np.isfinite(value).all():
                raise ValueError(
                    f"The variable {name} of {path} has values that are not "
                    "finite: the training had failed, or the file is damaged."
                )
            weights[ours].assign(value)
    model.initialized.assign(1)
    return model


def _names(config):
    return released_names(config["embedding_blocks"], config["num_blocks"])


def _check_names(path, preset, names, found, ema):
    """Checks that a checkpoint has the variables of a configuration alone."""
    found = {name for name in found if not _UNUSED.fullmatch(name)}
    slots = {name for name in found if _SLOT.search(name)}
    used = {name.removesuffix(_AVERAGE) for name in found - slots}
    # A slot of no variable is one that nobody knows.
    used |= {name for name in slots if _SLOT.sub("", name) not in used}
    expected = set(names.values())
    if used != expected:
        fitting = [
            name
            for name in RELEASED
            if set(_names(presets[name]["config"]).values()) == used
        ]
        advice = (
            f"Its variables are those of {fitting[0]}: pass that (--config)."
            if fitting
            else f"Expected {len(expected)} variables, each with its average."
        )
        raise ValueError(
            f"The checkpoint {path} is not one of {preset}: "
            f"{_listed('missing', expected - used)}, "
            f"{_listed('unknown', used - expected)}. {advice}"
        )
    kind, suffix = ("average", _AVERAGE) if ema else ("raw value", "")
    missing = {n for n in expected if n + suffix not in found}
    if missing:
        raise ValueError(
            f"The checkpoint {path} lacks the {kind} of variables: "
            f"{_listed('missing', missing)}. Pass ema={not ema} (--raw on the "
            "command line is ema=False) if it has the other ones."
        )


def _check_shapes(path, preset, names, weights, shapes, dtypes):
    """Checks a checkpoint's variables against a model's weights."""
    if set(names) != set(weights):
        raise ValueError(
            "The program of Royer et al. has no such network as the overrides "
            f"ask for: {_listed('not in the model', set(names) - set(weights))}"
            f", {_listed('in the model alone', set(weights) - set(names))}."
        )
    wrong = [
        f"{name} {tuple(shapes[name])} (expected {tuple(weights[ours].shape)})"
        for ours, name in names.items()
        if tuple(shapes[name]) != tuple(weights[ours].shape)
    ]
    if wrong:
        raise ValueError(
            f"{len(wrong)} variables of {path} are of other shapes than those "
            f"of {preset}: {', '.join(wrong[:3])}, ... Override the widths, "
            "such as filters, if it is a network of other widths."
        )
    for name in names.values():
        if dtypes[name] != "float32":
            raise ValueError(
                f"The variable {name} of {path} is {dtypes[name].name}. "
                "Expected float32."
            )


def _listed(title, names):
    shown = ", ".join(sorted(names)[:3])
    more = ", ..." if len(names) > 3 else ""
    return f"{len(names)} {title}" + (f" ({shown}{more})" if names else "")
