"""The arguments that metrics take."""

from keras import ops

from keras_colorize.color.pixels import to_float


def to_samples(images):
    """Images `(B, H, W, 3)` or samples as float32 `(B, K, H, W, 3)`."""
    shape = tuple(images.shape)
    if len(shape) not in (4, 5) or shape[-1] != 3:
        raise ValueError(
            f"Images have shape {shape}. Expected RGB images, (batch, height, "
            "width, 3), or samples of them, (batch, samples, height, width, 3)."
        )
    images = to_float(images)
    return images if len(shape) == 5 else ops.expand_dims(images, 1)


def to_pair(y_true, y_pred):
    """Originals `(B, 1, H, W, 3)` and samples `(B, K, H, W, 3)`."""
    originals, samples = to_samples(y_true), to_samples(y_pred)
    count = {originals.shape[0], samples.shape[0]} - {None}
    if (
        len(count) == 2
        or originals.shape[1] != 1
        or originals.shape[2:] != samples.shape[2:]
    ):
        raise ValueError(
            f"Originals have shape {tuple(y_true.shape)} and colorings "
            f"{tuple(y_pred.shape)}. Expected one original for each image, "
            "with the height and width of its colorings."
        )
    return originals, samples


def to_several(y_pred):
    """Samples `(B, K, H, W, 3)`; K must be at least 2."""
    samples = to_samples(y_pred)
    if samples.shape[1] < 2:
        raise ValueError(
            f"Colorings have shape {tuple(y_pred.shape)}. Expected at least "
            "two of each image: (batch, samples, height, width, 3)."
        )
    return samples


def check_choice(name, value, choices):
    """Refuses an argument that is none of the choices."""
    if value not in choices:
        raise ValueError(f"{name} is {value!r}. Expected one of {choices}.")
