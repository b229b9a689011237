"""Compiling functions on the backend of Keras."""

import functools

import keras


def compiled(function, layer=None, donated=None, fused=False):
    """Compiles a function of tensors, which may read the variables of `layer`.

    The function is traced once for each combination of shapes. On jax, and on
    tensorflow with a GPU, XLA compiles it. On a CPU, tensorflow runs a network
    as a plain graph: XLA takes seconds to compile one, which then is hardly
    faster (see `benchmarks/README.md`). On torch the function runs eagerly and
    without gradients. Variables are read at each call, so the function follows
    training.

    Args:
        function: Function of tensors and structures of tensors.
        layer: Keras layer or model whose variables `function` uses, or None.
        donated: int or None. Position of an argument whose memory jax may
            reuse for the result.
        fused: bool. Whether XLA compiles the function on tensorflow's CPU,
            too. Long chains of elementwise operations gain by it.

    Returns:
        A function of the same arguments.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(
            function,
            jit_compile=fused or bool(tf.config.list_logical_devices("GPU")),
            reduce_retracing=False,
            autograph=False,
        )
    if backend == "jax":
        return _jax_compiled(function, layer, donated)
    if backend == "torch":
        import torch

        return torch.no_grad()(function)
    raise RuntimeError(
        f"The Keras backend is {backend!r}, on which no colors can be drawn. "
        "Expected tensorflow, jax or torch: set KERAS_BACKEND."
    )


def _jax_compiled(function, layer, donated):
    import jax

    variables = [] if layer is None else layer.variables
    # The first argument is the variables' values.
    donate = () if donated is None else (donated + 1,)

    @functools.partial(jax.jit, donate_argnums=donate)
    def stateless(values, *arguments):
        # As arguments. Otherwise weights would be constants of the program.
        mapping = list(zip(variables, values))
        with keras.StatelessScope(state_mapping=mapping):
            return function(*arguments)

    @functools.wraps(function)
    def call(*arguments):
        return stateless([v.value for v in variables], *arguments)

    return call
