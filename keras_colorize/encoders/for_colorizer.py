"""The encoder of a colorizer, from the colorizer's arguments."""

import inspect

import keras

from keras_colorize import encoders


def for_colorizer(encoder, weights, trainable, color_space, policy):
    """Makes the encoder of a colorizer.

    Args:
        encoder: str, dict or Keras model. See `keras_colorize.encoders.get`. A
            built-in encoder gets the gray that the color space has.
        weights: path or None. A file that `encoders.load_weights` takes.
        trainable: bool. Whether `fit` changes the encoder.
        color_space: `keras_colorize.color.ColorSpace`.
        policy: Dtype policy of the encoder's layers.

    Returns:
        The encoder, and its config: `encoder` as data, with its gray.

    Raises:
        ValueError: If the encoder does not see the gray of the color space.
    """
    encoder = _for_space(encoder, color_space)
    config = encoders.serialize(encoder)
    model = _with_policy(policy, lambda: encoders.get(encoder, trainable))
    if weights is not None:
        encoders.load_weights(model, config, weights)
    return model, config


def _for_space(encoder, color_space):
    """A built-in encoder's name or dict, with the gray that it will see."""
    config = {"name": encoder} if isinstance(encoder, str) else encoder
    if not isinstance(config, dict) or "layers" in config:
        return encoder
    make = encoders.ENCODERS.get(config.get("name"))
    gray = "lab" if color_space.name == "lab" else "srgb"
    if make is not None and "gray" in inspect.signature(make).parameters:
        return {"gray": gray, **config}
    if make is not None and gray != "lab":
        raise ValueError(
            f"The encoder {config['name']!r} sees L of Lab, which the color "
            f"space of the model, {color_space.name!r}, does not have. Choose "
            "another encoder, or a model of Lab."
        )
    return encoder


def _with_policy(policy, make):
    """Makes layers that take their dtype from Keras's default policy."""
    before = keras.config.dtype_policy()
    keras.config.set_dtype_policy(policy)
    try:
        return make()
    finally:
        keras.config.set_dtype_policy(before)
