"""The weights of a model before memory is taken for them."""

import concurrent.futures

import keras

from keras_colorize.presets import weights_of


def skeleton_of(cls, config, policy, place):
    """The weights of a config's model by name, without their values.

    They are made in a thread of their own: there Keras forgets these
    variables, which otherwise it would give values when a later
    `StatelessScope` ends.

    Args:
        cls: Class of the model.
        config: dict. Its arguments.
        policy: Dtype policy.
        place: Where the config is from, for errors.

    Returns:
        A dictionary of variables, of which shape and dtype may be used.

    Raises:
        ValueError: If the arguments make no model.
    """

    def make():
        with keras.StatelessScope(initialize_variables=False):
            return weights_of(cls(**config, dtype=policy))

    with concurrent.futures.ThreadPoolExecutor(1) as thread:
        try:
            return thread.submit(make).result()
        except (TypeError, ValueError) as error:
            raise ValueError(
                f"The config of {place} makes no model: {error}"
            ) from error
