"""The full sampler, which runs the whole network for every pixel."""

from keras import ops

from keras_colorize.layers import folded_weights
from keras_colorize.sampling.arrays import keep_known
from keras_colorize.sampling.compiled import compiled


class FullSampler:
    """The reference for `CachedSampler`, with the same methods.

    It takes any causal network, and is hundreds of times slower.

    Args:
        network: Functional Keras model of named inputs `(B, h, w, C)`; its
            output, the parameters, is causal in raster order.
        drawn: str. Name of the input that is drawn.
        draw: See `CachedSampler`.
        given: tuple of str. Names of the inputs that `draw` needs.
    """

    # Every row is a call: None.
    calls_an_image = None

    def __init__(self, network, drawn, draw, given=()):
        self._network = network
        self._drawn = drawn
        self._draw = draw
        self._given = given
        self._names = [tensor.name for tensor in network.inputs]
        shapes = dict(zip(self._names, network.inputs))
        self._channels = shapes[drawn].shape[-1]
        self._num_parameters = network.outputs[0].shape[-1]
        self._rows = compiled(self._rows, network, donated=3)

    def fold(self):
        """Nothing: weights are read at each call."""
        return ()

    def prepare(self, weights, inputs):
        """The inputs, as they are."""
        return tuple(inputs[n] for n in self._names if n != self._drawn)

    def begin(self, prepared, noise, hints):
        """See `CachedSampler.begin`."""
        drawn, parameters = (
            ops.zeros((*noise.shape[:3], channels))
            for channels in (self._channels, self._num_parameters)
        )
        return (*prepared, noise, hints), (drawn, parameters)

    def sample_rows(self, weights, fixed, temperature, state, start, stop):
        """See `CachedSampler.sample_rows`."""
        return self._rows(weights, fixed, temperature, state, start, stop)

    def image(self, state):
        """The drawn pixels of a batch: a NumPy array `(B, h, w, C)`."""
        return ops.convert_to_numpy(state[0])

    def parameters(self, state):
        """The network's output on the drawn image: `(B, h, w, P)`."""
        return state[1]

    def _rows(self, weights, fixed, temperature, state, start, stop):
        *prepared, noise, hints = fixed
        width = noise.shape[2]
        names = [name for name in self._names if name != self._drawn]
        inputs = dict(zip(names, prepared))

        def step(index, state):
            drawn, parameters = state
            row, column = index // width, index % width
            values = {**inputs, self._drawn: drawn}
            outputs = self._network([values[n] for n in self._names])
            outputs = _pixel(outputs, row, column)
            pixel = self._draw(
                outputs,
                _pixel(noise, row, column),
                {n: _pixel(inputs[n], row, column) for n in self._given},
                temperature,
            )
            pixel = keep_known(pixel, _pixel(hints, row, column))
            return (
                _put(drawn, row, column, pixel),
                _put(parameters, row, column, ops.cast(outputs, "float32")),
            )

        with folded_weights([self._network]):
            return ops.fori_loop(start * width, stop * width, step, state)


def _pixel(tensor, row, column):
    """A tensor `(B, h, w, C)` at one pixel, `(B, C)`."""
    batch, channels = tensor.shape[0], tensor.shape[-1]
    pixel = ops.slice(tensor, (0, row, column, 0), (batch, 1, 1, channels))
    return ops.reshape(pixel, (batch, channels))


def _put(tensor, row, column, pixel):
    """The tensor `(B, h, w, C)` with another pixel `(B, C)`."""
    return ops.slice_update(
        tensor, (0, row, column, 0), pixel[:, None, None, :]
    )
