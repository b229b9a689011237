"""The turns in which the channels of a pixel are drawn."""

from keras import ops


def channels_by_turn(network, drawn, order):
    """The channels that are drawn at each turn.

    Args:
        network: See `CachedSampler`.
        drawn: See `CachedSampler`.
        order: See `CachedSampler`.

    Returns:
        A list of slices, one for each output of the network.

    Raises:
        ValueError: If the arguments do not fit each other.
    """
    inputs = {tensor.name: tensor for tensor in network.inputs}
    if drawn not in inputs:
        raise ValueError(
            f"{network.name!r} has no input {drawn!r}. Expected one of "
            f"{list(inputs)}."
        )
    channels = inputs[drawn].shape[-1]
    if order is None:
        turns = [slice(0, channels)]
    elif channels == 2 and sorted(order) == [0, 1]:
        turns = [slice(channel, channel + 1) for channel in order]
    else:
        raise ValueError(
            f"order is {order!r}, and {drawn!r} has {channels} channels. "
            "Expected None, or (0, 1) or (1, 0) for 2 channels."
        )
    if len(network.outputs) != len(turns):
        raise ValueError(
            f"{network.name!r} has {len(network.outputs)} outputs, and order "
            f"is {order!r}. Expected one output, the distribution's "
            "parameters, without order, and one for each channel with order."
        )
    return turns


def fill_unknown(parameters, count):
    """Parameters `(B, count)`: zeros after those that are known."""
    missing = count - parameters.shape[-1]
    if not missing:
        return parameters
    return ops.pad(parameters, ((0, 0), (0, missing)))
