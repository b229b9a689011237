"""Colorizers that draw chroma pixel by pixel."""

import threading

import numpy as np
from keras import ops

from keras_colorize import generation
from keras_colorize.color import downsample
from keras_colorize.models import rgb_data
from keras_colorize.models.colorizer import Colorizer
from keras_colorize.sampling import SAMPLERS
from keras_colorize.sampling import compiled
from keras_colorize.sampling import nothing_known


class AutoregressiveColorizer(Colorizer):
    """Base class of colorizers that draw chroma pixel by pixel.

    A subclass builds, beside `network`:

    - `embedding_network`, a functional model of gray `(B, H, W, 1)`;
    - `autoregressive_network`, a functional model of inputs `"luminance"`,
      `"chroma"` (both on the chroma's grid) and `"embedding"`, what
      `embedding_network` gives. Its output, the distribution's parameters at
      each pixel, is causal in raster order;
    - `head`, the `Distribution`.

    `network`'s output has the entry `"parameters"`. Sampling is fast without
    further code: `CachedSampler` takes the network apart and asks each layer
    how it is computed a row or a pixel at a time.
    """

    supports = frozenset({"hints", "likelihood", "temperature", "readout"})

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self._samplers = {}
        self._encode = None

    @property
    def readouts(self):
        """Ways to choose a pixel's chroma, the default first."""
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
        """The distributions of chroma among the network's outputs.

        Args:
            outputs: dict. The network's.

        Returns:
            A dictionary of parameters `(B, h, w, num_outputs)`: `"model"` and,
            by name, parts of it that are trained to be models by themselves.
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
        """The distribution's parameters `(N, h, w, num_outputs)`."""
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
        hints = request.hints
        if hints is None:
            hints = nothing_known(
                context.inputs["luminance"], self.head.channels
            )
        prepared, hints, luminance = (
            [ops.repeat(part, batch, axis=0) for part in parts]
            for parts in (prepared, [hints], [context.inputs["luminance"]])
        )
        fixed, state = sampler.begin(tuple(prepared), noise, hints[0])
        # In several calls if rows are to be counted.
        count = request.count_rows
        calls = (sampler.calls_an_image or height) if count else 1
        rows = -(-height // calls)
        temperature = self._temperatures(request.temperature)
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
            {"chroma": chroma, "luminance": luminance[0]},
        )

    def reconstruct(self, images, readout="mean", seed=0):
        """Reads each pixel's chroma out of its distribution given the others.

        Each pixel is predicted from the gray image and from the true chroma of
        the pixels before it: teacher forcing. So the pictures show what the
        model knows of a single pixel, without errors that add up.

        Args:
            images: `(N, H, W, 3)`: uint8, uint16, or float in `value_range`; H
                and W multiples of `chroma_factor`.
            readout: str. One of `readouts`.
            seed: int. Of the noise of `"sample"`.

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
            self._temperatures(1.0),
        )
        images = rgb_data.to_unit_range(images, self.value_range)
        images = ops.convert_to_numpy(images)
        return generation.color_images(self, images, chroma)

    def sampler(self, name="cached", readout="sample"):
        """The model's sampler of a name and readout, made once a model.

        Args:
            name: str. `"cached"` or `"full"` (see `generate`).
            readout: str. One of `readouts`.
        """
        key = (name, readout)
        if key not in self._samplers:

            def draw(parameters, noise, given, temperature):
                return self._read(
                    readout, parameters, noise, given, temperature
                )

            self._samplers[key] = SAMPLERS[name](
                self.autoregressive_network, "chroma", draw, ("luminance",)
            )
        return self._samplers[key]

    def _read(self, readout, parameters, noise, given, temperature):
        """Chroma of pixels from their distribution."""
        luminance = given["luminance"]
        if readout == "sample":
            return self.head.sample(parameters, noise, luminance, temperature)
        return getattr(self.head, readout)(parameters, luminance)

    def _temperatures(self, temperature):
        """Temperatures as a tensor of one shape, for one program."""
        channels = self.head.channels
        given = np.atleast_1d(np.float32(temperature))
        values = given
        if len(given) < self.temperatures:
            values = np.broadcast_to(given, (channels,))
            rest = self.temperatures - channels
            values = np.append(values, [np.mean(values)] * rest)
        return ops.convert_to_tensor(values.astype("float32"))


class _Context:
    """What drawing needs of a photograph, prepared once for each sampler."""

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
