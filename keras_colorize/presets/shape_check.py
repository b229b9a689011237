"""The weights of a model before memory is taken for them."""

import concurrent.futures
import math
import sys

import keras

from keras_colorize.presets.config import LOCAL

# For a config whose weights are not loaded.
_MAX_VARIABLES = 1500
_MAX_VALUES = 1_000_000_000
# The name of the model in its weights' paths. No layer has it.
_OWN_NAME = "keras_colorize_model"


def shape_check(cls, config, policy, place, tensors=None):
    """The weights of a config's model by name, without their values.

    Args:
        cls: Class of the model.
        config: dict. Its arguments.
        policy: Dtype policy.
        place: What to call the preset in errors.
        tensors: dict of `Tensor` by name, or None. The weights of the preset:
            once the model has clearly more, it is not made any further. None
            limits the model to 10^9 values.

    Returns:
        dict of variables, of which shape and dtype may be used, in the order
        of `model.weights`.

    Raises:
        ValueError: If the arguments make no model or one that is too large.
    """
    if tensors is None:
        counter = _Counter(_MAX_VARIABLES, _MAX_VALUES)
    else:
        # Metrics and seed generators have variables, too.
        values = sum(math.prod(t.shape) for t in tensors.values())
        counter = _Counter(2 * len(tensors) + 100, 2 * values + 1_000_000)
    try:
        return _names_and_weights(cls, config, policy, counter)
    except _TooLarge as error:
        limit = f"weights of {len(tensors or ()):,} tensors"
        if tensors is None:
            limit = (
                f"at most {_MAX_VALUES:,} parameters in {_MAX_VARIABLES:,} "
                "variables; larger models are made with weights of that size, "
                "or by calling the class itself"
            )
        raise ValueError(
            f"The config of {place} asks for {error} or more. Expected {limit}."
        ) from None
    # A hostile config can raise any error in a class.
    except Exception as error:
        raise ValueError(
            f"The config of {place} makes no model: {error}"
        ) from error


def weights_of(model):
    """The weights of a model by name: by their path inside the model.

    The names are those of a model of the same config that is made anew, so
    neither a `keras.name_scope` around the model nor the number that Keras
    gives an unnamed layer is part of them.

    Raises:
        ValueError: If the model's config makes other weights, or two weights
            share a path.
    """
    config = {k: v for k, v in model.get_config().items() if k not in LOCAL}
    names = _names_and_weights(type(model), config, model.dtype_policy)
    shapes = [tuple(variable.shape) for variable in names.values()]
    if shapes != [tuple(variable.shape) for variable in model.weights]:
        raise ValueError(
            f"The weights of {model.name} are not those that its config makes. "
            "Expected a model that get_config describes completely. To merge "
            "LoRA's weights, call model.save() and keras.saving.load_model()."
        )
    return dict(zip(names, model.weights))


def _names_and_weights(cls, config, policy, counter=None):
    """Makes a model in a thread of its own.

    There Keras has no name scope, counts unnamed layers from 0, and forgets
    the variables, which otherwise it would give values when a later
    `StatelessScope` ends.
    """

    def make():
        sys.setprofile(counter)
        try:
            with keras.StatelessScope(initialize_variables=False):
                model = cls(**config, name=_OWN_NAME, dtype=policy)
        finally:
            sys.setprofile(None)
        weights = {
            variable.path.removeprefix(f"{_OWN_NAME}/"): variable
            for variable in model.weights
        }
        if len(weights) != len(model.weights):
            raise ValueError(
                f"Some weights of {cls.__name__} share a path. Expected layers "
                "with distinct names."
            )
        return weights

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        return thread.submit(make).result()


class _TooLarge(BaseException):
    """Not an `Exception`, so that no code on the way catches it."""


class _Counter:
    """A profile function that counts variables and layers as they are made.

    A class may make all its layers before the first variable, so counting
    variables alone would not stop a config that asks for 10,000 layers.

    Args:
        variables: int. The most variables. There may be twice as many layers.
        values: int. The most values in all variables.
    """

    def __init__(self, variables, values):
        self.most = {"layers": 2 * variables, "variables": variables}
        self.most["parameters"] = values
        self.count = dict.fromkeys(self.most, 0)
        self.codes = {
            keras.layers.Layer.__init__.__code__: "layers",
            keras.Variable.__init__.__code__: "variables",
        }

    def __call__(self, frame, event, argument):
        kind = self.codes.get(frame.f_code) if event == "return" else None
        if kind is None:
            return
        self.add(kind, 1)
        if kind == "variables":
            # Of a constructor that failed, there is no shape.
            shape = getattr(frame.f_locals["self"], "shape", ())
            self.add("parameters", math.prod(shape))

    def add(self, kind, count):
        self.count[kind] += count
        if self.count[kind] > self.most[kind]:
            raise _TooLarge(f"{self.count[kind]:,} {kind}")
