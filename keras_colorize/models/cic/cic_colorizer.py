"""CIC, a colorizer that classifies the color of each pixel."""

import math

import keras
from keras import layers
from keras import ops

from keras_colorize.encoders.for_colorizer import for_colorizer
from keras_colorize.models.cic.bin_histogram import BinHistogram
from keras_colorize.models.histogram_colorizer import HistogramColorizer
from keras_colorize.sampling import compiled


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorizerCIC(HistogramColorizer):
    """Colorful Image Colorization (Zhang, Isola, Efros 2016).

    A convolutional network of L gives each pixel a histogram of 313 colors, at
    a quarter of the resolution. Pixels are independent given the gray image.

    The loss is the cross-entropy with the 5 bins nearest to the color, as
    Gaussians of deviation 5 share the color among the bins. Pixels of rare
    colors count more: see `keras_colorize.color.cic_bins.bin_weights`. So the
    histograms are not those of photographs, and there is no likelihood.

    `generate` takes these readouts. For one coloring, the default is the
    first. For several colorings, the default is `"sample"`.

    - `"annealed_mean"`: the mean color of the sharpened histogram, whose
      temperature is `annealing` times the `temperature` of `generate`. So
      `temperature=1 / annealing` gives the mean of the histogram itself;
    - `"mode"`: the likeliest bin;
    - `"sample"`: each pixel is drawn by itself, which looks like noise. The
      histogram has the `temperature` of `generate`.

    `fit` takes images whose sides are multiples of 4.

    Args:
        width: float. Multiplies the channels of every layer but the last.
        annealing: float. The temperature of `"annealed_mean"`, above 0.
            0.38 is the paper's.
        image_size: int. Side of the gray images that the model is meant for.
        **kwargs: As in `Colorizer` and `RGBModel`.

    Example:

    ```python
    model = ColorizerCIC(width=0.25, image_size=128)
    model.compile()
    model.fit(photographs, epochs=5)
    photos = model.generate(gray)
    maps = model.uncertainty(gray)
    ```
    """

    supports = BinHistogram.supports
    readouts = BinHistogram.readouts

    def __init__(self, width=1.0, annealing=0.38, image_size=224, **kwargs):
        if not 0 < annealing < math.inf:
            raise ValueError(
                f"annealing is {annealing}. Expected a finite number above 0."
            )
        head = BinHistogram(annealing)
        super().__init__(
            color_space=head.color_space,
            loss_weights=head.loss_weights,
            chroma_factor=4,
            image_size=image_size,
            **kwargs,
        )
        self.head = head
        self.histogram_shape = head.histogram_shape

        # === Functional Model ===
        dtype = self.dtype_policy
        config = {"name": "cic", "width": width}
        self.encoder, _ = for_colorizer(
            config, None, True, self.color_space, dtype
        )
        gray = keras.Input((None, None, 1), name="gray")
        x = self.encoder(gray)["stride8"]
        x = layers.BatchNormalization(
            epsilon=1e-5, dtype=dtype, name="conv7_3norm"
        )(x)
        options = {
            "filters": max(1, int(256 * width)),
            "padding": "same",
            "activation": "relu",
            "dtype": dtype,
        }
        x = layers.Conv2DTranspose(
            kernel_size=4, strides=2, name="conv8_1", **options
        )(x)
        for name in ("conv8_2", "conv8_3"):
            x = layers.Conv2D(kernel_size=3, name=name, **options)(x)
        logits = layers.Conv2D(
            head.num_outputs, 1, dtype="float32", name="conv8_313"
        )(x)
        self.network = keras.Model(gray, {"logits": logits}, name="network")

        # === Config ===
        self.width = width
        self.annealing = annealing
        self._encode = None
        self.built = True

    def default_readout(self, drawn):
        return "sample" if drawn else "annealed_mean"

    # === Training ===

    def losses_of(self, outputs, targets):
        height, width = ops.shape(targets["chroma"])[1:3]
        # Images that are no multiple of 8 have logits beyond their border.
        logits = outputs["logits"][:, :height, :width]
        losses = self.head.losses(logits, targets["chroma"])
        return {k: ops.mean(v, axis=(1, 2)) for k, v in losses.items()}

    # === Drawing ===

    def encode(self, gray):
        if self._encode is None:
            self._encode = compiled(self._logits, self.network)
        return self._encode(gray)

    def _logits(self, gray):
        height, width = (x // self.chroma_factor for x in ops.shape(gray)[1:3])
        return self.network(gray)["logits"][:, :height, :width]

    def best_chroma(self):
        return lambda gray: self.head.read(
            self._logits(gray), "annealed_mean", None, 1.0
        )

    def noise_shape(self, grid):
        return (*grid, 1)

    def draw(self, context, noise, request):
        chroma = self.head.read(
            context, request.readout, noise, request.temperature
        )
        return ops.broadcast_to(chroma, (*noise.shape[:3], 2)), None

    def match(self, context, histogram, grid):
        return self.head.match(context, histogram)

    def get_config(self):
        return {
            **super().get_config(),
            "width": self.width,
            "annealing": self.annealing,
        }
