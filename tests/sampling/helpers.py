"""Small networks, and a check of a sampler against the forward pass."""

import keras
import numpy as np
from keras import ops

from keras_colorize.models.pic import ColorizerPIC
from keras_colorize.models.pixcolor.masked_pixelcnn import masked_pixelcnn
from keras_colorize.sampling import CachedSampler
from keras_colorize.sampling import nothing_known


def tiny_pic(seed=0, **overrides):
    """A small PIC whose every weight is random, gains and biases too."""
    config = {
        "embedding_filters": (8, 10),
        "embedding_strides": (2, 1),
        "embedding_blocks": (1, 1),
        "embedding_dilations": (1, 2),
        "filters": 6,
        "num_blocks": 2,
        "num_components": 2,
        "embedding_loss_weight": 0.0,
        "image_size": 12,
        **overrides,
    }
    model = ColorizerPIC(**config)
    randomize(model, seed)
    return model


def tiny_masked(seed=0, num_bins=5, **overrides):
    """A small PixelCNN of Cr, then Cb. Every weight is random."""
    config = {"filters": 16, "num_blocks": 2, "hidden_filters": 32, **overrides}
    features = keras.Input((None, None, 3), name="features")
    chroma = keras.Input((None, None, 2), name="chroma")
    logits = masked_pixelcnn(features, chroma, num_bins=num_bins, **config)
    network = keras.Model([features, chroma], logits)
    randomize(network, seed)
    return network


def randomize(model, seed):
    generator = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        values = generator.normal(scale=0.4, size=variable.shape)
        if variable.name == "g":
            values = 0.5 + np.abs(values)
        variable.assign(values)


def uniform(seed, *shape):
    values = np.random.default_rng(seed).uniform(-1.0, 1.0, shape)
    return ops.convert_to_tensor(values.astype("float32"))


def project(parameters, noise, given, temperature):
    """Draws two random combinations of all parameters: none goes unseen."""
    parameters = ops.cast(parameters, "float32")
    count = parameters.shape[-1]
    values = []
    for shift in (0, 1):
        weights = noise[..., shift : shift + count]
        value = ops.sum(parameters * weights, axis=-1)
        values.append(0.5 * value + noise[..., count + shift])
    return ops.stack(values, axis=-1)


def draw_bins(parameters, noise, given, temperature):
    """Draws Cb and Cr from the logits of Cr and Cb, by the Gumbel-max trick."""
    parameters = ops.cast(parameters, "float32")
    gumbel = -ops.log(-ops.log(ops.clip(noise, 1e-6, 1 - 1e-6)))
    values = []
    for logits, noise in zip(
        ops.split(parameters, 2, axis=-1), ops.split(gumbel, 2, axis=-1)
    ):
        bins = ops.argmax(logits + temperature * noise, axis=-1)
        scale = 2.0 / (logits.shape[-1] - 1)
        values.insert(0, ops.cast(bins, "float32") * scale - 1.0)
    return ops.stack(values, axis=-1)


def check_exact(network, height, width, batch=2, seed=0, tolerance=1e-4):
    """Draws with caches, and holds every pixel's parameters against the
    network's forward pass on what was drawn."""
    sampler = CachedSampler(network, "chroma", project)
    inputs = {
        tensor.name: uniform(seed + i, batch, height, width, tensor.shape[-1])
        for i, tensor in enumerate(network.inputs)
        if tensor.name != "chroma"
    }
    count = network.outputs[0].shape[-1]
    noise = uniform(seed + 9, batch, height, width, count + 2)
    drawn, parameters = sample(sampler, inputs, noise)
    assert np.std(drawn) > 0.1

    arguments = {**inputs, "chroma": ops.convert_to_tensor(drawn)}
    expected = network([arguments[x.name] for x in network.inputs])
    expected = ops.cast(ops.stop_gradient(expected), "float32")
    close = {"rtol": tolerance, "atol": tolerance}
    np.testing.assert_allclose(
        parameters, ops.convert_to_numpy(expected), **close
    )
    expected = project(expected, noise, {}, 1.0)
    np.testing.assert_allclose(drawn, ops.convert_to_numpy(expected), **close)


def sample(
    sampler, inputs, noise, temperature=1.0, rows_a_call=None, hints=None
):
    """Draws a batch: chroma and parameters, arrays (B, h, w, ...)."""
    weights = sampler.fold()
    prepared = sampler.prepare(weights, inputs)
    if hints is None:
        hints = nothing_known(noise, 2)
    fixed, state = sampler.begin(prepared, noise, hints)
    height = noise.shape[1]
    size = rows_a_call or height
    for start in range(0, height, size):
        state = sampler.sample_rows(
            weights,
            fixed,
            ops.convert_to_tensor(temperature, "float32"),
            state,
            ops.convert_to_tensor(start, "int32"),
            ops.convert_to_tensor(min(start + size, height), "int32"),
        )
    return (
        sampler.image(state),
        ops.convert_to_numpy(sampler.parameters(state)),
    )


def pic_inputs(seed, batch, height, width, filters=10):
    """Random inputs of `tiny_pic`'s autoregressive network, but chroma."""
    return {
        "embedding": uniform(seed, batch, height, width, filters),
        "luminance": uniform(seed + 1, batch, height, width, 1),
    }


def temperatures(value):
    """A temperature for the scales of a and b, and for the component."""
    return (value, value, value)
