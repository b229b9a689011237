"""The full sampler: runs the whole network for every pixel."""

from keras import ops

from keras_colorize.layers import folded_weights
from keras_colorize.sampling.arrays import keep_known
from keras_colorize.sampling.compiled import compiled


class FullSampler:
    """The reference for `CachedSampler`, with the same methods.

    It takes any causal network, and is hundreds of times slower.

    Args:
        network: See `CachedSampler`.
        drawn: See `CachedSampler`.
        draw: See `CachedSampler`.
        given: See `CachedSampler`.
    """

    def __init__(self, network, drawn, draw, given=()):
        self._network = network
        self._drawn = drawn
        self._draw = draw
        self._given = given
        self._names = [tensor.name for tensor in network.inputs]
        self.sample_rows = compiled(self.sample_rows, network, donated=3)

    def fold(self):
        """An empty tuple: `sample_rows` reads the weights."""
        return ()

    def prepare(self, weights, inputs):
        """The inputs, without the drawn input."""
        return tuple(inputs[n] for n in self._names if n != self._drawn)

    def begin(self, prepared, noise, hints):
        """See `CachedSampler.begin`."""
        num_parameters = self._network.outputs[0].shape[-1]
        drawn, parameters = (
            ops.zeros((*noise.shape[:3], channels))
            for channels in (hints.shape[-1] - 1, num_parameters)
        )
        return (*prepared, noise, hints), (drawn, parameters)

    def sample_rows(self, weights, fixed, temperature, state, start, stop):
        """See `CachedSampler.sample_rows`."""
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

    def image(self, state):
        """The drawn pixels of a batch: a NumPy array `(B, h, w, C)`."""
        return ops.convert_to_numpy(state[0])

    def parameters(self, state):
        """The network's output on the drawn image: `(B, h, w, P)`."""
        return state[1]


def _pixel(tensor, row, column):
    """A tensor `(B, h, w, C)` at one pixel, `(B, C)`."""
    batch, channels = tensor.shape[0], tensor.shape[-1]
    pixel = ops.slice(tensor, (0, row, column, 0), (batch, 1, 1, channels))
    return ops.reshape(pixel, (batch, channels))


def _put(tensor, row, column, pixel):
    """The tensor `(B, h, w, C)` with a new pixel `(B, C)`."""
    return ops.slice_update(
        tensor, (0, row, column, 0), pixel[:, None, None, :]
    )
