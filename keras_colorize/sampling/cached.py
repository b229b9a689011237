"""The cached sampler: computes every activation once."""

from keras import ops

from keras_colorize.layers import LoopLevel
from keras_colorize.sampling.arrays import Packing
from keras_colorize.sampling.arrays import at
from keras_colorize.sampling.arrays import keep_known
from keras_colorize.sampling.arrays import put
from keras_colorize.sampling.compiled import compiled
from keras_colorize.sampling.graph import Graph
from keras_colorize.sampling.steps import ShiftedStep
from keras_colorize.sampling.steps import read
from keras_colorize.sampling.turns import fill_unknown


class CachedSampler:
    """Draws from an autoregressive network without repeating any work.

    Activations that depend only on the photograph are computed once per
    photograph. Activations that depend on rows above are computed once per
    row, all others once per pixel. Sampling is exact: at each pixel, the
    parameters are those of a forward pass on the drawn image, up to rounding.

    The sampler can use three kinds of layers. The first kind treats each pixel
    by itself and has an attribute `pixelwise = True`. The second kind has a
    method `sampling_cache(parts)` that returns a `ShiftedConv2DCache` or a
    `PointwiseCache`. The third kind is composed of the others and of
    elementwise operations.

    Args:
        network: Functional Keras model with named inputs `(B, h, w, C)`. Its
            output, the parameters, is causal in raster order. With `order`,
            it has an output for each channel of a pixel, in this order. The
            second output may depend on the first channel of its own pixel.
        drawn: str. Name of the input that is drawn.
        draw: Function that draws a pixel `(B, C)`. Its arguments, all at one
            pixel, are the parameters `(B, P)`, noise `(B, N)`, a dictionary of
            the `given` inputs `(B, C)` by name, and the temperature. With
            `order`, the parameters are both outputs, joined. Then the function
            is called twice: for the first channel, with zeros for the second
            output, and for the second channel. The sampler ignores the other
            channel of each result.
        given: tuple of str. Names of the inputs that `draw` needs.
        order: tuple of 2 ints or None. The channels of the drawn input in the
            order in which they are drawn. By default they are drawn together.

    Raises:
        UncacheableError: If a layer is of another kind or is not causal.
        ValueError: If the arguments do not fit each other.
    """

    def __init__(self, network, drawn, draw, given=(), order=None):
        self._graph = graph = Graph(network, drawn, order)
        self._draw = draw
        self._given = {name: graph.inputs[name] for name in given}
        self._num_parameters = sum(x.shape[-1] for x in network.outputs)
        self._num_channels = sum(f.channels for f in graph.drawn)
        steps = graph.steps
        self._shifted = [s for s in steps if isinstance(s, ShiftedStep)]
        self._steps = {
            level: [s for s in steps if s.level == level] for level in LoopLevel
        }
        # A causal convolution of the current row starts when the row does.
        self._row_steps = [
            s for s in steps if s.level == LoopLevel.ROW or s in self._shifted
        ]
        self._plan_memory()
        self.fold = compiled(self.fold, network)
        self.prepare = compiled(self.prepare, network)
        self.begin = compiled(self.begin, network)
        self.sample_rows = compiled(self.sample_rows, network, donated=3)

    def _plan_memory(self):
        """Lists the features that each loop keeps for its inner loops."""
        wanted = {level: [] for level in LoopLevel}
        for step in self._graph.steps:
            wanted[step.level] += step.features
        for step in self._shifted:
            # A strict layer takes its input when the pixel is drawn.
            if step.pushes:
                wanted[LoopLevel.DRAWN] += step.inputs
        wanted[LoopLevel.PIXEL] += self._graph.output
        wanted[LoopLevel.PIXEL] += self._given.values()
        leaving = [
            feature
            for step in self._shifted
            if step.leaves_row
            for feature in step.inputs
        ]
        by_pixel = [
            feature
            for level in LoopLevel
            if level > LoopLevel.ROW
            for feature in wanted[level]
        ]
        self._photograph_features = list(
            dict.fromkeys(
                feature
                for feature in [*wanted[LoopLevel.ROW], *by_pixel, *leaving]
                if feature.level == LoopLevel.PHOTOGRAPH
            )
        )
        self._row_packing = Packing(
            feature for feature in by_pixel if feature.level <= LoopLevel.ROW
        )
        self._pixel_packing = Packing(
            feature for feature in leaving if feature.level > LoopLevel.ROW
        )

    # === Once for the weights ===

    def fold(self):
        """The network's weights, in the shapes that the loops use."""
        return tuple(cache.fold() for cache in self._graph.caches)

    # === Once per photograph ===

    def prepare(self, weights, inputs):
        """Computes all features that depend only on the photographs.

        Args:
            weights: From `fold`.
            inputs: dict of tensors `(B, h, w, C)`, without the drawn input.

        Returns:
            A tuple of tensors `(B, h, w, ...)`.
        """
        weights = self._by_cache(weights)
        values = {
            feature: ops.cast(inputs[name], feature.dtype)
            for name, feature in self._graph.inputs.items()
        }
        for step in self._steps[LoopLevel.PHOTOGRAPH]:
            step.run(weights, values)
        return tuple(values[feature] for feature in self._photograph_features)

    # === Once per batch ===

    def begin(self, prepared, noise, hints):
        """Starts a batch.

        Args:
            prepared: From `prepare`, with a batch entry for each sample.
            noise: `(B, h, w, N)`, uniform in [0, 1).
            hints: `(B, h, w, C + 1)`. Values of pixels, and 1 where they are
                known, else 0.

        Returns:
            A pair: tensors that do not change while the batch is drawn, and
            the state, which changes.
        """
        batch, height, width = noise.shape[:3]
        # Pixels first, so that the values of a pixel are contiguous.
        fixed = tuple(
            ops.transpose(array, (1, 2, 0, 3))
            for array in (*prepared, noise, hints)
        )
        below = tuple(
            step.cache.start_rows(batch, width) for step in self._shifted
        )
        drawn, parameters = (
            ops.zeros((height, width, batch, channels))
            for channels in (self._num_channels, self._num_parameters)
        )
        return fixed, (drawn, parameters, below)

    def sample_rows(self, weights, fixed, temperature, state, start, stop):
        """Draws rows `start` to `stop` of a batch.

        Args:
            weights: From `fold`.
            fixed: From `begin`.
            temperature: Tensor, for `draw`.
            state: From `begin`, or from the call for the rows before `start`.
                Do not use it again: jax reuses its memory.
            start: Scalar int32 tensor.
            stop: Scalar int32 tensor.

        Returns:
            The state, with the rows drawn.
        """
        weights = self._by_cache(weights)
        *prepared, noise, hints = fixed

        def draw_row(row, state):
            drawn, parameters, below = state
            values = {
                feature: at(array, row)
                for feature, array in zip(self._photograph_features, prepared)
            }
            pixels, outputs, below = self._sample_row(
                weights,
                values,
                at(noise, row),
                at(hints, row),
                temperature,
                below,
            )
            drawn = put(drawn, row, pixels)
            return drawn, put(parameters, row, outputs), below

        return ops.fori_loop(start, stop, draw_row, state)

    def image(self, state):
        """The drawn pixels of a batch: a NumPy array `(B, h, w, C)`."""
        return ops.convert_to_numpy(state[0]).transpose(2, 0, 1, 3)

    def parameters(self, state):
        """The network's output on the drawn image: `(B, h, w, P)`."""
        return ops.transpose(state[1], (2, 0, 1, 3))

    # === Once per row ===

    def _sample_row(self, weights, values, noise, hints, temperature, below):
        """Draws a row.

        Returns:
            The pixels `(W, B, C)`, their parameters `(W, B, P)`, and the sums
            of the rows below.
        """
        width, batch = noise.shape[:2]
        below = dict(zip(self._shifted, below))
        for step in self._row_steps:
            if step in below:
                below[step] = step.begin_row(
                    weights, below[step], values, batch, width
                )
            else:
                step.run(weights, values)
        constants = self._row_packing.pack(values)

        def draw_pixel(column, state):
            pixels, outputs, activations, right = state
            values = self._row_packing.unpack(
                [at(array, column) for array in constants]
            )
            parameters, right = self._sample_pixel(
                weights,
                values,
                at(noise, column),
                at(hints, column),
                temperature,
                right,
            )
            packed = self._pixel_packing.pack(values)
            return (
                put(pixels, column, read(self._graph.drawn, values)),
                put(outputs, column, parameters),
                tuple(
                    put(array, column, entry)
                    for array, entry in zip(activations, packed)
                ),
                right,
            )

        state = (
            ops.zeros((width, batch, self._num_channels)),
            ops.zeros((width, batch, self._num_parameters)),
            self._pixel_packing.zeros(width, batch),
            tuple(s.cache.start_pixels(batch) for s in self._shifted),
        )
        pixels, outputs, activations, _ = ops.fori_loop(
            0, width, draw_pixel, state
        )
        values.update(self._pixel_packing.unpack(activations))
        for step in self._shifted:
            if step.leaves_row:
                below[step] = step.end_row(weights, below[step], values)
        return pixels, outputs, tuple(below.values())

    # === Once per pixel ===

    def _sample_pixel(self, weights, values, noise, hint, temperature, right):
        """Draws a pixel, and adds its features to `values`.

        Returns:
            The parameters `(B, P)`, and the sums of the pixels to the right.
        """
        right = dict(zip(self._shifted, right))

        def run(level):
            for step in self._steps[level]:
                if step in right:
                    right[step] = step.take_pixel(weights, right[step], values)
                else:
                    step.run(weights, values)

        given = {name: values[feature] for name, feature in self._given.items()}
        known = []
        for turn in self._graph.turns:
            run(turn.level)
            known += turn.output
            parameters = fill_unknown(read(known, values), self._num_parameters)
            pixel = self._draw(parameters, noise, given, temperature)
            pixel = keep_known(pixel, hint)[..., turn.channels]
            values[turn.drawn] = ops.cast(pixel, turn.drawn.dtype)
        run(LoopLevel.DRAWN)
        for step in self._shifted:
            if step.pushes:
                right[step] = step.push_pixel(weights, right[step], values)
        return ops.cast(parameters, "float32"), tuple(right.values())

    def _by_cache(self, weights):
        return dict(zip(self._graph.caches, weights))
