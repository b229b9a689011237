"""Training of a mixture density network on features that are kept."""

import keras
import numpy as np
from keras import ops

from keras_colorize.models import rgb_data
from keras_colorize.models.mdn.code_mixture import nearest_component_losses


def fit_cached(model, images, batch_size=32, epochs=1, **kwargs):
    """Fits a `ColorizerMDN` on features that are computed once.

    The features and codes of all images are computed once and kept in memory,
    the features as float16. So an epoch takes the time of the mixture density
    network alone. The losses and the optimizer are those of `model.fit`, but
    images cannot be augmented.

    Args:
        model: `ColorizerMDN` that is compiled, with a frozen encoder.
        images: RGB images `(N, H, W, 3)`, or a data source of batches, as
            `fit` takes them.
        batch_size: int.
        epochs: int.
        **kwargs: Arguments of Keras's `fit`, such as `verbose`, `callbacks`
            and `validation_split`.

    Returns:
        A Keras `History`.

    Raises:
        ValueError: If the model is not compiled, or trains its encoder.
    """
    if model.encoder_trainable:
        raise ValueError(
            "The model trains its encoder, so features change. Expected "
            "encoder_trainable=False, or call fit."
        )
    if not model.compiled:
        raise ValueError("The model is not compiled. Call compile() first.")
    cached = _cached(model, images, batch_size)
    training = _Training(model)
    optimizer = keras.optimizers.serialize(model.optimizer)
    training.compile(keras.optimizers.deserialize(optimizer))
    # Keras wants targets for `validation_split`.
    return training.fit(
        cached,
        np.zeros(len(cached["mean"])),
        batch_size,
        epochs,
        **kwargs,
    )


def _cached(model, images, batch_size):
    """Features and the means and deviations of codes, as arrays."""
    features = keras.Model(
        model.network.input, model.encoder(model.network.input)
    )
    rgb_data.check(images, model.value_range)
    parts = []
    for batch in rgb_data.batches(images, batch_size):
        rgb_data.check(batch, model.value_range)
        unit = rgb_data.to_unit_range(batch, model.value_range)
        mean, deviation = model.vae.encode(model.vae.field_and_gray(unit)[0])
        found = features.predict_on_batch(model.targets(batch)["gray"])
        parts.append(
            {
                "features": found.astype("float16"),
                "mean": ops.convert_to_numpy(mean),
                "deviation": ops.convert_to_numpy(deviation),
            }
        )
    return {
        name: np.concatenate([part[name] for part in parts])
        for name in parts[0]
    }


class _Training(keras.Model):
    """Trains the mixture density network of a colorizer."""

    def __init__(self, colorizer):
        # TensorFlow refuses a name that begins with an underscore.
        super().__init__(name="cached_training")
        self.mixture_network = colorizer.mixture_network
        self.variance = colorizer.variance
        self.seed_generator = keras.random.SeedGenerator()
        self.trackers = {
            name: keras.metrics.Mean(name=name)
            for name in colorizer.loss_weights
        }
        self.built = True

    def call(self, inputs, training=False):
        features = ops.cast(inputs["features"], "float32")
        outputs = self.mixture_network(features, training=training)
        codes = inputs["mean"]
        if training:
            noise = keras.random.normal(
                ops.shape(codes), seed=self.seed_generator
            )
            codes = codes + inputs["deviation"] * noise
        return {**outputs, "codes": codes}

    def compute_loss(self, x=None, y=None, y_pred=None, *args, **kwargs):
        losses = nearest_component_losses(
            y_pred["codes"], y_pred["logits"], y_pred["means"], self.variance
        )
        for tracker, values in zip(self.trackers.values(), losses):
            tracker.update_state(values)
        return ops.mean(losses[0] + losses[1])
