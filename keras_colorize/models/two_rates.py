"""An optimizer that trains some variables at a smaller learning rate."""

import keras


@keras.saving.register_keras_serializable(package="keras_colorize")
class TwoRates(keras.optimizers.MultiOptimizer):
    """Trains some variables at a share of an optimizer's learning rate.

    These variables get an optimizer of their own, of the same config, whose
    learning rate is always `factor` times the other's. So `learning_rate` can
    be a schedule, and callbacks can set it. Scaled gradients would not do:
    Adam's step does not depend on their scale.

    Clipping by `global_clipnorm` takes the norm of each of the two groups of
    variables.

    Args:
        optimizer: Keras optimizer, which is not built yet.
        variables: list of Keras variables. Those of the smaller rate.
        factor: float. The share, above 0.

    Raises:
        ValueError: If the factor is not above 0.
    """

    def __init__(self, optimizer, variables, factor):
        if not factor > 0:
            raise ValueError(
                f"encoder_learning_rate_factor is {factor}. Expected a number "
                "above 0. encoder_trainable=False freezes the encoder."
            )
        slower = type(optimizer).from_config(optimizer.get_config())
        slower.learning_rate = _Share(optimizer, factor)
        # What exclude_from_weight_decay sets is not part of the config.
        for name, value in vars(optimizer).items():
            if name.startswith("_exclude_from_weight_decay"):
                setattr(slower, name, value)
        super().__init__(_ByVariable(optimizer, slower, variables))
        self._optimizer = optimizer

    @property
    def learning_rate(self):
        return self._optimizer.learning_rate

    @learning_rate.setter
    def learning_rate(self, learning_rate):
        self._optimizer.learning_rate = learning_rate

    def get_config(self):
        optimizer = keras.saving.serialize_keras_object(self._optimizer)
        return {"optimizer": optimizer}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """The optimizer that was given: `compile()` adds the second rate."""
        return keras.saving.deserialize_keras_object(
            config["optimizer"], custom_objects
        )


class _Share:
    """The share of an optimizer's learning rate, whenever it is read."""

    def __init__(self, optimizer, factor):
        self._optimizer = optimizer
        self._factor = factor

    def __call__(self):
        return self._factor * self._optimizer.learning_rate

    def assign(self, learning_rate):
        """Changes nothing. Callbacks set both rates, and this one follows."""


class _ByVariable(keras.optimizers.OptimizerMap):
    """Chooses by identity: layers of two models may have the same names."""

    def __init__(self, optimizer, slower, variables):
        # The slower one comes first. It reads the other's learning rate
        # before the other's step moves a schedule on.
        super().__init__(optimizer, {"slower": slower})
        self._slower = slower
        self._ids = {id(variable) for variable in variables}

    def __call__(self, variable):
        if id(variable) in self._ids:
            return self._slower
        return self.default_optimizer
