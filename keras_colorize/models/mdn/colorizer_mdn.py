"""The mixture density network, a colorizer."""

import keras
from keras import ops

from keras_colorize.color.pixels import check_rgb
from keras_colorize.encoders.for_colorizer import for_colorizer
from keras_colorize.models import rgb_data
from keras_colorize.models.mdn.code_colorizer import CodeColorizer
from keras_colorize.models.mdn.code_mixture import mixture_log_prob
from keras_colorize.models.mdn.code_mixture import mixture_sample
from keras_colorize.models.mdn.code_mixture import nearest_component_losses
from keras_colorize.models.mdn.color_field_vae import RECIPES
from keras_colorize.models.mdn.fields import sized
from keras_colorize.models.mdn.networks import mixture_network


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorizerMDN(CodeColorizer):
    """Colorization by VAE + mixture density network (Deshpande et al. 2017).

    A `ColorFieldVAE`, which is fitted first, turns the chroma of a photograph
    into a code. The mixture density network predicts the code from features
    of the gray image: a mixture of Gaussians with the weights and means of
    `num_components`, and one fixed variance. `fit` trains this network, and
    the encoder with `encoder_trainable=True`; it never changes the VAE.

    `generate` takes two readouts:

    - `"top"`, the default and the paper's: nothing is random. Sample k is the
      mean of the component with the k-th largest weight. So there are at most
      `num_components` colorings.
    - `"sample"`: codes are drawn from the mixture. There are any number of
      colorings.

    `fit` reports two losses of the component whose mean is nearest to the
    code (equation 7): `"component"`, -log of its weight, and `"distance"`,
    the squared distance over twice the variance. Codes are drawn from the
    VAE's encoder; in `evaluate` they are the encoder's means.

    The model has no likelihood, but lower bounds of it: see `lower_bounds`.

    Args:
        vae: `ColorFieldVAE`, or a dict of its arguments. It is frozen: to
            train the VAE again, set `vae.trainable = True`.
        encoder: str, dict or Keras model. See `keras_colorize.encoders.get`.
            The features. Another encoder than those built in must expect L of
            Lab.
        feature: str. The encoder's feature map that the network sees.
        filters: tuple of ints. Widths of convolutions, the last but one with
            stride 2.
        units: int. Width of the dense layer.
        num_components: int. Components of the mixture.
        variance: float. Of the components.
        dropout: float. Rate before each dense layer; 0.25 is the released
            program's.
        recipe: str. `"paper"`, or `"released"` for the program's training:
            tiny initial weights, and gradient descent with a learning rate of
            1e-5. The program has batches of one image.
        encoder_weights: path or None. A `.weights.h5` file of the encoder, or
            for `"efficientnet_lite0"` the file that
            `encoders.convert_efficientnet_lite0` takes. The config leaves the
            path out: a saved model has its weights.
        encoder_trainable: bool. Whether `fit` changes the encoder.
        image_size: int. Side of the gray picture that the encoder sees.
        **kwargs: As in `Colorizer` and `RGBModel`.

    Example:

    ```python
    vae = ColorFieldVAE()
    vae.compile()
    vae.fit(photographs, epochs=5)
    model = ColorizerMDN(vae, "efficientnet_lite0", encoder_weights=path)
    model.compile()
    model.fit(photographs, epochs=5)
    photos = model.generate(gray, num_samples=5)
    ```
    """

    readouts = ("top", "sample")

    def __init__(
        self,
        vae,
        encoder="cic",
        feature="stride8",
        filters=(384, 320, 288, 256, 128),
        units=4096,
        num_components=8,
        variance=0.1,
        dropout=0.25,
        recipe="paper",
        encoder_weights=None,
        encoder_trainable=False,
        image_size=224,
        **kwargs,
    ):
        if recipe not in RECIPES:
            raise ValueError(
                f"recipe is {recipe!r}. Expected one of {RECIPES}."
            )
        super().__init__(
            vae, {"component": 1.0, "distance": 1.0}, image_size, **kwargs
        )
        # === Layers ===
        dtype = self.dtype_policy
        encoder, self._encoder_config = for_colorizer(
            encoder, encoder_weights, encoder_trainable, self.color_space, dtype
        )
        if feature not in encoder.output:
            raise ValueError(
                f"feature is {feature!r}. Expected a feature map of the "
                f"encoder: {', '.join(encoder.output)}."
            )
        # Without the layers that the feature map does not need.
        self.encoder = keras.Model(
            encoder.input, encoder.output[feature], name=encoder.name
        )
        gray = keras.Input((image_size, image_size, 1), name="gray")
        features = self.encoder(
            gray, training=None if encoder_trainable else False
        )
        self.mixture_network = mixture_network(
            features.shape[1:],
            filters,
            units,
            num_components,
            self.vae.latents,
            dropout,
            dtype,
            recipe == "released",
        )

        # === Functional Model ===
        self.network = keras.Model(
            gray, self.mixture_network(features), name="gray_to_mixture"
        )

        # === Config ===
        self.feature = feature
        self.filters = tuple(filters)
        self.units = units
        self.num_components = num_components
        self.variance = variance
        self.dropout = dropout
        self.recipe = recipe
        self.encoder_trainable = encoder_trainable
        self.seed_generator = keras.random.SeedGenerator()
        self.built = True

    def mixture(self, features):
        """The mixture of codes, in test mode.

        Args:
            features: Float tensor `(B, h, w, C)`: the encoder's map `feature`.

        Returns:
            The weights `(B, num_components)`, which sum to 1, and the means
            `(B, num_components, latents)`: float32 tensors.
        """
        features = ops.convert_to_tensor(features)
        outputs = self.mixture_network(features, training=False)
        return ops.softmax(outputs["logits"], axis=-1), outputs["means"]

    # === Training ===

    def targets(self, images, training=False):
        """Computes gray images, and codes of their chroma.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in `value_range`.
            training: bool. Whether codes are drawn; otherwise they are the
                means of the VAE's encoder.

        Returns:
            A dictionary of float32 tensors: `"gray"` `(B, image_size,
            image_size, 1)`, normalized to [-1, 1], and `"codes"`
            `(B, latents)`.
        """
        check_rgb(images)
        images = rgb_data.to_unit_range(images, self.value_range)
        gray, _ = self.color_space.split(images)
        codes, deviation = self.vae.encode(self.vae.field_and_gray(images)[0])
        if training:
            noise = keras.random.normal(
                ops.shape(codes), seed=self.seed_generator
            )
            codes = codes + deviation * noise
        return {"gray": sized(gray, self.image_size), "codes": codes}

    def losses_of(self, outputs, targets):
        component, distance = nearest_component_losses(
            targets["codes"], outputs["logits"], outputs["means"], self.variance
        )
        return {"component": component, "distance": distance}

    def default_optimizer(self):
        if self.recipe == "released":
            return keras.optimizers.SGD(1e-5)
        return keras.optimizers.Adam(1e-3)

    # === Drawing ===

    def most_samples(self, readout):
        return self.num_components if readout == "top" else None

    def noise_shape(self, grid):
        return (1 + self.vae.latents,)

    def context_of(self, gray):
        return self.network(gray, training=False)

    def codes_of(self, context, noise, samples, readout):
        logits, means = context["logits"], context["means"]
        if readout == "sample":
            weights = ops.softmax(logits, axis=-1)
            return mixture_sample(noise, weights, means, self.variance)
        order = ops.argsort(-logits[0])
        samples = ops.minimum(samples, self.num_components - 1)
        return ops.take(means[0], ops.take(order, samples), axis=0)

    def best_chroma(self):
        def top(gray):
            context = self._context_of(gray)
            # Not argmax, which tf2onnx cannot convert.
            _, heaviest = ops.top_k(context["logits"], 1)
            chosen = ops.one_hot(heaviest, self.num_components)
            codes = ops.matmul(chosen, context["means"])[:, 0]
            return self.chroma_of(codes, context["gray"])

        return top

    def code_log_prob(self, context, codes):
        return mixture_log_prob(
            codes, context["logits"], context["means"], self.variance
        )

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": self._encoder_config,
            "feature": self.feature,
            "filters": self.filters,
            "units": self.units,
            "num_components": self.num_components,
            "variance": self.variance,
            "dropout": self.dropout,
            "recipe": self.recipe,
            "encoder_trainable": self.encoder_trainable,
        }
