"""PixColor, the colorizer of binned chroma."""

import math

import keras
from keras import ops

from keras_colorize import encoders
from keras_colorize.color import YCbCrSpace
from keras_colorize.color import downsample
from keras_colorize.color import resize
from keras_colorize.color.resample import ChromaUpsampling
from keras_colorize.encoders.for_colorizer import for_colorizer
from keras_colorize.layers import CategoricalBins
from keras_colorize.layers import ShiftedConv2D
from keras_colorize.layers import WeightNormConv2D
from keras_colorize.layers.categorical_bins import bins_of
from keras_colorize.layers.categorical_bins import values_of
from keras_colorize.models.autoregressive import AutoregressiveColorizer
from keras_colorize.models.autoregressive import exact_policy
from keras_colorize.models.hypercolumn import Hypercolumn
from keras_colorize.models.initialized_on_data import InitializedOnData
from keras_colorize.models.pixcolor.gated_conv_block import BinInput
from keras_colorize.models.pixcolor.gated_conv_block import GatedConvBlock
from keras_colorize.models.pixcolor.gradient_multiplier import (
    GradientMultiplier,
)
from keras_colorize.models.pixcolor.masked_pixelcnn import masked_pixelcnn
from keras_colorize.models.pixcolor.refinement_network import RefinementNetwork

