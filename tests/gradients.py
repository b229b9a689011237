"""Gradients on whichever backend Keras runs."""

import keras
import numpy as np
from keras import ops


def gradients(function, *arrays):
    """d sum(function(*arrays)) / d array, for each array, as NumPy arrays."""
    values = [np.asarray(array, "float32") for array in arrays]
    return _gradients(lambda tensors: function(*tensors), values)


def variable_gradients(function, variables):
    """d sum(function()) / d variable, for each Keras variable."""
    if not variables:
        return []
    if keras.backend.backend() == "jax":

        def stateless(values):
            mapping = list(zip(variables, values))
            with keras.StatelessScope(state_mapping=mapping):
                return function()

        return _gradients(stateless, [variable.value for variable in variables])
    if keras.backend.backend() == "tensorflow":
        return _tensorflow(function, [v.value for v in variables])
    return _torch(function, [v.value for v in variables])


def _gradients(function, values):
    backend = keras.backend.backend()
    if backend == "jax":
        import jax

        # Compiled as a whole: quicker than operation by operation.
        gradient = jax.jit(jax.grad(lambda tensors: ops.sum(function(tensors))))
        found = gradient([ops.convert_to_tensor(value) for value in values])
        return [np.asarray(gradient, "float32") for gradient in found]
    tensors = [ops.convert_to_tensor(value) for value in values]
    if backend == "tensorflow":
        return _tensorflow(lambda: function(tensors), tensors)
    for tensor in tensors:
        tensor.requires_grad_(True)
    return _torch(lambda: function(tensors), tensors)


def _tensorflow(function, tensors):
    import tensorflow as tf

    with tf.GradientTape() as tape:
        tape.watch(tensors)
        total = tf.reduce_sum(function())
    found = tape.gradient(
        total, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO
    )
    # That of a gather is sparse.
    found = [tf.convert_to_tensor(gradient) for gradient in found]
    return [np.asarray(gradient, "float32") for gradient in found]


def _torch(function, tensors):
    import torch

    found = torch.autograd.grad(
        function().sum(), tensors, allow_unused=True, materialize_grads=True
    )
    return [gradient.detach().float().cpu().numpy() for gradient in found]
