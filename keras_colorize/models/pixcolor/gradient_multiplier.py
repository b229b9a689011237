"""How much of the gradient reaches the encoder."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_colorize")
class GradientMultiplier(keras.layers.Layer):
    """Passes its input, and multiplies the gradient by a weight.

    The weight `multiplier`, at first 1, is not trained:
    `GradientMultiplierSchedule` sets it.
    """

    def build(self, input_shape):
        self.multiplier = self.add_weight(
            name="multiplier", shape=(), initializer="ones", trainable=False
        )

    def call(self, inputs):
        multiplier = ops.cast(self.multiplier, inputs.dtype)
        return multiplier * inputs + ops.stop_gradient(
            (1 - multiplier) * inputs
        )

    def compute_output_shape(self, input_shape):
        return input_shape


class GradientMultiplierSchedule(keras.callbacks.Callback):
    """Lets the gradient into the encoder of PixColor after some steps.

    Before, the encoder does not change. So a pretrained encoder is safe from
    the gradients of a PixelCNN with random weights. The paper engages the
    "gradient multiplier" at step 100,000 (Guadarrama et al. 2017, Table 2) and
    does not give its value.

    Args:
        step: int. Steps of the optimizer before the gradient is let in.
        multiplier: float. Factor of the gradient from then on.

    Example:

    ```python
    schedule = keras_colorize.models.pixcolor.GradientMultiplierSchedule(5000)
    model.fit(photographs, epochs=5, callbacks=[schedule])
    ```
    """

    def __init__(self, step=100_000, multiplier=1.0):
        super().__init__()
        self.step = step
        self.multiplier = multiplier
        self._steps = 0
        self._steps_before_epoch = 0

    def on_train_begin(self, logs=None):
        # Training may go on where it stopped.
        self._steps = int(ops.convert_to_numpy(self.model.optimizer.iterations))
        self._set()

    def on_epoch_begin(self, epoch, logs=None):
        self._steps_before_epoch = self._steps

    def on_train_batch_end(self, batch, logs=None):
        waiting = self._steps < self.step
        self._steps = self._steps_before_epoch + batch + 1
        # On jax each access to the model copies its state.
        if waiting and self._steps >= self.step:
            self._set()

    def _set(self):
        engaged = self._steps >= self.step
        weight = self.model.gradient_multiplier.multiplier
        weight.assign(self.multiplier if engaged else 0.0)
