"""Compiling a sampler on the backend that Keras uses."""

import functools

import keras


def compiled(function, layer=None, donated=None):
    """Compiles a function of tensors that may read the variables of `layer`.

    XLA on tensorflow and jax, where it is compiled once for each combination
    of shapes; eager and without gradients on torch. Variables are read at each
    call, so a compiled sampler follows training.

    Args:
        function: Function of tensors and structures of them.
        layer: Keras layer or model whose variables `function` uses, or None.
        donated: int or None. Position of an argument that is not used again,
            whose memory the result may take (on jax).

    Returns:
        A function of the same arguments.
    """
    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        return tf.function(function, jit_compile=True, reduce_retracing=False)
    if backend == "jax":
        return _jax_compiled(function, layer, donated)
    if backend == "torch":
        import torch

        return torch.no_grad()(function)
    raise RuntimeError(
        f"Sampling is not available on the Keras backend {backend!r}. "
        "Set KERAS_BACKEND to tensorflow, jax or torch."
    )


def _jax_compiled(function, layer, donated):
    import jax

    variables = [] if layer is None else layer.variables
    # The first argument is the variables' values.
    donate = () if donated is None else (donated + 1,)

    @functools.partial(jax.jit, donate_argnums=donate)
    def stateless(values, *arguments):
        # Weights are arguments, or they would be constants of the program.
        mapping = list(zip(variables, values))
        with keras.StatelessScope(state_mapping=mapping):
            return function(*arguments)

    @functools.wraps(function)
    def call(*arguments):
        return stateless([v.value for v in variables], *arguments)

    return call
