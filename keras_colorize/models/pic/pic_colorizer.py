"""PIC, the autoregressive colorizer."""

import math

import keras
from keras import ops

from keras_colorize.color import LabSpace
from keras_colorize.color import downsample
from keras_colorize.encoders.pic import embedding_stages
from keras_colorize.layers import ChromaInput
from keras_colorize.layers import DiscretizedLogisticMixture
from keras_colorize.layers import GatedResBlock
from keras_colorize.layers import ShiftedConv2D
from keras_colorize.models.autoregressive import AutoregressiveColorizer
from keras_colorize.models.autoregressive import exact_policy
from keras_colorize.models.initialized_on_data import InitializedOnData


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorizerPIC(InitializedOnData, AutoregressiveColorizer):
    """Probabilistic image colorization (Royer, Kolesnikov, Lampert 2017).

    An embedding network g sees the whole gray image. An autoregressive network
    f, PixelCNN++ without downsampling, draws chroma pixel by pixel in raster
    order, given the output of g. The output of f is a mixture of discretized
    logistics over the two channels of chroma, a and b of CIE Lab.

    g has stages. Each stage is a convolution, followed by residual blocks of
    the same width. f has a stream u, which sees the rows above, and a stream
    ul, which also sees the pixels to the left.

    Under a mixed dtype policy g computes in bfloat16 or float16, and f in
    float32. In bfloat16 f loses 0.12 bits per dimension
    (`pic_tinyimagenet64`), and colors drift while they are drawn.

    `compile()` takes Adam as in the paper (section 3.3): learning rate 0.001,
    beta_1 0.95, beta_2 0.9995, Polyak averaging. The released program adds
    epsilon 1e-6, the momentum 0.999 of the averages, the loss of the embedding
    and the data-dependent initialization on 100 images. Presets have batch
    sizes and epochs under `"training"`.

    Args:
        embedding_filters: tuple of ints. Width of each stage of g (paper,
            Table 1).
        embedding_strides: tuple of ints. Stride of each stage's convolution.
            The product is `chroma_factor` (see `Colorizer`).
        embedding_blocks: tuple of ints. Residual blocks of each stage.
        embedding_dilations: tuple of ints. Dilation of each stage's blocks.
        filters: int. Width of f.
        num_blocks: int. Residual blocks in each stream of f. 0 leaves f out:
            then g alone is the colorizer (paper, section 4.3), and its first
            channels are the parameters of the mixture.
        kernel_size: int. Of f's residual blocks.
        num_components: int. Logistics in the mixture.
        gated: bool. Whether residual blocks have gates.
        dropout: float. Rate in the residual blocks.
        conditioned: bool. Whether the blocks of f see the embedding.
        input_space: str. How f sees the pixels drawn so far: `"lab"`, `"ab"`,
            `"rgb"` or `"rgb8"` (see `ChromaInput`). The released checkpoints
            need `"rgb"`. With `"rgb8"` they draw as the released program does.
        embedding_loss_weight: float. Weight of the embedding's own loss, which
            takes the first channels of the embedding for parameters of a
            mixture. 0 turns it off.
        released_tails: bool. See `DiscretizedLogisticMixture`.
        learning_rate_decay: float. Factor of the learning rate after each step
            of `fit`, with the optimizer of `compile()`: 0.99995 for CIFAR-10
            (paper, section 4.1), 0.99999 for ILSVRC (section 4.2).
        image_size: See `Colorizer`.
        chroma_method: See `Colorizer`. The published numbers are for
            `"subsample"`.
        value_range: See `RGBModel`.

    Example:

    ```python
    model = keras_colorize.ColorizerPIC.from_preset("pic_tinyimagenet64")
    photos = model.generate(gray, num_samples=5, seed=0)
    ```
    """

    def __init__(
        self,
        embedding_filters,
        embedding_strides,
        embedding_blocks,
        embedding_dilations,
        filters=160,
        num_blocks=4,
        kernel_size=3,
        num_components=10,
        gated=True,
        dropout=0.5,
        conditioned=True,
        input_space="lab",
        embedding_loss_weight=1.0,
        released_tails=False,
        learning_rate_decay=0.99995,
        image_size=64,
        chroma_method="area",
        **kwargs,
    ):
        if num_blocks == 0:
            # The loss of the model is the loss of the embedding.
            embedding_loss_weight = 0.0
        loss_weights = {"bits_per_dim": 1.0}
        if embedding_loss_weight:
            loss_weights["embedding_bits_per_dim"] = embedding_loss_weight
        super().__init__(
            color_space=LabSpace(),
            loss_weights=loss_weights,
            chroma_factor=math.prod(embedding_strides),
            image_size=image_size,
            chroma_method=chroma_method,
            **kwargs,
        )
        # === Layers ===
        self.add_initialized()
        dtype = self.dtype_policy
        exact = exact_policy(dtype)
        self.head = DiscretizedLogisticMixture(
            num_components=num_components,
            released_tails=released_tails,
            dtype=exact,
            name="head",
        )
        uses_embedding = num_blocks == 0 or embedding_loss_weight > 0
        if uses_embedding and embedding_filters[-1] < self.head.num_outputs:
            raise ValueError(
                f"The last of embedding_filters is {embedding_filters[-1]}, "
                "too narrow for the embedding's own loss. Expected at least "
                f"{self.head.num_outputs} for num_components={num_components}. "
                "Or pass fewer num_components or, with num_blocks > 0, "
                "embedding_loss_weight=0."
            )
        block = {"gated": gated, "dropout": dropout}
        stages = embedding_stages(
            embedding_filters,
            embedding_strides,
            embedding_blocks,
            embedding_dilations,
            dtype,
            **block,
        )
        self.embedding_layers = sum(stages, [])
        self.chroma_input = ChromaInput(
            input_space, dtype=exact, name="chroma_input"
        )
        if num_blocks:
            self.first_u, self.first_ul_above, self.first_ul_left = (
                ShiftedConv2D(
                    filters, size, direction, True, dtype=exact, name=name
                )
                for name, size, direction in (
                    ("first_u", (2, 3), "down"),
                    ("first_ul_above", (1, 3), "down"),
                    ("first_ul_left", (2, 1), "down_right"),
                )
            )
        self.u_blocks, self.ul_blocks = (
            [
                GatedResBlock(
                    kernel_size,
                    direction,
                    dtype=exact,
                    name=f"{stream}_block_{i}",
                    **block,
                )
                for i in range(num_blocks)
            ]
            for stream, direction in (("u", "down"), ("ul", "down_right"))
        )

        # === Functional Model ===
        gray = keras.Input((None, None, 1), name="gray")
        x = ops.concatenate([gray, ops.ones_like(gray)], axis=-1)
        for layer in self.embedding_layers:
            x = layer(x)
        self.embedding_network = keras.Model(
            gray, x, name="embedding", dtype=dtype
        )

        luminance = keras.Input((None, None, 1), name="luminance")
        chroma = keras.Input((None, None, 2), name="chroma")
        embedding = keras.Input(
            (None, None, embedding_filters[-1]), name="embedding"
        )
        if num_blocks:
            parameters = self._autoregress(
                self.chroma_input(luminance, chroma),
                embedding if conditioned else None,
            )
        else:
            parameters = self._embedding_parameters(embedding)
        self.autoregressive_network = keras.Model(
            [embedding, luminance, chroma],
            parameters,
            name="autoregressive",
            dtype=exact,
        )

        embedding = self.embedding_network(gray)
        luminance = downsample(gray, self.chroma_factor, chroma_method)
        parameters = self.autoregressive_network([embedding, luminance, chroma])
        self.network = keras.Model(
            [gray, chroma],
            {"parameters": parameters, "embedding": embedding},
            name="pic",
            dtype=dtype,
        )

        # === Config ===
        self.embedding_filters = tuple(embedding_filters)
        self.embedding_strides = tuple(embedding_strides)
        self.embedding_blocks = tuple(embedding_blocks)
        self.embedding_dilations = tuple(embedding_dilations)
        self.filters = filters
        self.num_blocks = num_blocks
        self.kernel_size = kernel_size
        self.num_components = num_components
        self.gated = gated
        self.dropout = dropout
        self.conditioned = conditioned
        self.input_space = input_space
        self.embedding_loss_weight = embedding_loss_weight
        self.released_tails = released_tails
        self.learning_rate_decay = learning_rate_decay
        self.built = True

    def _autoregress(self, x, embedding):
        u = self.first_u(x)
        ul = self.first_ul_above(x) + self.first_ul_left(x)
        for u_block, ul_block in zip(self.u_blocks, self.ul_blocks):
            u = u_block(u, embedding)
            above = u
            if embedding is not None:
                above = ops.concatenate([u, embedding], axis=-1)
            ul = ul_block(ul, above)
        return self.head(ops.elu(ul))

    def _embedding_parameters(self, embedding):
        parameters = embedding[..., : self.head.num_outputs]
        return ops.cast(parameters, "float32")

    # === Training ===

    def default_optimizer(self):
        return keras.optimizers.Adam(
            keras.optimizers.schedules.ExponentialDecay(
                1e-3, 1, self.learning_rate_decay
            ),
            beta_1=0.95,
            beta_2=0.9995,
            epsilon=1e-6,
            use_ema=True,
            ema_momentum=0.999,
        )

    def losses_of(self, outputs, targets):
        losses = super().losses_of(outputs, targets)
        if self.embedding_loss_weight:
            losses["embedding_bits_per_dim"] = self.bits_per_dim(
                self._embedding_parameters(outputs["embedding"]), targets
            )
        return losses

    def distributions(self, outputs):
        found = super().distributions(outputs)
        if self.embedding_loss_weight:
            found["embedding"] = self._embedding_parameters(
                outputs["embedding"]
            )
        return found

    # === Drawing ===

    def best_chroma(self):
        if self.num_blocks and not self.embedding_loss_weight:
            return super().best_chroma()

        def mean(gray):
            embedding = self.embedding_network(gray)
            return self.head.mean(
                self._embedding_parameters(embedding),
                downsample(gray, self.chroma_factor, self.chroma_method),
            )

        return mean

    def get_config(self):
        config = super().get_config()
        config.update(
            embedding_filters=self.embedding_filters,
            embedding_strides=self.embedding_strides,
            embedding_blocks=self.embedding_blocks,
            embedding_dilations=self.embedding_dilations,
            filters=self.filters,
            num_blocks=self.num_blocks,
            kernel_size=self.kernel_size,
            num_components=self.num_components,
            gated=self.gated,
            dropout=self.dropout,
            conditioned=self.conditioned,
            input_space=self.input_space,
            embedding_loss_weight=self.embedding_loss_weight,
            released_tails=self.released_tails,
            learning_rate_decay=self.learning_rate_decay,
        )
        return config
