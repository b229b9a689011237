"""The cached sampler, which computes every activation once."""

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


class CachedSampler:
    """Draws from an autoregressive network without repeating any work.

    Activations that depend on the photograph alone are computed once a
    photograph. Those that depend on rows above are computed once a row, and
    the rest once a pixel. Sampling is exact: at each pixel, the parameters are
    those of a full forward pass on the drawn image, up to rounding.

    A layer can take part in one of three ways. Its `call` treats each pixel by
    itself, and it has `pixelwise = True`. Or it has a method
    `sampling_cache(parts)`, which gives a `ShiftedConv2DCache` or a
    `PointwiseCache`. Or it is composed of such layers and of elementwise
    operations, and needs nothing.

    Args:
        network: Functional Keras model of named inputs `(B, h, w, C)`; its
            output, the parameters, is causal in raster order.
        drawn: str. Name of the input that is drawn.
        draw: Function of parameters `(B, P)`, noise `(B, N)`, a dictionary of
            inputs `(B, C)` by name, all at one pixel, and temperature, to the
            pixel `(B, C)`.
        given: tuple of str. Names of the inputs that `draw` needs.

    Raises:
        UncacheableError: If a layer cannot be cached.
    """

    # Calls in which an image is drawn when progress is to be shown.
    calls_an_image = 8

    def __init__(self, network, drawn, draw, given=()):
        self._graph = graph = Graph(network, drawn)
        self._draw = draw
        self._drawn = graph.inputs[drawn]
        self._photograph_inputs = {
            name: feature
            for name, feature in graph.inputs.items()
            if name != drawn
        }
        self._given = {name: graph.inputs[name] for name in given}
        self._num_parameters = network.outputs[0].shape[-1]
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
        self._fold = compiled(self._fold, network)
        self._prepare = compiled(self._prepare, network)
        self._begin = compiled(self._begin, network)
        self._rows = compiled(self._rows, network, donated=3)

    def _plan_memory(self):
        """Lists the features that each loop keeps for the loops inside it."""
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
        later = [s for level in LoopLevel if level > 0 for s in wanted[level]]
        self._photograph_features = list(
            dict.fromkeys(
                s for s in [*later, *leaving] if s.level == LoopLevel.PHOTOGRAPH
            )
        )
        by_pixel = [*wanted[LoopLevel.PIXEL], *wanted[LoopLevel.DRAWN]]
        self._row_packing = Packing(
            s for s in by_pixel if s.level <= LoopLevel.ROW
        )
        self._pixel_packing = Packing(
            s for s in leaving if s.level > LoopLevel.ROW
        )

    # === Once a model's weights change ===

    def fold(self):
        """The network's weights, in the shapes that the loops use."""
        return self._fold()

    def _fold(self):
        return tuple(cache.fold() for cache in self._graph.caches)

    # === Once a photograph ===

    def prepare(self, weights, inputs):
        """Computes all that depends on the photographs alone.

        Args:
            weights: From `fold`.
            inputs: dict of tensors `(B, h, w, C)`: all inputs of the network
                but the one that is drawn.

        Returns:
            A tuple of tensors `(B, h, w, ...)`.
        """
        return self._prepare(weights, inputs)

    def _prepare(self, weights, inputs):
        weights = self._by_cache(weights)
        values = {
            feature: ops.cast(inputs[name], feature.dtype)
            for name, feature in self._photograph_inputs.items()
        }
        for step in self._steps[LoopLevel.PHOTOGRAPH]:
            step.run(weights, values)
        return tuple(values[feature] for feature in self._photograph_features)

    # === Once a batch ===

    def begin(self, prepared, noise, hints):
        """Starts a batch.

        Args:
            prepared: From `prepare`, with a batch entry for each sample.
            noise: `(B, h, w, N)`, uniform in [0, 1).
            hints: `(B, h, w, C + 1)`. Values of pixels, and 1 where they are
                known, 0 where they are to be drawn.

        Returns:
            A pair: tensors that stay as they are while the batch is drawn,
            and the state, which changes.
        """
        return self._begin(prepared, noise, hints)

    def _begin(self, prepared, noise, hints):
        batch, height, width = noise.shape[:3]
        # Pixels first, so that a pixel's values are one run of memory.
        fixed = tuple(
            ops.transpose(array, (1, 2, 0, 3))
            for array in (*prepared, noise, hints)
        )
        below = tuple(
            step.cache.start_rows(batch, width) for step in self._shifted
        )
        drawn, parameters = (
            ops.zeros((height, width, batch, channels))
            for channels in (self._drawn.channels, self._num_parameters)
        )
        return fixed, (drawn, parameters, below)

    def sample_rows(self, weights, fixed, temperature, state, start, stop):
        """Draws rows `start` to `stop` of a batch.

        Args:
            weights: From `fold`.
            fixed: From `begin`.
            temperature: Tensor, of a shape that `draw` takes.
            state: From `begin`, or from the call for the rows before `start`.
                On jax its memory is used again.
            start: Scalar int32 tensor.
            stop: Scalar int32 tensor.

        Returns:
            The state with those rows drawn.
        """
        return self._rows(weights, fixed, temperature, state, start, stop)

    def image(self, state):
        """The drawn pixels of a batch: a NumPy array `(B, h, w, C)`."""
        return ops.convert_to_numpy(state[0]).transpose(2, 0, 1, 3)

    def parameters(self, state):
        """The network's output on the drawn image: `(B, h, w, P)`."""
        return ops.transpose(state[1], (2, 0, 1, 3))

    def _rows(self, weights, fixed, temperature, state, start, stop):
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

    # === Once a row ===

    def _sample_row(self, weights, values, noise, hints, temperature, below):
        """Draws a row: `(W, B, C)`, its parameters `(W, B, P)`, and the sums
        of the rows below it."""
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
                put(pixels, column, values[self._drawn]),
                put(outputs, column, parameters),
                tuple(
                    put(array, column, entry)
                    for array, entry in zip(activations, packed)
                ),
                right,
            )

        state = (
            ops.zeros((width, batch, self._drawn.channels)),
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

    # === Once a pixel ===

    def _sample_pixel(self, weights, values, noise, hint, temperature, right):
        """Draws a pixel into `values`; its parameters `(B, P)`, and the sums
        right of it."""
        right = dict(zip(self._shifted, right))

        def run(level):
            for step in self._steps[level]:
                if step in right:
                    right[step] = step.take_pixel(weights, right[step], values)
                else:
                    step.run(weights, values)

        run(LoopLevel.PIXEL)
        parameters = read(self._graph.output, values)
        given = {name: values[feature] for name, feature in self._given.items()}
        pixel = self._draw(parameters, noise, given, temperature)
        pixel = keep_known(pixel, hint)
        values[self._drawn] = ops.cast(pixel, self._drawn.dtype)
        run(LoopLevel.DRAWN)
        for step in self._shifted:
            if step.pushes:
                right[step] = step.push_pixel(weights, right[step], values)
        return ops.cast(parameters, "float32"), tuple(right.values())

    def _by_cache(self, weights):
        return dict(zip(self._graph.caches, weights))
