"""Colorizers that draw chroma pixel by pixel."""

import functools
import threading

import keras
import numpy as np
from keras import ops

from keras_colorize import generation
from keras_colorize.color import downsample
from keras_colorize.models import rgb_data
from keras_colorize.models.colorizer import Colorizer
from keras_colorize.sampling import SAMPLERS
from keras_colorize.sampling import compiled
from keras_colorize.sampling import nothing_known

# Calls in which an image is drawn if its rows are counted.
_CALLS_TO_COUNT = 8


class AutoregressiveColorizer(Colorizer):
    """Base class of colorizers that draw chroma pixel by pixel.

    A subclass builds `network`, whose output has an entry `"parameters"`, and:

    - `embedding_network`, a functional model of gray `(B, H, W, 1)`;
    - `autoregressive_network`, a functional model with the inputs
      `"luminance"` and `"chroma"`, on the grid of chroma, and `"embedding"`,
      the output of `embedding_network`. Its output, the parameters of the
      distribution of each pixel, is causal in raster order;
    - `head`, the `Distribution`.

    The channels of a pixel are drawn together, unless `draw_order` is their
    order, such as `(1, 0)`. Then `autoregressive_network` has an output for
    each channel, in this order. The second output may depend on the first
    channel of its own pixel. The outputs, joined, are the parameters of `head`.
    The first channel is drawn while the parameters of the second are zeros
    (see `CachedSampler`), so its distribution must not depend on them.

    `CachedSampler` makes sampling fast for every such network.
    """

    supports = frozenset({"hints", "likelihood", "temperature", "readout"})
    draw_order = None

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._samplers = {}
        self._samplers_lock = threading.Lock()
        self._encode = None

    @property
    def readouts(self):
        """Ways to choose the chroma of a pixel, the default first."""
        return self.head.readouts

    @property
    def temperatures(self):
        """The most temperatures that `generate` takes."""
        return self.head.num_temperatures

    # === Likelihood ===

    def losses_of(self, outputs, targets):
        return {
            "bits_per_dim": self.bits_per_dim(outputs["parameters"], targets)
        }

    def bits_per_dim(self, parameters, targets):
        """Bits per dimension of each image: -log2 p / (h w channels).

        Args:
            parameters: Tensor `(B, h, w, num_outputs)`.
            targets: dict. From `targets`.

        Returns:
            A float32 tensor `(B,)`.
        """
        log_prob = self.head.log_prob(
            parameters, targets["chroma"], targets["luminance"]
        )
        nats = -ops.mean(log_prob, axis=(1, 2)) / self.head.channels
        return nats / np.log(2.0).astype("float32")

    def distributions(self, outputs):
        """The distributions of chroma in the outputs of the network.

        Args:
            outputs: dict. The outputs of the network.

        Returns:
            A dictionary of parameters `(B, h, w, num_outputs)`: those of the
            whole model, `"model"`, and of parts that have a loss of their own.
        """
        return {"model": outputs["parameters"]}

    def log_likelihoods_of(self, outputs, targets):
        return {
            name: self._log_likelihood(parameters, targets)
            for name, parameters in self.distributions(outputs).items()
        }

    def _log_likelihood(self, parameters, targets):
        height, width, channels = targets["chroma"].shape[1:]
        dimensions = height * width * channels
        return -dimensions * self.bits_per_dim(parameters, targets)

    def predictions(self, outputs):
        """The parameters of the distributions `(N, h, w, num_outputs)`."""
        return outputs["parameters"]

    def compared(self, outputs, targets):
        """Luminance and chroma `(B, h, w, 3)`, and the parameters."""
        y_true = [targets["luminance"], targets["chroma"]]
        return ops.concatenate(y_true, axis=-1), outputs["parameters"]

    # === Drawing ===

    def encode(self, gray):
        if self._encode is None:
            network = self.embedding_network
            self._encode = compiled(network, network)
        luminance = downsample(gray, self.chroma_factor, self.chroma_method)
        return _Context(
            {"embedding": self._encode(gray), "luminance": luminance}
        )

    def noise_shape(self, grid):
        return (*grid, self.head.num_noise)

    def draw(self, context, noise, request):
        sampler = self.sampler(request.sampler, request.readout)
        weights, prepared = context.prepare(sampler)
        batch, height = noise.shape[:2]
        luminance = context.inputs["luminance"]
        hints = request.hints_on_grid
        if hints is None:
            hints = nothing_known(luminance, self.head.channels)
        luminance, hints, *prepared = (
            ops.repeat(part, batch, axis=0)
            for part in (luminance, hints, *prepared)
        )
        fixed, state = sampler.begin(tuple(prepared), noise, hints)
        count = request.count_rows
        rows = -(-height // (_CALLS_TO_COUNT if count else 1))
        temperature = self.head.expand_temperature(request.temperature)
        for start in range(0, height, rows):
            stop = min(start + rows, height)
            state = sampler.sample_rows(
                weights,
                fixed,
                temperature,
                state,
                ops.convert_to_tensor(start, "int32"),
                ops.convert_to_tensor(stop, "int32"),
            )
            if count:
                count(stop - start)
        chroma = ops.convert_to_tensor(sampler.image(state))
        if not request.return_log_likelihood:
            return chroma, None
        return chroma, self._log_likelihood(
            sampler.parameters(state),
            {"chroma": chroma, "luminance": luminance},
        )

    def reconstruct(self, images, readout="mean", seed=0):
        """Predicts each pixel from the true chroma of the pixels before it.

        This is teacher forcing. The pictures show how well the model predicts
        a single pixel; in `generate` errors add up.

        Args:
            images: `(N, H, W, 3)`: uint8, uint16, or float in `value_range`; H
                and W multiples of `chroma_factor`.
            readout: str. One of `readouts`.
            seed: int. The seed of the readout `"sample"`.

        Returns:
            A uint8 array `(N, H, W, 3)`.
        """
        if readout not in self.readouts:
            raise ValueError(
                f"readout is {readout!r}. Expected one of {self.readouts}."
            )
        images = ops.convert_to_numpy(images)
        rgb_data.check(images, self.value_range)
        outputs = self(images)
        targets = outputs["targets"]
        shape = (*targets["luminance"].shape[:3], self.head.num_noise)
        noise = np.random.default_rng(seed).random(shape, dtype="float32")
        chroma = self._read(
            readout,
            outputs["parameters"],
            ops.convert_to_tensor(noise),
            targets,
            1.0,
        )
        images = rgb_data.to_unit_range(images, self.value_range)
        images = ops.convert_to_numpy(images)
        return generation.color_images(self, images, chroma)

    def sampler(self, name="cached", readout="sample"):
        """The sampler of a name and readout. The model makes each once.

        Args:
            name: str. `"cached"` or `"full"` (see `generate`).
            readout: str. One of `readouts`.
        """
        key = (name, readout)
        with self._samplers_lock:
            if key not in self._samplers:
                self._samplers[key] = SAMPLERS[name](
                    self.autoregressive_network,
                    "chroma",
                    functools.partial(self._read, readout),
                    ("luminance",),
                    self.draw_order,
                )
            return self._samplers[key]

    def _read(self, readout, parameters, noise, given, temperature):
        """Chooses the chroma of pixels from their distributions."""
        luminance = given["luminance"]
        if readout == "sample":
            return self.head.sample(parameters, noise, luminance, temperature)
        return getattr(self.head, readout)(parameters, luminance)


def exact_policy(policy):
    """The dtype policy of an autoregressive network: mixed ones as float32.

    An error at a pixel changes all later pixels.
    """
    if policy.name.startswith("mixed_"):
        return keras.DTypePolicy(policy.variable_dtype)
    return policy


class _Context:
    """The inputs of a photograph, prepared once for each sampler."""

    def __init__(self, inputs):
        self.inputs = inputs
        self._prepared = {}
        self._lock = threading.Lock()

    def prepare(self, sampler):
        """The sampler's weights, and its tensors of the photograph."""
        with self._lock:
            if sampler not in self._prepared:
                weights = sampler.fold()
                self._prepared[sampler] = (
                    weights,
                    sampler.prepare(weights, self.inputs),
                )
            return self._prepared[sampler]
