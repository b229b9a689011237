"""The full sampler: runs the whole network for every pixel."""

import numpy as np
from keras import ops

from keras_colorize.layers import folded_weights
from keras_colorize.sampling.arrays import keep_known
from keras_colorize.sampling.compiled import compiled
from keras_colorize.sampling.turns import channels_by_turn
from keras_colorize.sampling.turns import fill_unknown


class FullSampler:
    """The reference for `CachedSampler`, with the same methods.

    It takes any causal network, and is hundreds of times slower. With `order`
    it runs the network twice for every pixel.

    Args:
        network: See `CachedSampler`.
        drawn: See `CachedSampler`.
        draw: See `CachedSampler`.
        given: See `CachedSampler`.
        order: See `CachedSampler`.

    Raises:
        ValueError: If the arguments do not fit each other.
    """

    def __init__(self, network, drawn, draw, given=(), order=None):
        self._turns = channels_by_turn(network, drawn, order)
        self._network = network
        self._drawn = drawn
        self._draw = draw
        self._given = given
        self._order = order
        self._names = [tensor.name for tensor in network.inputs]
        self._num_parameters = sum(x.shape[-1] for x in network.outputs)
        self.sample_rows = compiled(self.sample_rows, network, donated=3)

    def fold(self):
        """An empty tuple: `sample_rows` reads the weights."""
        return ()

    def prepare(self, weights, inputs):
        """The inputs, without the drawn input."""
        return tuple(inputs[n] for n in self._names if n != self._drawn)

    def begin(self, prepared, noise, hints):
        """See `CachedSampler.begin`.

        Raises:
            ValueError: If the network is not causal.
        """
        shape = (*noise.shape[:3], hints.shape[-1] - 1)
        self._check_causal([x[:1] for x in prepared], (1, *shape[1:]))
        drawn = ops.zeros(shape)
        parameters = ops.zeros((*shape[:3], self._num_parameters))
        return (*prepared, noise, hints), (drawn, parameters)

    def sample_rows(self, weights, fixed, temperature, state, start, stop):
        """See `CachedSampler.sample_rows`."""
        *prepared, noise, hints = fixed
        width = noise.shape[2]

        def step(index, state):
            drawn, parameters = state
            row, column = index // width, index % width
            given = {
                name: _pixel(tensor, row, column)
                for name, tensor in self._inputs(prepared, drawn).items()
                if name in self._given
            }
            for turn, channels in enumerate(self._turns):
                outputs = self._outputs(prepared, drawn)[: turn + 1]
                outputs = [_pixel(x, row, column) for x in outputs]
                known = ops.concatenate(outputs, axis=-1)
                pixel = self._draw(
                    fill_unknown(known, self._num_parameters),
                    _pixel(noise, row, column),
                    given,
                    temperature,
                )
                pixel = keep_known(pixel, _pixel(hints, row, column))
                drawn = _put(drawn, row, column, pixel, channels)
            known = ops.cast(known, "float32")
            return drawn, _put(parameters, row, column, known)

        with folded_weights([self._network]):
            return ops.fori_loop(start * width, stop * width, step, state)

    def image(self, state):
        """The drawn pixels of a batch: a NumPy array `(B, h, w, C)`."""
        return ops.convert_to_numpy(state[0])

    def parameters(self, state):
        """The network's output on the drawn image: `(B, h, w, P)`."""
        return state[1]

    def _inputs(self, prepared, drawn):
        """The network's inputs by name."""
        prepared = iter(prepared)
        return {
            name: drawn if name == self._drawn else next(prepared)
            for name in self._names
        }

    def _outputs(self, prepared, drawn):
        """The network's outputs: a list of tensors `(B, h, w, any)`."""
        inputs = self._inputs(prepared, drawn)
        outputs = self._network(list(inputs.values()))
        return outputs if isinstance(outputs, list | tuple) else [outputs]

    def _check_causal(self, prepared, shape):
        """Changes one pixel. What is drawn before must not depend on it."""
        _, height, width, _ = shape
        row, column = height // 2, width // 2

        def outputs(drawn):
            found = self._outputs(prepared, ops.convert_to_tensor(drawn))
            return [
                ops.convert_to_numpy(ops.cast(ops.stop_gradient(x), "float32"))
                for x in found
            ]

        drawn = np.random.default_rng(0).uniform(-1, 1, shape)
        drawn = drawn.astype("float32")
        drawn[0, row, column] = 1
        before = outputs(drawn)
        for turn in reversed(range(len(self._turns))):
            drawn[0, row, column, self._turns[turn]] = -1
            for i, (old, new) in enumerate(zip(before, outputs(drawn))):
                # Outputs of later turns may depend on these channels.
                end = row * width + column + (i <= turn)
                moved = np.abs(new - old).reshape(height * width, -1)[:end]
                # More than rounding.
                if moved.max(initial=0) > 1e-3 * np.abs(old).max():
                    raise ValueError(
                        f"Output {i} of {self._network.name!r} depends on "
                        "channels that are not drawn yet. order is "
                        f"{self._order!r}. Pass strict=True to the "
                        f"convolutions that take {self._drawn!r}, or the "
                        "order in which its channels are drawn."
                    )


def _pixel(tensor, row, column):
    """A tensor `(B, h, w, C)` at one pixel, `(B, C)`."""
    batch, channels = tensor.shape[0], tensor.shape[-1]
    pixel = ops.slice(tensor, (0, row, column, 0), (batch, 1, 1, channels))
    return ops.reshape(pixel, (batch, channels))


def _put(tensor, row, column, pixel, channels=slice(0, None)):
    """The tensor `(B, h, w, C)` with channels of a new pixel `(B, C)`."""
    return ops.slice_update(
        tensor,
        (0, row, column, channels.start),
        pixel[:, None, None, channels],
    )
