"""Models that are fitted on RGB images alone."""

import contextlib

import keras
import numpy as np
from keras import ops

from keras_colorize.models import rgb_data
from keras_colorize.models.two_rates import TwoRates


class RGBModel(keras.Model):
    """Base class of models that are fitted on RGB images alone.

    The model computes its inputs and its targets from RGB images, inside the
    compiled step. So any data source of RGB images can be used, and labels are
    ignored.

    A subclass builds `self.network`, a functional model. The names of its
    inputs are entries of `targets`, and its output is a dictionary. The
    subclass defines `targets` and `losses_of`. Calling the model on images
    returns the outputs of the network and, as `"targets"`, the targets.

    Args:
        loss_weights: dict of float, tensor or Keras variable. The weights of
            the losses of `losses_of`, by name. The `loss` of `compile`
            replaces the first one.
        value_range: (0, 1) or (0, 255). The range of float images; (0, 255)
            for images of `keras.utils.image_dataset_from_directory`. The
            ranges of uint8 and uint16 images are always 0 to 255 and 0 to
            65535.

    Attributes:
        encoder_learning_rate_factor: float. Of models that set it:
            `self.encoder` trains at this share of the learning rate.
    """

    encoder_learning_rate_factor = 1.0

    def __init__(self, loss_weights, value_range=(0, 1), **kwargs):
        if tuple(value_range) not in rgb_data.VALUE_RANGES:
            raise ValueError(
                f"value_range is {value_range!r}. Expected (0, 1) or (0, 255)."
            )
        # No autocast: bfloat16 has too few bits for images.
        super().__init__(autocast=False, **kwargs)
        if self.dtype_policy.quantization_mode is not None:
            raise ValueError(
                f"dtype is {self.dtype_policy.name!r}, and a quantized "
                f"{type(self).__name__} is not supported. Expected a dtype "
                "such as 'float32' or 'mixed_bfloat16'."
            )
        self.value_range = tuple(value_range)
        self.loss_weights = loss_weights
        self.loss_trackers = {
            name: keras.metrics.Mean(name=name) for name in loss_weights
        }
        self._has_custom_loss = False

    def build(self, input_shape=None):
        self.built = True

    # === To override ===

    def targets(self, images, training=False):
        """Computes the inputs of the network and of the losses.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in `value_range`.
            training: bool. Whether the model is trained. For random targets.

        Returns:
            A dictionary of tensors.
        """
        raise NotImplementedError

    def losses_of(self, outputs, targets):
        """The losses of a batch, before they are weighted.

        Args:
            outputs: dict. The outputs of the network.
            targets: dict. From `targets`.

        Returns:
            A dictionary of float32 tensors `(B,)`, with the names of
            `loss_weights`.
        """
        raise NotImplementedError

    def prepare(self, images):
        """Prepares a new model for training, on its first batch of images.

        `fit` and `train_on_batch` call it if `is_prepared` is False.

        Args:
            images: `(B, H, W, 3)`, as `targets` takes them.
        """

    @property
    def is_prepared(self):
        """Whether `prepare` has run, or the model needs no preparation."""
        return True

    def default_optimizer(self):
        """The optimizer of `compile()`."""
        return keras.optimizers.Adam()

    def compared(self, outputs, targets):
        """The y_true and y_pred of the loss and metrics of `compile`."""
        raise ValueError(
            f"{type(self).__name__} supports no loss or metrics of compile(). "
            "Expected loss=None and metrics=None."
        )

    def log_likelihoods_of(self, outputs, targets):
        """The log-likelihoods of a batch, in bits an image.

        Returns:
            A dictionary of float32 tensors `(B,)`: those of the whole model,
            `"model"`, and of parts of it that are distributions.
        """
        raise ValueError(f"{type(self).__name__} has no likelihood.")

    # === Training ===

    def call(self, images, training=False):
        targets = self.targets(images, training)
        inputs = keras.tree.map_structure(
            lambda tensor: targets[tensor.name], self.network.input
        )
        outputs = self.network(inputs, training=training)
        return {**outputs, "targets": targets}

    def compile(
        self, optimizer="auto", loss=None, *, jit_compile="auto", **kwargs
    ):
        """Configures training. `compile()` alone takes the family's defaults.

        Args:
            optimizer: `"auto"`, for `default_optimizer()`, or any Keras
                optimizer.
            loss: None, for the model's own losses, or any Keras loss, which
                replaces the first loss of `loss_weights`. `y_true` and
                `y_pred` are those of `compared`.
            jit_compile: As in Keras. But `"auto"` does not use XLA on
                tensorflow without a GPU, where it makes training slower.
            **kwargs: As in Keras. `metrics` have the `y_true` and `y_pred` of
                `loss`.
        """
        if optimizer == "auto":
            optimizer = self.default_optimizer()
        factor = self.encoder_learning_rate_factor
        if factor != 1.0:
            optimizer = keras.optimizers.get(optimizer)
            variables = self.encoder.trainable_variables
            optimizer = TwoRates(optimizer, variables, factor)
        self._has_custom_loss = loss is not None
        # Keras would keep the metrics of an earlier call.
        self._compile_metrics = None
        self._asked_jit_compile = jit_compile
        if jit_compile == "auto" and not _xla_pays():
            jit_compile = False
        super().compile(optimizer, loss=loss, jit_compile=jit_compile, **kwargs)

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            # As given, because "auto" differs between machines.
            config["jit_compile"] = self._asked_jit_compile
        return config

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss of a batch of RGB images `x`; labels `y` are ignored."""
        targets = y_pred["targets"]
        losses = self.losses_of(y_pred, targets)
        for name, tracker in self.loss_trackers.items():
            tracker.update_state(losses[name], sample_weight)
        weighted = [w * losses[name] for name, w in self.loss_weights.items()]
        if not self._has_custom_loss:
            return _mean(weighted, sample_weight) + sum(self.losses)
        y_true, y_pred = self.compared(y_pred, targets)
        with _explained("loss", y_true, y_pred):
            custom = super().compute_loss(
                x, y_true, y_pred, sample_weight, training
            )
        rest = weighted[1:]
        return custom + _mean(rest, sample_weight) if rest else custom

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        if self._compile_metrics is None:
            return super().compute_metrics(x, y, y_pred, sample_weight)
        y_true, y_pred = self.compared(y_pred, y_pred["targets"])
        with _explained("metrics", y_true, y_pred):
            return super().compute_metrics(x, y_true, y_pred, sample_weight)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        **kwargs,
    ):
        """As in Keras, on RGB images alone. Labels are ignored.

        Args:
            x: RGB images `(N, H, W, 3)`: uint8, uint16, or float in
                `value_range`; or any data source that Keras takes, of batches
                of such images.
            y: Ignored.
            batch_size: As in Keras.
            epochs: As in Keras.
            verbose: As in Keras.
            **kwargs: As in Keras.

        Returns:
            A Keras `History`.

        Raises:
            TypeError, ValueError: If the images (of a data source: its first
                batch) are not RGB images of these dtypes and ranges.
            ValueError: If the model has no trainable weights.
        """
        if not self.trainable_variables:
            raise ValueError(
                f"The model {self.name!r} has no trainable weights, so fit() "
                "would change nothing. Expected at least one layer with "
                "trainable=True: set model.trainable = True and call compile()."
            )
        first, x = self._checked(x, batch_size)
        if not self.is_prepared:
            self.prepare(first)
            if verbose:
                print(
                    "The new model was initialized on its first batch "
                    f"({len(first)} images)."
                )
        if kwargs.get("validation_data") is not None:
            x_val, y_val, weights = keras.utils.unpack_x_y_sample_weight(
                kwargs["validation_data"]
            )
            _, x_val = self._checked(x_val, batch_size)
            y_val = rgb_data.zero_labels(x_val, y_val, weights)
            kwargs["validation_data"] = (x_val, y_val, weights)
        history = super().fit(
            x,
            rgb_data.zero_labels(x, y, kwargs.get("sample_weight")),
            batch_size,
            epochs,
            verbose=verbose,
            **kwargs,
        )
        self._own_averages()
        return history

    def evaluate(
        self,
        x=None,
        y=None,
        batch_size=None,
        verbose="auto",
        sample_weight=None,
        **kwargs,
    ):
        """As in Keras, on RGB images. Labels are ignored."""
        # `fit` has checked its validation data, and has iterated over them.
        if not kwargs.get("_use_cached_eval_dataset"):
            _, x = self._checked(x, batch_size)
        y = rgb_data.zero_labels(x, y, sample_weight)
        return super().evaluate(
            x, y, batch_size, verbose, sample_weight, **kwargs
        )

    def train_on_batch(self, x, *args, **kwargs):
        """As in Keras, on RGB images."""
        rgb_data.check(x, self.value_range)
        if not self.is_prepared:
            self.prepare(x)
        return super().train_on_batch(x, *args, **kwargs)

    def predict(self, x, batch_size=None, verbose="auto", **kwargs):
        """The network's outputs on RGB images, as NumPy arrays."""
        _, x = self._checked(x, batch_size)
        outputs = super().predict(x, batch_size, verbose, **kwargs)
        return self.predictions(outputs)

    def predict_on_batch(self, x):
        """The network's outputs on RGB images, as NumPy arrays."""
        rgb_data.check(x, self.value_range)
        return self.predictions(super().predict_on_batch(x))

    def predictions(self, outputs):
        """The part of the model's outputs that `predict` returns."""
        return {k: v for k, v in outputs.items() if k != "targets"}

    def _checked(self, x, batch_size):
        """Checks images. Returns the first batch, and the source to use."""
        rgb_data.check(x, self.value_range)
        first, x = rgb_data.peek(x, batch_size or 32)
        rgb_data.check(first, self.value_range)
        return first, x

    def _own_averages(self):
        """Copies the weights on jax, where they share the averages' buffers.

        At the end of `fit` Keras sets the weights to the optimizer's averages.
        `evaluate` and `predict` donate the buffers of the weights.
        """
        if keras.backend.backend() == "jax":
            for variable in self.trainable_variables:
                variable.assign(ops.copy(variable.value))

    # === Not supported ===

    def export(self, *args, **kwargs):
        """Refused: the model takes RGB images, and a user has gray ones."""
        raise ValueError(
            f"{type(self).__name__}.export() is not supported: the model takes "
            "RGB images and computes its own targets. Call export_colorizer(), "
            "which exports a colorizer of gray images; or export the network "
            "alone with model.network.export()."
        )

    def quantize(self, *args, **kwargs):
        """Refused: Keras would leave most layers as they are."""
        raise ValueError(
            f"{type(self).__name__}.quantize() is not supported: Keras can "
            "quantize Dense layers, but not the convolutions that hold most "
            "weights. For smaller files call save_to_preset(path, "
            "dtype='float16')."
        )

    # === Likelihood ===

    def log_likelihood(self, images, batch_size=32):
        """The log-likelihood of each image's chroma given its luminance.

        Args:
            images: `(N, H, W, 3)`: uint8, uint16, or float in `value_range`;
                or any data source of `predict`, with batches of such images.
            batch_size: int. Images at a time, for arrays.

        Returns:
            A NumPy array `(N,)`: log2 p of all pixels and channels of an
            image, in bits.

        Raises:
            ValueError: If the model has no likelihood.
        """
        return self.log_likelihoods(images, batch_size)["model"]

    def log_likelihoods(self, images, batch_size=32):
        """The log-likelihoods of images under the model and its parts.

        Args:
            images: As in `log_likelihood`.
            batch_size: int. Images at a time, for arrays.

        Returns:
            A dictionary of NumPy arrays `(N,)`, in bits: those of the whole
            model, `"model"`, and of parts of it that are distributions.
        """
        bits = {}
        rgb_data.check(images, self.value_range)
        for batch in rgb_data.batches(images, batch_size):
            rgb_data.check(batch, self.value_range)
            outputs = super().predict_on_batch(batch)
            outputs = keras.tree.map_structure(ops.convert_to_tensor, outputs)
            found = self.log_likelihoods_of(outputs, self.targets(batch))
            for name, values in found.items():
                values = ops.convert_to_numpy(values)
                bits.setdefault(name, []).append(values)
        return {name: np.concatenate(parts) for name, parts in bits.items()}

    def get_config(self):
        return {
            **super().get_config(),
            "name": self.name,
            "trainable": self.trainable,
            "dtype": keras.saving.serialize_keras_object(self.dtype_policy),
            "value_range": self.value_range,
        }


class PerImageLoss(keras.losses.Loss):
    """The loss of each image, already computed."""

    def call(self, y_true, y_pred):
        return y_pred


@contextlib.contextmanager
def _explained(kind, y_true, y_pred):
    """Says what the loss or the metrics of `compile` got, if they fail."""
    try:
        yield
    except Exception as error:
        raise ValueError(
            f"The {kind} of compile() failed for y_true of shape "
            f"{tuple(y_true.shape)} and y_pred of shape "
            f"{tuple(y_pred.shape)}: {error}\nThe model's `compared` explains "
            "both. A loss of Keras such as 'mse' needs equal shapes. "
            "compile() without loss and metrics takes the model's own."
        ) from error


def _mean(losses, sample_weight):
    """The weighted mean of the sum of losses `(B,)`, as Keras computes it."""
    total = sum(losses[1:], losses[0])
    return PerImageLoss()(total, total, sample_weight)


def _xla_pays():
    if keras.backend.backend() != "tensorflow":
        return True
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
