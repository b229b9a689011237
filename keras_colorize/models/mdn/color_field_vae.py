"""The variational autoencoder of chroma fields."""

import keras
import numpy as np
from keras import ops

from keras_colorize.color import LabSpace
from keras_colorize.color.pixels import check_rgb
from keras_colorize.models import rgb_data
from keras_colorize.models.mdn import field_losses
from keras_colorize.models.mdn.fields import SCALE
from keras_colorize.models.mdn.fields import gray_for_field
from keras_colorize.models.mdn.fields import sized
from keras_colorize.models.mdn.fields import to_quadrants
from keras_colorize.models.mdn.networks import vae_decoder
from keras_colorize.models.mdn.networks import vae_encoder
from keras_colorize.models.mdn.principal_components import principal_components
from keras_colorize.models.rgb_model import RGBModel

RECIPES = ("paper", "released")
# By recipe: weights of losses, and the epochs in which that of KL rises.
_LOSSES_OF_RECIPE = {
    "paper": (
        {"color": 1.0, "mahalanobis": 0.1, "gradient": 1e-3, "kl": 1e-4},
        0,
    ),
    "released": ({"color": 1.0, "gradient": 1e-3, "kl": 9e-3}, 9),
}
_LOSSES = ("color", "mahalanobis", "gradient", "kl")
_CONDITIONINGS = ("skips", "gradients", None)
_LAYOUTS = ("planes", "quadrants")
# Of the error variance: 12.8 in units of a and b, squared, before training.
_FIRST_VARIANCE = 0.01
_MOMENTUM = 0.99


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorFieldVAE(RGBModel):
    """A variational autoencoder of chroma fields (Deshpande et al. 2017).

    The encoder turns the chroma of a photograph, a small field, into a code of
    a few numbers. The decoder turns a code into a field that is smooth and
    plausible as a whole. `ColorizerMDN` predicts codes from gray.

    Fields have a / 128 and b / 128 of CIE Lab. `fit` takes RGB images of one
    size and shrinks them to the field.

    Losses, each with its weight in `loss_weights` (section 3.1):

    - `"color"`: squared errors, weighted by how rare the original's color is;
    - `"mahalanobis"`: the squared distance on 20 principal components, which
      `fit` computes with `fit_components` unless they are set;
    - `"gradient"`: squared errors of the differences between neighbors;
    - `"kl"`: the divergence of codes from a standard normal.

    `recipe` chooses their forms. `"paper"`: sums of squares, and the smoothed
    weights of colors of Zhang et al. (2016), whose mean is 1. `"released"`
    trains as the authors' program: roots of the sums of `"color"` and
    `"gradient"`, weights 1 / p of colors, KL summed over the batch, noise of
    codes truncated at 2, tiny initial weights, and Adam with a learning rate
    of 1e-6. The paper counts colors in 64 x 64 bins of ImageNet; both recipes
    count in the 313 bins of Zhang et al., as the program does.

    Args:
        field_size: int. Side of the field, a multiple of 16.
        latents: int. Length of a code.
        filters: tuple of 4 ints. Widths of the encoder's convolutions. The
            decoder has them in reverse.
        conditioning: str or None. What the decoder sees of gray. `"skips"`: the
            feature maps of a convolutional network, as the released program.
            `"gradients"`: differences between neighboring pixels, as the
            program's second version, `vae_wo_skipconn`. None: nothing, as in
            the paper.
        layout: str. `"planes"`, or `"quadrants"`, in which the released
            program's networks see fields (see
            `keras_colorize.models.mdn.fields`). `encode` and `decode` have
            planes in both cases.
        output_norm: bool. Whether there is batch normalization before the
            last tanh, as in the program. The paper has tanh alone.
        dropout: float. Rate before the encoder's dense layer; 0.3 is the
            program's.
        recipe: str. `"paper"` or `"released"`.
        loss_weights: dict of float or None. A loss that is left out is not
            computed. None takes the recipe's: `color` 1, `mahalanobis` 0.1,
            `gradient` 1e-3 and `kl` 1e-4 for the paper; `color` 1, `gradient`
            1e-3 and `kl` 9e-3 for the program.
        kl_warmup_epochs: int or None. Epochs in which the weight of `"kl"`
            rises linearly from 0; 0 for a constant weight. None takes the
            recipe's: 0 for the paper, 9 for the program, where the weight is
            1e-3 times the number of the epoch, 0 to 9.
        num_components: int. Principal components of `"mahalanobis"`.
        **kwargs: As in `RGBModel`.

    Example:

    ```python
    vae = ColorFieldVAE(filters=(32, 64, 128, 256))
    vae.compile()
    vae.fit(photographs, epochs=5)
    mean, deviation = vae.encode(field)
    field = vae.decode(mean, gray)
    ```
    """

    def __init__(
        self,
        field_size=64,
        latents=64,
        filters=(128, 256, 512, 1024),
        conditioning="skips",
        layout="planes",
        output_norm=True,
        dropout=0.3,
        recipe="paper",
        loss_weights=None,
        kl_warmup_epochs=None,
        num_components=20,
        **kwargs,
    ):
        for name, value, choices in (
            ("conditioning", conditioning, _CONDITIONINGS),
            ("layout", layout, _LAYOUTS),
            ("recipe", recipe, RECIPES),
        ):
            if value not in choices:
                raise ValueError(
                    f"{name} is {value!r}. Expected one of {choices}."
                )
        if field_size < 16 or field_size % 16:
            raise ValueError(
                f"field_size is {field_size}. Expected a multiple of 16."
            )
        if len(filters) != 4:
            raise ValueError(f"filters is {filters}. Expected 4 widths.")
        weights, warmup = _LOSSES_OF_RECIPE[recipe]
        weights = dict(weights if loss_weights is None else loss_weights)
        warmup = warmup if kl_warmup_epochs is None else kl_warmup_epochs
        unknown = sorted(set(weights) - set(_LOSSES))
        if unknown or not weights:
            raise ValueError(
                f"loss_weights has {unknown or 'no losses'}. Expected some of "
                f"{_LOSSES}."
            )
        super().__init__(weights, **kwargs)
        # === Config ===
        self.field_size = field_size
        self.latents = latents
        self.filters = tuple(filters)
        self.conditioning = conditioning
        self.layout = layout
        self.output_norm = output_norm
        self.dropout = dropout
        self.recipe = recipe
        self.kl_warmup_epochs = warmup
        self.num_components = num_components
        self._plain_weights = weights
        self.seed_generator = keras.random.SeedGenerator()

        # === Layers ===
        self.encoder = vae_encoder(self)
        self.decoder = vae_decoder(self)
        self.error_variance = self._constant(
            "error_variance", (2,), _FIRST_VARIANCE
        )
        if "mahalanobis" in weights:
            shape = (num_components, field_size, field_size, 2)
            self.components = self._constant("components", shape)
            self.component_variances = self._constant(
                "component_variances", shape[:1]
            )
        if "kl" in weights and warmup:
            self.kl_weight = self._constant("kl_weight", ())
            self.loss_weights = {**weights, "kl": self.kl_weight}

        # === Functional Model ===
        field = keras.Input((field_size, field_size, 2), name="field")
        gray = keras.Input((field_size, field_size, 1), name="gray")
        noise = keras.Input((latents,), name="noise")
        code = self.encoder(field)
        deviation = ops.exp(0.5 * code["log_variance"])
        inputs = {"codes": code["mean"] + deviation * noise}
        if conditioning is not None:
            inputs["gray"] = gray
        outputs = {**code, "field": self.decoder(inputs)}
        inputs = [field, noise, *([gray] if conditioning is not None else [])]
        self.network = keras.Model(inputs, outputs, name="vae")
        self.built = True

    def _constant(self, name, shape, value=0.0):
        """A weight that gradients do not change."""
        return self.add_weight(
            name=name,
            shape=shape,
            dtype="float32",
            initializer=keras.initializers.Constant(value),
            trainable=False,
        )

    # === Codes ===

    def encode(self, field, gray=None):
        """Encodes fields, in test mode.

        Args:
            field: Float tensor or array `(B, S, S, 2)`: a / 128 and b / 128.
            gray: Not used: the encoder sees the field alone.

        Returns:
            The mean and the standard deviation of codes, float32 tensors
            `(B, latents)`.
        """
        code = self.encoder(ops.convert_to_tensor(field), training=False)
        return code["mean"], ops.exp(0.5 * code["log_variance"])

    def decode(self, codes, gray=None):
        """Decodes codes, in test mode.

        Args:
            codes: Float tensor `(B, latents)`.
            gray: Float tensor `(B, S, S, 1)`: (2.55 L - 128) / 128 of CIE L.
                None if `conditioning` is None.

        Returns:
            A float32 tensor `(B, S, S, 2)` in [-1, 1]: a / 128 and b / 128.

        Raises:
            ValueError: If the decoder needs gray and there is none.
        """
        inputs = {"codes": ops.convert_to_tensor(codes)}
        if self.conditioning is not None:
            if gray is None:
                raise ValueError(
                    "gray is None, and the decoder sees gray (conditioning="
                    f"{self.conditioning!r}). Expected a tensor (B, "
                    f"{self.field_size}, {self.field_size}, 1)."
                )
            inputs["gray"] = ops.convert_to_tensor(gray)
        return self.decoder(inputs, training=False)

    # === Training ===

    def targets(self, images, training=False):
        """Computes fields, gray and the noise of codes.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in `value_range`.
            training: bool. Whether there is noise; otherwise it is 0.

        Returns:
            A dictionary of float32 tensors: `"field"` `(B, S, S, 2)`, `"gray"`
            `(B, S, S, 1)` and `"noise"` `(B, latents)`.
        """
        check_rgb(images)
        images = rgb_data.to_unit_range(images, self.value_range)
        field, gray = self.field_and_gray(images)
        shape = (ops.shape(field)[0], self.latents)
        noise = ops.zeros(shape)
        if training:
            draw = keras.random.normal
            if self.recipe == "released":
                draw = keras.random.truncated_normal
            noise = draw(shape, seed=self.seed_generator)
        return {"field": field, "gray": gray, "noise": noise}

    def field_and_gray(self, images):
        """The field and the gray of RGB images, as `decode` has them.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in [0, 1].

        Returns:
            Two float32 tensors, `(B, S, S, 2)` and `(B, S, S, 1)`.
        """
        space = LabSpace()
        gray, chroma = space.split(images)
        field = space.denormalize(sized(chroma, self.field_size)) / SCALE
        return field, gray_for_field(gray, self.field_size)

    def losses_of(self, outputs, targets):
        error = targets["field"] - outputs["field"]
        released = self.recipe == "released"
        losses = {}
        if "color" in self.loss_weights:
            rarity = "prior" if released else "smoothed"
            losses["color"] = field_losses.color_loss(
                targets["field"], error, rarity
            )
        if "mahalanobis" in self.loss_weights:
            losses["mahalanobis"] = field_losses.mahalanobis_loss(
                error, self.components, self.component_variances
            )
        if "gradient" in self.loss_weights:
            seen = to_quadrants(error) if self.layout == "quadrants" else error
            losses["gradient"] = (
                field_losses.released_gradient_loss(seen)
                if released
                else field_losses.gradient_loss(seen)
            )
        if "kl" in self.loss_weights:
            losses["kl"] = field_losses.kl_loss(
                outputs["mean"], outputs["log_variance"]
            )
        if not released:
            return losses
        for name in {"color", "gradient"} & set(losses):
            losses[name] = field_losses.root(losses[name])
        if "kl" in losses:
            # The mean over the batch becomes the program's sum.
            batch = ops.cast(ops.shape(error)[0], "float32")
            losses["kl"] = batch * losses["kl"]
        return losses

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        if kwargs.get("training", True):
            self._observe(y_pred["targets"]["field"] - y_pred["field"])
        return super().compute_loss(x, y, y_pred, *args, **kwargs)

    def _observe(self, error):
        """Updates the moving average of squared errors, for lower bounds."""
        square = ops.mean(ops.square(error), axis=(0, 1, 2))
        self.error_variance.assign(
            _MOMENTUM * self.error_variance + (1.0 - _MOMENTUM) * square
        )

    def default_optimizer(self):
        if self.recipe == "released":
            return keras.optimizers.Adam(1e-6, epsilon=1e-6)
        return keras.optimizers.Adam(1e-3)

    def fit(self, x=None, *args, callbacks=None, **kwargs):
        """As in `RGBModel`. First computes principal components if needed.

        Args:
            x: As in `RGBModel.fit`.
            *args: As in `RGBModel.fit`.
            callbacks: As in Keras.
            **kwargs: As in `RGBModel.fit`.
        """
        if not self.is_prepared:
            self.fit_components(x)
        callbacks = [] if callbacks is None else keras.tree.flatten(callbacks)
        return super().fit(
            x, *args, callbacks=[*callbacks, _WarmUp()], **kwargs
        )

    # === Principal components ===

    @property
    def is_prepared(self):
        """Whether there are the principal components that a loss needs."""
        if "mahalanobis" not in self.loss_weights:
            return True
        return bool(ops.convert_to_numpy(self.component_variances)[0] > 0)

    def prepare(self, images):
        raise ValueError(
            "The loss 'mahalanobis' has no principal components yet. Call "
            "fit_components(images) or set_components before train_on_batch."
        )

    def fit_components(self, x, num_images=2000):
        """Computes the principal components of fields, for `"mahalanobis"`.

        Args:
            x: RGB images in random order, as `fit` takes them. A data source
                must give its images again at the next use.
            num_images: int. The first images of `x` that are used.

        Raises:
            ValueError: If there are too few images, or if `x` is an iterator,
                which `fit` could not use again.
        """
        if not hasattr(x, "shape") and _is_iterator(x):
            raise ValueError(
                "Principal components cannot be computed of an iterator, "
                "which gives its images once. Call fit_components on an array "
                "of at least a few hundred images first."
            )
        rgb_data.check(x, self.value_range)
        fields, count = [], 0
        for images in rgb_data.batches(x, 64):
            fields.append(ops.convert_to_numpy(self.targets(images)["field"]))
            count += len(fields[-1])
            if count >= num_images:
                break
        fields = np.concatenate(fields)[:num_images]
        self.set_components(*principal_components(fields, self.num_components))

    def set_components(self, components, variances):
        """Sets principal components that are known.

        Args:
            components: Array `(num_components, S, S, 2)`, orthonormal, of
                fields (a / 128 and b / 128). The files of Deshpande et al.
                have vectors `[a plane, b plane]`: pass
                `vectors.reshape(-1, 2, 64, 64).transpose(0, 2, 3, 1)`.
            variances: Array `(num_components,)`, positive and descending.

        Raises:
            ValueError: For other shapes or variances, and without the loss
                `"mahalanobis"`.
        """
        if "mahalanobis" not in self.loss_weights:
            raise ValueError(
                "Principal components are for the loss 'mahalanobis', which "
                f"is not in loss_weights: {sorted(self.loss_weights)}."
            )
        expected = tuple(self.components.shape)
        shapes = tuple(np.shape(components)), tuple(np.shape(variances))
        if shapes != (expected, expected[:1]):
            raise ValueError(
                f"Components and variances have shapes {shapes}. Expected "
                f"{(expected, expected[:1])}."
            )
        if not (np.min(variances) > 0 and np.all(np.diff(variances) <= 0)):
            raise ValueError(
                f"variances is {np.asarray(variances)}. Expected positive "
                "numbers in descending order."
            )
        self.components.assign(components)
        self.component_variances.assign(variances)

    def get_config(self):
        return {
            **super().get_config(),
            "field_size": self.field_size,
            "latents": self.latents,
            "filters": self.filters,
            "conditioning": self.conditioning,
            "layout": self.layout,
            "output_norm": self.output_norm,
            "dropout": self.dropout,
            "recipe": self.recipe,
            "loss_weights": dict(self._plain_weights),
            "kl_warmup_epochs": self.kl_warmup_epochs,
            "num_components": self.num_components,
        }


class _WarmUp(keras.callbacks.Callback):
    """Raises the weight of KL at the beginning of each epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        vae = self.model
        if hasattr(vae, "kl_weight"):
            share = min(1.0, epoch / vae.kl_warmup_epochs)
            vae.kl_weight.assign(share * vae._plain_weights["kl"])


def _is_iterator(x):
    """Whether a data source is an iterator."""
    return hasattr(x, "__next__")
