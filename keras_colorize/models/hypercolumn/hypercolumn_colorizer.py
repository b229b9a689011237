"""Hypercolumns, a colorizer of histograms."""

import math

import keras
import numpy as np
from keras import ops

from keras_colorize.encoders.for_colorizer import for_colorizer
from keras_colorize.models.histogram_colorizer import HistogramColorizer
from keras_colorize.models.hypercolumn.heads import Histograms
from keras_colorize.models.hypercolumn.heads import head_named
from keras_colorize.models.hypercolumn.hypercolumn import Hypercolumn
from keras_colorize.models.hypercolumn.hypercolumn import enlarge
from keras_colorize.models.hypercolumn.padded_square import PaddedSquare
from keras_colorize.sampling import compiled


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorizerHypercolumn(HistogramColorizer):
    """Colorization by hypercolumns (Larsson, Maire, Shakhnarovich 2016).

    An encoder looks at the gray image. The values of its feature maps at a
    pixel, the hypercolumn, go through a dense layer and ReLU, and give a
    histogram of the pixel's chroma. Pixels are independent given the gray
    image, so there is no sampler: `generate` reads chroma from all histograms
    at once.

    `fit` computes the loss at `num_locations` random cells of the chroma grid
    an image; `evaluate` computes it at all.

    `generate` takes these readouts. For one coloring, the default is the
    first for Lab and the second for hue and chroma, which gives the best
    single coloring. For several colorings, the default is `"coherent"`.

    - `"expectation"`: the mean color;
    - `"median"`: the median of each channel; of hue and chroma, the median of
      chroma and the mean direction of hue;
    - `"mode"`: the likeliest bin;
    - `"sample"`: each pixel is drawn by itself, which looks like noise;
    - `"coherent"`: one random number a channel is the quantile that all
      pixels take, so a coloring has no noise, and colorings differ.

    A lower temperature sharpens the histograms that a readout is of.

    Histograms of Lab have a likelihood, that of 256 values a channel as for
    `ColorizerPIC`. Those of hue and chroma have none: gray has no hue.

    Args:
        encoder: str, dict or Keras model. See `keras_colorize.encoders.get`.
            A built-in encoder gets the gray that the color space has.
            Another encoder must expect this gray: L of Lab, or gray values
            for `distribution="hue_chroma"`.
        distribution: str. What the network gives each pixel: `"hue_chroma"`,
            histograms of 32 bins of hue and of chroma; `"lab"`, the same of a
            and b; `"lab_joint"`, one histogram of 16 x 16 bins of a and b; or
            `"lab_l2"`, a single color by least squares.
        filters: int. Width of the dense layer on hypercolumns.
        hidden_filters: int. Width of a second dense layer; 0 leaves it out,
            as in the paper.
        dropout: float. Rate after the layer on hypercolumns; 0.5 is the
            released program's.
        num_locations: int or None. Cells of the chroma grid, drawn with
            replacement, that `fit` computes the loss at. None takes all.
        chromatic_fading: bool. Of `"hue_chroma"`: whether chroma fades
            where the hue is uncertain.
        encoder_weights: path or None. A file that `encoders.load_weights`
            takes. The config leaves the path out: a saved model has its
            weights.
        encoder_trainable: bool. Whether `fit` changes the encoder.
        encoder_learning_rate_factor: float. The encoder's learning rate as a
            share of the optimizer's, above 0: 0.1 fine-tunes a pretrained
            encoder carefully.
        chroma_factor: int. Resolution of gray over that of chroma.
        image_size: int. Side of the gray images that the model is meant for.
        border: str. The value of feature maps and histograms outside, for
            interpolation at the border: `"repeat"`, the outermost value; or
            `"zeros"`, as in the released program.
        pad_to_square: bool. Of `"hue_chroma"`: whether `generate` works as
            the released program. It shrinks photographs, pads them with
            black to a square of side `image_size` (512, or a multiple of 32),
            and interpolates histograms at each pixel of the photograph
            before it reads chroma.
        antialias: bool. With `pad_to_square`: whether photographs are shrunk
            by means over areas. False interpolates linearly, as the released
            program does.
        released_readouts: bool. Of `"hue_chroma"`: whether to read chroma as
            the released program. `"median"` and samples are centers of bins,
            the chroma of `"mode"` is the lower edge of its bin, and
            `"q75"` is `"median"` with the upper quartile of chroma.
        **kwargs: As in `Colorizer` and `RGBModel`.

    Example:

    ```python
    model = ColorizerHypercolumn("efficientnet_lite0", encoder_weights=path)
    model.compile()
    model.fit(photographs, epochs=5)
    photos = model.generate(gray)
    maps = model.uncertainty(gray)
    ```
    """

    def __init__(
        self,
        encoder,
        distribution="hue_chroma",
        filters=1024,
        hidden_filters=0,
        dropout=0.5,
        num_locations=128,
        chromatic_fading=True,
        encoder_weights=None,
        encoder_trainable=True,
        encoder_learning_rate_factor=1.0,
        chroma_factor=4,
        image_size=256,
        border="repeat",
        pad_to_square=False,
        antialias=True,
        released_readouts=False,
        **kwargs,
    ):
        head = head_named(distribution, chromatic_fading, released_readouts)
        if pad_to_square and (distribution != "hue_chroma" or image_size % 32):
            raise ValueError(
                f"pad_to_square=True came with distribution={distribution!r} "
                f"and image_size={image_size}. Expected 'hue_chroma' and a "
                "multiple of 32."
            )
        super().__init__(
            color_space=head.color_space,
            loss_weights=head.loss_weights,
            chroma_factor=chroma_factor,
            image_size=image_size,
            **kwargs,
        )
        # === Layers ===
        dtype = self.dtype_policy
        self.encoder, self._encoder_config = for_colorizer(
            encoder,
            encoder_weights,
            encoder_trainable,
            self.color_space,
            dtype,
        )
        self.head = head
        self.hypercolumn = Hypercolumn(
            filters, chroma_factor, border, dtype=dtype, name="hypercolumn"
        )
        self.dropout_layer = keras.layers.Dropout(dropout, dtype=dtype)
        self.hidden = None
        if hidden_filters:
            self.hidden = keras.layers.Dense(
                hidden_filters,
                activation="relu",
                dtype=dtype,
                name="hypercolumn_hidden",
            )
        self.logits = keras.layers.Dense(
            head.num_outputs, dtype="float32", name="hypercolumn_logits"
        )

        # === Functional Model ===
        gray = keras.Input((None, None, 1), name="gray")
        points = keras.Input((num_locations, 2), name="points", dtype="int32")
        maps = {"gray": gray, **self.encoder(gray)}
        self.network = keras.Model(
            gray, {"logits": self._logits_of(maps)}, name="dense"
        )
        self.sparse_network = keras.Model(
            [gray, points],
            {"logits": self._logits_of(maps, points)},
            name="sparse",
        )

        # === Config ===
        self.distribution = distribution
        self.filters = filters
        self.hidden_filters = hidden_filters
        self.dropout = dropout
        self.num_locations = num_locations
        self.chromatic_fading = chromatic_fading
        self.encoder_trainable = encoder_trainable
        self.encoder_learning_rate_factor = encoder_learning_rate_factor
        self.border = border
        self.pad_to_square = pad_to_square
        self.antialias = antialias
        self.released_readouts = released_readouts
        self.seed_generator = keras.random.SeedGenerator()
        self._encode = None
        self.built = True

    def _logits_of(self, maps, points=None):
        x = self.dropout_layer(ops.relu(self.hypercolumn(maps, points)))
        return self.logits(x if self.hidden is None else self.hidden(x))

    @property
    def supports(self):
        """Options of `generate` that the distribution has."""
        return self.head.supports

    @property
    def readouts(self):
        """Ways to choose chroma, the default first."""
        return self.head.readouts

    @property
    def temperatures(self):
        """The most temperatures that `generate` takes."""
        return self.head.temperatures

    def default_readout(self, drawn):
        if drawn and "coherent" in self.readouts:
            return "coherent"
        return self.readouts[0]

    # === Training ===

    def call(self, images, training=False):
        targets = self.targets(images, training)
        if "points" in targets:
            inputs = [targets["gray"], targets["points"]]
            outputs = self.sparse_network(inputs, training=training)
        else:
            outputs = self.network(targets["gray"], training=training)
        return {**outputs, "targets": targets}

    def targets(self, images, training=False):
        """Takes gray and chroma from RGB images.

        Args:
            images: See `Colorizer.targets`.
            training: bool. Whether to draw locations.

        Returns:
            See `Colorizer.targets`. With locations, `"points"`
            `(B, num_locations, 2)`, rows and columns of the chroma grid, and
            `"chroma"` `(B, num_locations, 2)` there.
        """
        targets = super().targets(images, training)
        if not training or self.num_locations is None:
            return targets
        batch, height, width = ops.shape(targets["chroma"])[:3]
        shape = (batch, self.num_locations, 2)
        uniform = keras.random.uniform(shape, seed=self.seed_generator)
        size = ops.cast(ops.stack([height, width]), "float32")
        points = ops.cast(ops.floor(uniform * size), "int32")
        index = points[..., :1] * width + points[..., 1:]
        flat = ops.reshape(targets["chroma"], (batch, height * width, 2))
        chroma = ops.take_along_axis(flat, index, axis=1)
        return {**targets, "points": points, "chroma": chroma}

    def losses_of(self, outputs, targets):
        losses = self.head.losses(outputs["logits"], targets["chroma"])
        return {
            name: ops.mean(values, axis=tuple(range(1, len(values.shape))))
            for name, values in losses.items()
        }

    def log_likelihoods_of(self, outputs, targets):
        if "likelihood" not in self.supports:
            return super().log_likelihoods_of(outputs, targets)
        return {"model": self._bits(outputs["logits"], targets["chroma"])}

    def _bits(self, logits, chroma):
        log_prob = self.head.log_prob(logits, chroma)
        return ops.sum(log_prob, axis=(1, 2)) / math.log(2.0)

    # === Drawing ===

    def grid_of(self, height, width):
        if self.pad_to_square:
            return height, width
        return super().grid_of(height, width)

    def gray_picture(self, luminance):
        if not self.pad_to_square:
            return super().gray_picture(luminance)
        return self._square(luminance).gray(luminance, self.antialias)

    def _square(self, photograph):
        return PaddedSquare(self.image_size, *photograph.shape[:2])

    def encode(self, gray):
        if self._encode is None:
            self._encode = compiled(self.network, self.network)
        return self._encode(gray)["logits"]

    def best_chroma(self):
        def chroma_of(gray):
            logits = self.network(gray)["logits"]
            readout = self.default_readout(drawn=False)
            chroma = self.head.read(logits, readout, None, 1.0)
            return ops.clip(chroma, -1.0, 1.0)

        return chroma_of

    def noise_shape(self, grid):
        return (*grid, 2)

    def draw(self, context, noise, request):
        if self.pad_to_square:
            chroma = self._read_in_bands(context, noise, request)
        else:
            chroma = self.head.read(
                context, request.readout, noise, request.temperature
            )
        chroma = ops.clip(chroma, -1.0, 1.0)
        chroma = ops.broadcast_to(chroma, noise.shape)
        if not request.return_log_likelihood:
            return chroma, None
        logits = ops.repeat(context, noise.shape[0], axis=0)
        return chroma, self._bits(logits, chroma)

    @property
    def histogram_shape(self):
        """The shape of the histogram that `generate(like=...)` takes."""
        if isinstance(self.head, Histograms):
            return self.head.histogram_shape
        return super().histogram_shape

    def match(self, context, histogram, grid):
        if not isinstance(self.head, Histograms):
            return super().match(context, histogram, grid)
        window = np.s_[:, :]
        if self.pad_to_square:
            # The grid is the photograph's. Black margins have no colors.
            square = PaddedSquare(self.image_size, *grid)
            window = square.window(self.chroma_factor)
        return self.head.match(context, histogram, window)

    def _read_in_bands(self, context, noise, request):
        """Reads chroma at each pixel of the photograph."""
        chroma = []
        bands = self._square(noise[0]).bands(self.chroma_factor, self.border)
        for band, interpolate in bands:
            # Coherent pixels share the noise of the first pixel.
            rows = slice(1) if request.readout == "coherent" else band
            chroma.append(
                self.head.read(
                    context,
                    request.readout,
                    noise[:, rows],
                    request.temperature,
                    interpolate,
                )
            )
        return ops.concatenate(chroma, axis=1)

    def histograms(self, gray, full_resolution=False):
        """Computes the histograms of gray images.

        Images are taken as they are: not resized and not padded.

        Args:
            gray: Array or tensor `(B, H, W)`. Gray values (sRGB encoded),
                float in [0, 1]. H and W are multiples of `chroma_factor`. The
                released program takes multiples of 32 alone.
            full_resolution: bool. Whether to interpolate the histograms to
                the resolution of the images, by the rule of `border`.

        Returns:
            A dict of float32 arrays `(B, H / chroma_factor, W /
            chroma_factor, K)`, or `(B, H, W, K)`: `"hue"` and `"chroma"`, of
            32 equal bins of [0, 1]; `"a"` and `"b"`; or `"ab"`, whose bin
            `i * 16 + j` is bin i of a and bin j of b. The values of a
            histogram sum to 1, but for `border="zeros"` near the border.

        Raises:
            ValueError: For other shapes, dtypes or values, and with
                `distribution="lab_l2"`.
        """
        if not self.head.names:
            raise ValueError(
                f"The distribution {self.distribution!r} has no histograms. "
                "Expected 'hue_chroma', 'lab' or 'lab_joint'."
            )
        gray = _checked_gray(gray, self.chroma_factor)
        sizes = gray.shape[1:3]
        luminance = self.color_space.luminance(gray[..., None])
        logits = self.encode(self.color_space.normalize_luminance(luminance))
        p = ops.exp(self.head.log_probabilities(logits))
        found = {}
        for i, name in enumerate(self.head.names):
            values = p[..., i, :]
            if full_resolution:
                scale = 1.0 / self.chroma_factor
                values = enlarge(values, sizes, scale, self.border)
            found[name] = ops.convert_to_numpy(values)
        return found

    def _enlarged(self, values, photograph):
        if not self.pad_to_square:
            return super()._enlarged(values, photograph)
        rows, columns = self._square(photograph).matrices(
            self.chroma_factor, self.border
        )
        return ops.matmul(rows, ops.matmul(values[0], ops.transpose(columns)))

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": self._encoder_config,
            "distribution": self.distribution,
            "filters": self.filters,
            "hidden_filters": self.hidden_filters,
            "dropout": self.dropout,
            "num_locations": self.num_locations,
            "chromatic_fading": self.chromatic_fading,
            "encoder_trainable": self.encoder_trainable,
            "encoder_learning_rate_factor": self.encoder_learning_rate_factor,
            "chroma_factor": self.chroma_factor,
            "border": self.border,
            "pad_to_square": self.pad_to_square,
            "antialias": self.antialias,
            "released_readouts": self.released_readouts,
        }


def _checked_gray(gray, factor):
    gray = np.asarray(ops.convert_to_numpy(gray))
    if (
        gray.ndim != 3
        or not gray.size
        or any(x % factor for x in gray.shape[1:])
    ):
        raise ValueError(
            f"gray has shape {gray.shape}. Expected (B, H, W) with H and W "
            f"multiples of {factor}: crop or resize the images first."
        )
    if gray.dtype.kind != "f" or not ((gray >= 0) & (gray <= 1)).all():
        raise ValueError(
            f"gray has dtype {gray.dtype} and values from {gray.min()} to "
            f"{gray.max()}. Expected float in [0, 1]: divide uint8 by 255."
        )
    return gray.astype("float32")
