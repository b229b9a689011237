"""Models that are fitted on RGB images alone."""

import keras
import numpy as np
from keras import ops

from keras_colorize.models import rgb_data


class RGBModel(keras.Model):
    """Base class of models that are fitted on RGB images alone.

    The model takes from an image what it is given and what it shall predict,
    on the device and inside the compiled step. So any data source of RGB
    images will do, and labels are ignored.

    A subclass builds `self.network`, a functional model whose inputs are named
    after entries of `targets` and whose output is a dictionary. It defines
    `targets` and `losses_of`. Calling the model on images gives the network's
    outputs and, as `"targets"`, the targets.

    Args:
        loss_weights: dict of float, tensor or Keras variable, by the name of
            a loss of `losses_of`. How much it counts. The first is the one
            that a `loss` of `compile` replaces.
        value_range: (0, 1) or (0, 255). The range of float images.
            `keras.utils.image_dataset_from_directory` gives (0, 255). uint8
            and uint16 images have ranges of their own.
    """

    def __init__(self, loss_weights, value_range=(0, 1), **kwargs):
        if tuple(value_range) not in rgb_data.VALUE_RANGES:
            raise ValueError(
                f"value_range is {value_range!r}. Expected (0, 1) or (0, 255)."
            )
        # Images arrive as they are: bfloat16 has too few bits for them.
        super().__init__(autocast=False, **kwargs)
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
        """What the network and the losses need of RGB images.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in `value_range`.
            training: bool. Whether it is for training, for random targets.

        Returns:
            A dictionary of tensors.
        """
        raise NotImplementedError

    def losses_of(self, outputs, targets):
        """The losses of a batch, before they are weighted.

        Args:
            outputs: dict. The network's.
            targets: dict. From `targets`.

        Returns:
            A dictionary of float32 tensors `(B,)`, with the names of
            `loss_weights`.
        """
        raise NotImplementedError

    def prepare(self, images):
        """Prepares a new model for training, on its first batch of images.

        The first `fit` or `train_on_batch` does so while `is_prepared` is
        False.

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
        """What losses and metrics of `compile` get as y_true and y_pred."""
        raise ValueError(
            f"{type(self).__name__} takes no losses and metrics of its own in "
            "compile()."
        )

    def log_likelihoods_of(self, outputs, targets):
        """The log-likelihoods of a batch, in bits an image.

        Returns:
            A dictionary of float32 tensors `(B,)`: `"model"` and, by name,
            parts of the model that are distributions by themselves.
        """
        raise ValueError(f"{type(self).__name__} has no likelihood.")

    # === Training ===

    def call(self, images, training=False):
        targets = self.targets(images, training)
        inputs = [targets[tensor.name] for tensor in self.network.inputs]
        outputs = self.network(inputs, training=training)
        return {**outputs, "targets": targets}

    def compile(
        self, optimizer="auto", loss=None, *, jit_compile="auto", **kwargs
    ):
        """Configures training. `compile()` alone takes the family's defaults.

        Args:
            optimizer: `"auto"`, for `default_optimizer()`, or any Keras
                optimizer.
            loss: None, for the model's own losses, or any Keras loss. It
                replaces the first loss of `loss_weights`; the others stay.
                `y_true` and `y_pred` are those of `compared`.
            jit_compile: As in Keras, but that `"auto"` leaves XLA out on
                tensorflow without a GPU, where it makes training slower.
            **kwargs: As in Keras. `metrics` get what a custom loss gets.
        """
        if optimizer == "auto":
            optimizer = self.default_optimizer()
        self._has_custom_loss = loss is not None
        self._asked_jit_compile = jit_compile
        if jit_compile == "auto" and not _xla_pays():
            jit_compile = False
        super().compile(optimizer, loss=loss, jit_compile=jit_compile, **kwargs)

    def get_compile_config(self):
        config = super().get_compile_config()
        if config:
            # As it was asked for, not what it means on this machine.
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
        total = 0.0
        for index, (name, weight) in enumerate(self.loss_weights.items()):
            self.loss_trackers[name].update_state(losses[name], sample_weight)
            if index > 0 or not self._has_custom_loss:
                total = total + weight * losses[name]
        loss = 0.0
        if not isinstance(total, float):
            loss = PerImageLoss()(total, total, sample_weight)
        if self._has_custom_loss:
            return loss + super().compute_loss(
                x, *self.compared(y_pred, targets), sample_weight, training
            )
        return loss + sum(self.losses)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        if self._compile_metrics is not None:
            y, y_pred = self.compared(y_pred, y_pred["targets"])
        return super().compute_metrics(x, y, y_pred, sample_weight)

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
        """
        first, x = self._checked(x, batch_size)
        if not self.is_prepared:
            self.prepare(first)
            if verbose:
                print(
                    "The new model was initialized on its first batch "
                    f"({len(first)} images)."
                )
        if kwargs.get("validation_data") is not None:
            kwargs["validation_data"] = self._validation(
                kwargs["validation_data"], batch_size
            )
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

    def evaluate(self, x=None, y=None, sample_weight=None, **kwargs):
        """As in Keras, on RGB images alone. Labels are ignored."""
        # Not what `fit` evaluates on: it is checked, and already iterated.
        if not kwargs.get("_use_cached_eval_dataset"):
            _, x = self._checked(x, kwargs.get("batch_size"))
        y = rgb_data.zero_labels(x, y, sample_weight)
        return super().evaluate(x, y, sample_weight=sample_weight, **kwargs)

    def train_on_batch(self, x, *args, **kwargs):
        """As in Keras, on RGB images alone."""
        rgb_data.check(x, self.value_range)
        if not self.is_prepared:
            self.prepare(x)
        return super().train_on_batch(x, *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        """The network's outputs on RGB images, as NumPy arrays."""
        rgb_data.check(x, self.value_range)
        return self.predictions(super().predict(x, *args, **kwargs))

    def predict_on_batch(self, x):
        """The network's outputs on RGB images, as NumPy arrays."""
        rgb_data.check(x, self.value_range)
        return self.predictions(super().predict_on_batch(x))

    def predictions(self, outputs):
        """What `predict` returns of the model's outputs."""
        return {k: v for k, v in outputs.items() if k != "targets"}

    def _checked(self, x, batch_size):
        """The first batch of a data source, and the source to use."""
        if x is None:
            return None, x
        rgb_data.check(x, self.value_range)
        first, x = rgb_data.peek(x, batch_size or 32)
        rgb_data.check(first, self.value_range)
        return first, x

    def _validation(self, data, batch_size):
        """Checked validation data, with labels where weights need them."""
        if not isinstance(data, (tuple, list)):
            return self._checked(data, batch_size)[1]
        x, y, sample_weight = (*data, None, None)[:3]
        rgb_data.check(x, self.value_range)
        return x, rgb_data.zero_labels(x, y, sample_weight), sample_weight

    def _own_averages(self):
        """Parts the model's weights from the optimizer's averages on jax.

        At the end of `fit` Keras sets the weights to the averages. On jax the
        two then share buffers, which `evaluate` and `predict` give away.
        """
        if keras.backend.backend() == "jax":
            for variable in self.trainable_variables:
                variable.assign(ops.copy(variable.value))

    # === Likelihood ===

    def log_likelihood(self, images, batch_size=32):
        """The log-likelihood of each image's chroma given its luminance.

        Args:
            images: `(N, H, W, 3)`: uint8, uint16, or float in `value_range`;
                or any data source that `predict` takes, of such batches.
            batch_size: int. Images at a time, for arrays.

        Returns:
            A NumPy array `(N,)`: log2 p in bits an image, of all pixels and
            channels together.

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
            A dictionary of NumPy arrays `(N,)`, as `log_likelihood` gives
            them: `"model"` and, by name, parts of the model that are
            distributions by themselves.
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
    """Weights and averages one value an image."""

    def call(self, y_true, y_pred):
        return y_pred


def _xla_pays():
    if keras.backend.backend() != "tensorflow":
        return True
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