NUM_BINS = 32
CHANNEL_ORDERS = ("chain", "masked")


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorizerPixColor(InitializedOnData, AutoregressiveColorizer):
    """PixColor: pixel recursive colorization (Guadarrama et al. 2017).

    An encoder sees the gray image, Y of YCbCr. An adaptation network turns its
    features, joined with gray on the chroma grid, into the features of a gated
    PixelCNN (van den Oord et al. 2016). The PixelCNN draws Cb and Cr pixel by
    pixel in raster order, from histograms of 32 bins: Cr, then Cb given Cr. A
    refinement network, trained alone, enlarges the chroma to the size of the
    gray image.

    Bits per dimension are those of 32 bins. Do not compare them with those of
    other colorizers.

    Batch normalization in the encoder stays in inference mode, and its weights
    stay as they are. So an encoder with batch normalization needs pretrained
    weights.

    Under a mixed dtype policy the PixelCNN computes in float32.

    `compile()` takes Adam as in the paper (Table 2): learning rate 0.0003,
    beta_1 0.9. The paper trains with batches of 64 for 360,000 steps, and lets
    the gradient into the encoder after 100,000 (`GradientMultiplierSchedule`).

    Args:
        encoder: str, dict or Keras model. See `keras_colorize.encoders.get`.
            The default is the paper's. Another encoder must expect gray values.
        hypercolumn_filters: None or tuple of ints. None takes the encoder's
            map of stride `chroma_factor`, as in the paper. A tuple takes
            hypercolumns of all maps, through dense layers of these widths.
        adaptation_filters: tuple of ints. Widths of the 3x3 convolutions of
            the adaptation network.
        filters: int. Width of the PixelCNN.
        num_blocks: int. Blocks of the PixelCNN, at least 1.
        hidden_filters: int. Width of the layer before the histograms.
        channel_order: str. How Cb depends on Cr of the same pixel: `"chain"`,
            in the last layer alone (see `CategoricalBins`), or `"masked"`, by
            masks in every layer, as in the paper (see `masked_pixelcnn`).
            Drawing with masks computes the PixelCNN twice for each pixel.
        chain_filters: int. Width of the last layer of `"chain"`.
        embedding_loss_weight: float. Weight of a loss of the features alone:
            from them, a 1x1 convolution predicts the histograms of Cr and Cb.
            0, as in the paper, leaves this loss out. With it there is the
            readout `"expectation"`, the mean of these histograms. Nothing is
            drawn then, and hints change nothing beside themselves. It is the
            default for a single coloring without hints and temperature. Its
            temperature is that of the histograms.
        refinement: None, `RefinementNetwork` or dict of its arguments. None
            enlarges chroma along the edges of the luminance. The colorizer
            freezes the network; train it before.
        encoder_weights: path or None. A file that `encoders.load_weights`
            takes. The config leaves the path out: a saved model has its
            weights.
        encoder_trainable: bool. Whether `fit` changes the encoder.
        chroma_factor: int. Resolution of gray over that of chroma.
        image_size: int. Side of the gray images that the model is meant for.
        **kwargs: As in `Colorizer` and `RGBModel`.

    Example:

    ```python
    model = ColorizerPixColor(
        "efficientnet_lite0",
        hypercolumn_filters=(512, 512),
        filters=48,
        num_blocks=8,
        encoder_weights=path,
    )
    model.compile()
    model.fit(photographs, epochs=5)
    photos = model.generate(gray, num_samples=3)
    ```
    """

    def __init__(
        self,
        encoder="resnet101",
        hypercolumn_filters=None,
        adaptation_filters=(64, 64, 64),
        filters=64,
        num_blocks=10,
        hidden_filters=1024,
        channel_order="chain",
        chain_filters=512,
        embedding_loss_weight=0.0,
        refinement=None,
        encoder_weights=None,
        encoder_trainable=True,
        chroma_factor=8,
        image_size=224,
        **kwargs,
    ):
        if channel_order not in CHANNEL_ORDERS:
            raise ValueError(
                f"channel_order is {channel_order!r}. Expected one of "
                f"{CHANNEL_ORDERS}."
            )
        if num_blocks < 1:
            raise ValueError(
                f"num_blocks is {num_blocks}. Expected at least 1."
            )
        loss_weights = {"bits_per_dim": 1.0}
        if embedding_loss_weight:
            loss_weights["embedding_bits_per_dim"] = embedding_loss_weight
        super().__init__(
            color_space=YCbCrSpace(NUM_BINS),
            loss_weights=loss_weights,
            chroma_factor=chroma_factor,
            image_size=image_size,
            **kwargs,
        )
        # === Layers ===
        self.add_initialized()
        dtype = self.dtype_policy
        exact = exact_policy(dtype)
        encoder, self._encoder_config = for_colorizer(
            encoder,
            encoder_weights,
            encoder_trainable,
            self.color_space,
            dtype,
        )
        _freeze_batch_norm(encoder)
        self.conditioning_layers = []
        if hypercolumn_filters is None:
            encoder = _up_to_stride(encoder, chroma_factor)
        else:
            first, *rest = hypercolumn_filters
            hypercolumn = Hypercolumn(
                first, chroma_factor, dtype=dtype, name="hypercolumn"
            )
            self.conditioning_layers = [
                hypercolumn,
                *(
                    keras.layers.Dense(
                        width, dtype=dtype, name=f"hypercolumn_{i}"
                    )
                    for i, width in enumerate(rest, 1)
                ),
            ]
        self.encoder = encoder
        self.gradient_multiplier = GradientMultiplier(
            dtype=dtype, name="gradient_multiplier"
        )
        self.adaptation_layers = [
            keras.layers.Conv2D(
                width, 3, padding="same", dtype=dtype, name=f"adaptation_{i}"
            )
            for i, width in enumerate(adaptation_filters)
        ]
        self.embedding_logits = None
        if embedding_loss_weight:
            self.embedding_logits = keras.layers.Dense(
                2 * NUM_BINS, dtype="float32", name="embedding_logits"
            )
        if channel_order == "chain":
            self._add_chain(
                filters, num_blocks, hidden_filters, chain_filters, exact
            )
        else:
            self.draw_order = (1, 0)
            self.head = CategoricalBins(NUM_BINS, chain_filters=0)
        self.refinement = _refinement(refinement, chroma_factor, dtype)

        # === Functional Model ===
        gray = keras.Input((None, None, 1), name="gray")
        self.embedding_network = keras.Model(
            gray, self._features(gray), name="embedding", dtype=dtype
        )
        luminance = keras.Input((None, None, 1), name="luminance")
        chroma = keras.Input((None, None, 2), name="chroma")
        embedding = keras.Input(
            (None, None, adaptation_filters[-1]), name="embedding"
        )
        self.autoregressive_network = keras.Model(
            [embedding, luminance, chroma],
            self._autoregress(embedding, chroma)
            if channel_order == "chain"
            else masked_pixelcnn(
                embedding,
                values_of(bins_of(chroma, NUM_BINS), NUM_BINS),
                filters,
                num_blocks,
                hidden_filters,
                NUM_BINS,
                dtype=exact,
            ),
            name="autoregressive",
            dtype=exact,
        )

        embedding = self.embedding_network(gray)
        luminance = downsample(gray, chroma_factor, self.chroma_method)
        parameters = self.autoregressive_network([embedding, luminance, chroma])
        if channel_order == "masked":
            parameters = ops.concatenate(parameters, axis=-1)
        outputs = {"parameters": parameters}
        if self.embedding_logits is not None:
            outputs["embedding_logits"] = self.embedding_logits(embedding)
        self.network = keras.Model(
            [gray, chroma], outputs, name="pixcolor", dtype=dtype
        )

        # === Config ===
        self.hypercolumn_filters = (
            None if hypercolumn_filters is None else tuple(hypercolumn_filters)
        )
        self.adaptation_filters = tuple(adaptation_filters)
        self.filters = filters
        self.num_blocks = num_blocks
        self.hidden_filters = hidden_filters
        self.channel_order = channel_order
        self.chain_filters = chain_filters
        self.embedding_loss_weight = embedding_loss_weight
        self.encoder_trainable = encoder_trainable
        self._refine = None
        self.built = True

    def _add_chain(
        self, filters, num_blocks, hidden_filters, chain_filters, dtype
    ):
        """Adds the layers of the PixelCNN with `channel_order="chain"`."""
        self.bin_input = BinInput(NUM_BINS, dtype=dtype, name="bin_input")
        self.first_v, self.first_h = (
            ShiftedConv2D(
                filters, size, direction, strict=True, dtype=dtype, name=name
            )
            for name, size, direction in (
                ("pixelcnn_first_v", (3, 7), "down"),
                ("pixelcnn_first_h", (1, 3), "down_right"),
            )
        )
        self.blocks = [
            GatedConvBlock(
                last=i == num_blocks - 1,
                dtype=dtype,
                name=f"pixelcnn_block_{i}",
            )
            for i in range(num_blocks)
        ]
        self.hidden = WeightNormConv2D(
            hidden_filters, 1, dtype=dtype, name="pixelcnn_hidden"
        )
        self.head = CategoricalBins(
            NUM_BINS, chain_filters, dtype=dtype, name="pixelcnn_head"
        )

    def _features(self, gray):
        """The features of the PixelCNN, from gray."""
        x = self.encoder(gray)
        if self.conditioning_layers:
            x = {"gray": gray, **x}
        for layer in self.conditioning_layers:
            x = ops.relu(layer(x))
        x = self.gradient_multiplier(x)
        small = downsample(gray, self.chroma_factor, self.chroma_method)
        x = ops.concatenate([x, ops.cast(small, x.dtype)], axis=-1)
        for i, layer in enumerate(self.adaptation_layers):
            x = layer(ops.relu(x) if i else x)
        return x

    def _autoregress(self, features, chroma):
        """The parameters of the histograms."""
        x = self.bin_input(chroma)
        v = self.first_v(x)
        h = self.first_h(x) + v
        for block in self.blocks[:-1]:
            v, h = block(v, h, features)
        h = self.blocks[-1](v, h, features)
        return self.head(ops.relu(self.hidden(ops.relu(h))))

    @property
    def supports(self):
        """Options of `generate`; uncertainty needs the embedding loss."""
        if self.embedding_logits is None:
            return super().supports
        return super().supports | {"uncertainty"}

    @property
    def readouts(self):
        """Ways to choose chroma: those of a pixel, and of the features."""
        if self.embedding_logits is None:
            return super().readouts
        return (*super().readouts, "expectation")

    def default_readout(self, drawn):
        if drawn or self.embedding_logits is None:
            return "sample"
        return "expectation"

    # === Training ===

    def default_optimizer(self):
        return keras.optimizers.Adam(3e-4)

    def losses_of(self, outputs, targets):
        losses = super().losses_of(outputs, targets)
        if self.embedding_logits is not None:
            bits = self._embedding_bits(outputs, targets)
            losses["embedding_bits_per_dim"] = ops.mean(bits, axis=(1, 2, 3))
        return losses

    def log_likelihoods_of(self, outputs, targets):
        found = super().log_likelihoods_of(outputs, targets)
        if self.embedding_logits is not None:
            bits = self._embedding_bits(outputs, targets)
            found["embedding"] = -ops.sum(bits, axis=(1, 2, 3))
        return found

    def _embedding_bits(self, outputs, targets):
        """Bits `(B, h, w, 2)` of Cr and Cb under the features alone."""
        logits = _two_histograms(outputs["embedding_logits"])
        bins = ops.flip(bins_of(targets["chroma"], NUM_BINS), axis=-1)
        chosen = ops.one_hot(bins, NUM_BINS, dtype="float32")
        nats = -ops.sum(chosen * ops.log_softmax(logits, axis=-1), axis=-1)
        return nats / math.log(2.0)

    # === Drawing ===

    def draw(self, context, noise, request):
        if request.readout != "expectation":
            return super().draw(context, noise, request)
        embedding = context.inputs["embedding"]
        chroma = self._expectation(embedding, request.temperature)
        hints = request.hints_on_grid
        if hints is not None:
            chroma = ops.where(hints[..., -1:] > 0, hints[..., :-1], chroma)
        bits = None
        if request.return_log_likelihood:
            luminance = context.inputs["luminance"]
            found = self.autoregressive_network([embedding, luminance, chroma])
            bits = self._log_likelihood(
                ops.concatenate(keras.tree.flatten(found), axis=-1),
                {"chroma": chroma, "luminance": luminance},
            )
            bits = ops.repeat(bits, len(noise), axis=0)
        return ops.repeat(chroma, len(noise), axis=0), bits

    def _expectation(self, embedding, temperature=1.0):
        """The means of the histograms of the features.

        Args:
            embedding: Tensor `(B, h, w, any)`.
            temperature: See `Distribution.expand_temperature`.

        Returns:
            Chroma `(B, h, w, 2)`.
        """
        temperature = self.head.expand_temperature(temperature)
        # The histograms are those of Cr and Cb. 0 would divide by 0.
        temperature = ops.maximum(ops.flip(temperature)[:, None], 1e-6)
        logits = self._embedding_histograms(embedding)
        p = ops.softmax(logits / temperature, axis=-1)
        values = values_of(ops.arange(NUM_BINS), NUM_BINS)
        return ops.flip(ops.sum(p * values, axis=-1), axis=-1)

    def best_chroma(self):
        if self.embedding_logits is None:
            return super().best_chroma()
        return lambda gray: self._expectation(self.embedding_network(gray))

    def uncertainty_of(self, context):
        logits = self._embedding_histograms(context.inputs["embedding"])
        terms = ops.softmax(logits, axis=-1) * ops.log_softmax(logits, axis=-1)
        return -ops.mean(ops.sum(terms, axis=-1), axis=-1) / math.log(NUM_BINS)

    def _embedding_histograms(self, embedding):
        return _two_histograms(self.embedding_logits(embedding))

    def refine(self, luminance, chroma, request):
        if self.refinement is None:
            yield from super().refine(luminance, chroma, request)
            return
        height, width = (self.chroma_factor * x for x in chroma.shape[1:3])
        gray = resize(luminance, height, width)[None]
        enlarge = ChromaUpsampling(
            luminance,
            height,
            width,
            request.upsampling,
            white=self.color_space.white,
        )
        for sample in chroma:
            refined = self.refinement.refined(gray, sample[None])[0]
            yield enlarge.by_rows(refined)

    def get_config(self):
        refinement = self.refinement
        return {
            **super().get_config(),
            "encoder": self._encoder_config,
            "hypercolumn_filters": self.hypercolumn_filters,
            "adaptation_filters": self.adaptation_filters,
            "filters": self.filters,
            "num_blocks": self.num_blocks,
            "hidden_filters": self.hidden_filters,
            "channel_order": self.channel_order,
            "chain_filters": self.chain_filters,
            "embedding_loss_weight": self.embedding_loss_weight,
            "refinement": refinement and refinement.arguments(),
            "encoder_trainable": self.encoder_trainable,
            "chroma_factor": self.chroma_factor,
        }


