"""Convolution with weight normalization."""

import contextlib
import threading

import keras
from keras import ops

from keras_colorize.layers.pointwise_cache import PointwiseCache


class _Modes(threading.local):
    """Modes of the layers, separate for each thread."""

    initializing = False
    # Kernels by the id of their layer.
    folded = {}


_modes = _Modes()


@contextlib.contextmanager
def data_dependent_initialization():
    """A context in which each call of a `WeightNormConv2D` initializes it.

    Call a network eagerly on one batch inside this context. Then each
    convolution is initialized on the outputs of initialized layers (Salimans
    and Kingma 2016, section 3).
    """
    _modes.initializing = True
    try:
        yield
    finally:
        _modes.initializing = False


@contextlib.contextmanager
def folded_weights(layers):
    """A context in which each `WeightNormConv2D` keeps one kernel.

    The kernels are computed once, on entry, instead of at every call. Open
    this context before a loop that calls the layers. Other threads do not
    notice it.

    Args:
        layers: Iterable of Keras layers. Nested layers are included.
    """
    outer = _modes.folded
    _modes.folded = {
        id(layer): layer.kernel()
        for top in layers
        for layer in top._flatten_layers()
        if isinstance(layer, WeightNormConv2D)
    }
    try:
        yield
    finally:
        _modes.folded = outer


@keras.saving.register_keras_serializable(package="keras_colorize")
class WeightNormConv2D(keras.layers.Layer):
    """2D convolution with weight normalization: W = g V / ||V||.

    The norm of V is over height, width and input channels, so `g` is the norm
    of each output channel's kernel (Salimans and Kingma 2016, section 2).

    Args:
        filters: int. Output channels.
        kernel_size: int or pair of ints. Height and width of the kernel.
        strides: int. Stride of both axes.
        padding: `"same"`, `"valid"`, or `((top, bottom), (left, right))`
            zeros.
        dilation_rate: int. Dilation of both axes.
        init_scale: float. Standard deviation of the outputs after
            data-dependent initialization.

    Input shape: `(batch, height, width, channels)`.

    Output shape: `(batch, new_height, new_width, filters)`.
    """

    def __init__(
        self,
        filters,
        kernel_size,
        strides=1,
        padding="same",
        dilation_rate=1,
        init_scale=1.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.filters = filters
        self.kernel_size = _pair(kernel_size)
        self.strides = strides
        self.padding = (
            padding if isinstance(padding, str) else tuple(map(tuple, padding))
        )
        self.dilation_rate = dilation_rate
        self.init_scale = init_scale

    def build(self, input_shape):
        shape = (*self.kernel_size, input_shape[-1], self.filters)
        # Kept in float32 under mixed precision: norms need it.
        self.v = self.add_weight(
            name="v",
            shape=shape,
            initializer=keras.initializers.RandomNormal(stddev=0.05),
            autocast=False,
        )
        self.g = self.add_weight(
            name="g",
            shape=(self.filters,),
            initializer="ones",
            autocast=False,
        )
        self.bias = self.add_weight(
            name="bias",
            shape=(self.filters,),
            initializer="zeros",
            autocast=False,
        )
        self.input_spec = keras.layers.InputSpec(
            ndim=4, axes={-1: input_shape[-1]}
        )

    def kernel(self):
        """The convolution's kernel, g V / ||V||, in the variables' dtype."""
        v = ops.convert_to_tensor(self.v)
        square_norm = ops.sum(v * v, axis=(0, 1, 2))
        # Keeps a kernel of zeros zero.
        square_norm = ops.maximum(square_norm, 1e-12)
        return v * (self.g * ops.rsqrt(square_norm))

    def initialize(self, inputs):
        """Sets g and the bias from a batch of inputs. V is not changed.

        Afterwards the outputs on `inputs` have mean 0 and standard deviation
        `init_scale` in every channel (Salimans and Kingma 2016, equation 6).

        Args:
            inputs: Float tensor `(batch, height, width, channels)`, eager.
        """
        inputs = ops.cast(inputs, self.compute_dtype)
        if not self.built:
            self.build(tuple(inputs.shape))
        self.g.assign(ops.ones((self.filters,)))
        outputs = ops.cast(self._convolve(inputs, self.kernel()), "float32")
        mean, variance = ops.moments(outputs, axes=(0, 1, 2))
        scale = self.init_scale * ops.rsqrt(variance + 1e-10)
        self.g.assign(scale)
        self.bias.assign(-mean * scale)

    def call(self, inputs):
        if _modes.initializing:
            self.initialize(inputs)
        kernel = _modes.folded.get(id(self))
        if kernel is None:
            kernel = self.kernel()
        bias = ops.cast(self.bias, self.compute_dtype)
        return self._convolve(inputs, kernel) + bias

    def _convolve(self, inputs, kernel):
        padding = self.padding
        if not isinstance(padding, str):
            inputs = ops.pad(inputs, ((0, 0), *padding, (0, 0)))
            padding = "valid"
        return ops.conv(
            inputs,
            ops.cast(kernel, self.compute_dtype),
            strides=self.strides,
            padding=padding,
            data_format="channels_last",
            dilation_rate=self.dilation_rate,
        )

    def sampling_cache(self, parts):
        """How `CachedSampler` computes the layer.

        Args:
            parts: list of (LoopLevel, int). Level and number of channels, for
                each group of neighboring input channels.

        Raises:
            UncacheableError: If the convolution is not 1x1.
        """
        return PointwiseCache(self, parts)

    def compute_output_shape(self, input_shape):
        sizes = []
        padding = self.padding
        for axis, size in enumerate(input_shape[1:3]):
            reach = (self.kernel_size[axis] - 1) * self.dilation_rate
            if size is None:
                sizes.append(None)
            elif padding == "same":
                sizes.append(-(-size // self.strides))
            else:
                zeros = 0 if padding == "valid" else sum(padding[axis])
                sizes.append((size + zeros - reach - 1) // self.strides + 1)
        return (input_shape[0], *sizes, self.filters)

    def get_config(self):
        config = super().get_config()
        config.update(
            filters=self.filters,
            kernel_size=self.kernel_size,
            strides=self.strides,
            padding=self.padding,
            dilation_rate=self.dilation_rate,
            init_scale=self.init_scale,
        )
        return config


def _pair(value):
    return (value, value) if isinstance(value, int) else tuple(value)
