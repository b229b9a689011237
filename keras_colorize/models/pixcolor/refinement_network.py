"""The network that enlarges PixColor's chroma."""

import keras
from keras import ops

from keras_colorize.color import YCbCrSpace
from keras_colorize.color import downsample
from keras_colorize.color.pixels import check_rgb
from keras_colorize.layers import WeightNormConv2D
from keras_colorize.layers.categorical_bins import bins_of
from keras_colorize.layers.categorical_bins import values_of
from keras_colorize.models import rgb_data
from keras_colorize.models.initialized_on_data import InitializedOnData
from keras_colorize.models.rgb_model import RGBModel
from keras_colorize.sampling import compiled


@keras.saving.register_keras_serializable(package="keras_colorize")
class RefinementNetwork(InitializedOnData, RGBModel):
    """Enlarges chroma to the size of the gray image (PixColor, section 3.2).

    The network is fitted on RGB images alone. It sees gray and the true chroma
    on a small grid, rounded to bins as `ColorizerPixColor` draws it. The loss,
    `"l1"`, is the mean distance to the true chroma, of Cb and Cr over 128. The
    output is the enlarged input plus what the network adds, at first nothing.

    The layers are those of Guadarrama et al. (2017, Table 2, "refinement"),
    read as the network of Iizuka et al. (2016), which they say it is: low-level
    features; from them, mid-level features and, on a coarser grid, global ones;
    both joined; and a decoder. Weight normalization is our choice.

    Args:
        filters: int. Width of the first layer, even. The widths of the other
            layers are multiples: with the paper's 64, the network has 34.3
            million parameters.
        chroma_factor: int. Resolution of gray over that of chroma.
        num_bins: int. Bins of a channel of chroma.
        value_range: See `RGBModel`.

    Example:

    ```python
    refinement = RefinementNetwork(filters=16)
    refinement.compile()
    refinement.fit(photographs, epochs=5)
    model = ColorizerPixColor(refinement=refinement)
    ```
    """

    def __init__(self, filters=64, chroma_factor=8, num_bins=32, **kwargs):
        super().__init__({"l1": 1.0}, **kwargs)
        # === Layers ===
        self.add_initialized()
        self.color_space = YCbCrSpace()
        self._bin_space = YCbCrSpace(num_bins)
        dtype = self.dtype_policy
        width = filters

        def convolutions(name, *sizes, kernel_size=3):
            """Convolutions of (filters, strides)."""
            return [
                WeightNormConv2D(
                    size,
                    kernel_size,
                    strides=strides,
                    dtype=dtype,
                    name=f"{name}_{i}",
                )
                for i, (size, strides) in enumerate(sizes)
            ]

        def enlarge(factor, name):
            return keras.layers.UpSampling2D(
                factor,
                data_format="channels_last",
                interpolation="bilinear",
                dtype=dtype,
                name=name,
            )

        low = convolutions(
            "low",
            (width, 2),
            (2 * width, 1),
            (2 * width, 2),
            (4 * width, 1),
            (4 * width, 2),
            (8 * width, 1),
        )
        mid = convolutions("mid", (8 * width, 1), (4 * width, 1))
        coarse = [
            *convolutions("global", *[(8 * width, s) for s in (2, 1, 2, 1)]),
            *convolutions("dense", (16 * width, 1), kernel_size=5),
            *convolutions("dense_out", (8 * width, 1)),
        ]
        decoder = [
            *convolutions("fusion", *[(2 * width, 1)] * 2),
            enlarge(2, "enlarge_0"),
            *convolutions("decoder_0", *[(width, 1)] * 2),
            enlarge(2, "enlarge_1"),
            *convolutions("decoder_1", *[(width // 2, 1)] * 2),
        ]
        # Zeros, so that the network starts as plain enlarging.
        last = keras.layers.Conv2D(
            2, 1, kernel_initializer="zeros", dtype="float32", name="last"
        )

        # === Functional Model ===
        gray = keras.Input((None, None, 1), name="gray")
        small = keras.Input((None, None, 2), name="small_chroma")
        chroma = enlarge(chroma_factor, "enlarge_chroma")(small)
        x = _through(low, ops.concatenate([gray, chroma], axis=-1))
        fine = _through(mid, x)
        coarse = enlarge(4, "enlarge_global")(_through(coarse, x))
        coarse = _CropLike(dtype=dtype, name="crop")(coarse, fine)
        x = _through(decoder, ops.concatenate([fine, coarse], axis=-1))
        x = enlarge(2, "enlarge_2")(last(x))
        # Of sizes that are no multiples of 8, strides round up.
        x = _CropLike(dtype="float32", name="crop_output")(x, chroma)
        self.network = keras.Model(
            [gray, small], {"chroma": chroma + x}, name="refinement"
        )

        # === Config ===
        self.filters = filters
        self.chroma_factor = chroma_factor
        self.num_bins = num_bins
        self._refine = None
        self.built = True

    def targets(self, images, training=False):
        """Computes gray and chroma of RGB images.

        Args:
            images: See `Colorizer.targets`.
            training: bool. Unused.

        Returns:
            A dictionary of float32 tensors: `"gray"` `(B, H, W, 1)` in
            [-1, 1], `"chroma"` `(B, H, W, 2)`, Cb and Cr over 128, and
            `"small_chroma"` `(B, h, w, 2)`, the same on the small grid and
            rounded to bins.
        """
        check_rgb(images)
        images = rgb_data.to_unit_range(images, self.value_range)
        gray, chroma = self.color_space.split(images)
        small = downsample(chroma, self.chroma_factor)
        bins = bins_of(
            self._bin_space.normalize(self.color_space.denormalize(small)),
            self.num_bins,
        )
        small = self._bin_space.denormalize(values_of(bins, self.num_bins))
        return {
            "gray": gray,
            "chroma": chroma,
            "small_chroma": self.color_space.normalize(small),
        }

    def losses_of(self, outputs, targets):
        error = ops.absolute(outputs["chroma"] - targets["chroma"])
        return {"l1": ops.mean(error, axis=(1, 2, 3))}

    def compared(self, outputs, targets):
        """Cb and Cr over 128 `(B, H, W, 2)`, true and refined."""
        return targets["chroma"], outputs["chroma"]

    def default_optimizer(self):
        return keras.optimizers.Adam(3e-4)

    def refined(self, luminance, chroma):
        """Enlarges chroma.

        Args:
            luminance: Float tensor `(B, H, W, 1)`: Y in [0, 255].
            chroma: Float tensor `(B, h, w, 2)`: Cb - 128 and Cr - 128. H and h
                differ by `chroma_factor`.

        Returns:
            A float32 tensor `(B, H, W, 2)`, in the units of `chroma`.
        """
        if self._refine is None:
            self._refine = compiled(self.network, self.network)
        space = self.color_space
        inputs = [space.normalize_luminance(luminance), space.normalize(chroma)]
        return space.denormalize(self._refine(inputs)["chroma"])

    def arguments(self):
        """The arguments that make the network anew, as plain data."""
        return {
            "filters": self.filters,
            "chroma_factor": self.chroma_factor,
            "num_bins": self.num_bins,
        }

    def get_config(self):
        return {**super().get_config(), **self.arguments()}


def _through(layers, x):
    """Applies layers, and ReLU after convolutions."""
    for layer in layers:
        x = layer(x)
        if isinstance(layer, WeightNormConv2D):
            x = ops.relu(x)
    return x


class _CropLike(keras.layers.Layer):
    """The top left part of images, of the size of other images."""

    def call(self, images, like):
        height, width = ops.shape(like)[1:3]
        return images[:, :height, :width]

    def compute_output_shape(self, images_shape, like_shape):
        return (*like_shape[:-1], images_shape[-1])