def _two_histograms(logits):
    """Logits `(..., 2, NUM_BINS)` of Cr and Cb, from `(..., 2 NUM_BINS)`."""
    # Not a reshape: tf2onnx joins it wrongly with that of the dense layer.
    return ops.stack(ops.split(logits, 2, axis=-1), axis=-2)


def _freeze_batch_norm(encoder):
    """Keeps batch normalization in inference mode."""
    for layer in encoder._flatten_layers():
        if isinstance(layer, keras.layers.BatchNormalization):
            layer.trainable = False


def _up_to_stride(encoder, stride):
    """The part of an encoder that computes its last map of a stride."""
    names = [n for n in encoder.output if encoders.stride(n) == stride]
    if not names:
        raise ValueError(
            f"The encoder {encoder.name!r} has the maps "
            f"{', '.join(encoder.output)}. Expected a map of stride {stride}, "
            "the chroma_factor: choose another one, or pass "
            "hypercolumn_filters."
        )
    return keras.Model(
        encoder.input, encoder.output[names[-1]], name=encoder.name
    )


def _refinement(refinement, chroma_factor, dtype):
    if isinstance(refinement, dict):
        refinement = RefinementNetwork(**refinement, dtype=dtype)
    if refinement is None:
        return None
    if refinement.chroma_factor != chroma_factor:
        raise ValueError(
            "The refinement network enlarges chroma by "
            f"{refinement.chroma_factor}. Expected {chroma_factor}, the "
            "chroma_factor of the colorizer."
        )
    refinement.trainable = False
    return refinement
