"""RGB images in the data sources of Keras."""

import keras
import numpy as np
from keras import ops

from keras_colorize.color.pixels import check_rgb

VALUE_RANGES = ((0, 1), (0, 255))


def check(x, value_range):
    """Raises an error unless an array has RGB images.

    Args:
        x: A data source. Sources other than arrays are not checked.
        value_range: (0, 1) or (0, 255). The declared range of float images.

    Raises:
        TypeError: For images of another dtype.
        ValueError: For images of another shape or range.
    """
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        return
    check_rgb(x)
    if x.shape[0] == 0:
        raise ValueError(
            f"There are no images: the shape is {tuple(x.shape)}. Expected at "
            "least one image."
        )
    dtype = keras.utils.standardize_dtype(x.dtype)
    if dtype not in ("uint8", "uint16") and "float" not in dtype:
        raise TypeError(
            f"Images have dtype {dtype}. Expected uint8 (0 to 255), uint16 (0 "
            "to 65535) or a float type: convert them first."
        )
    if "float" in dtype:
        x = ops.convert_to_numpy(x)
        low, high = float(x.min()), float(x.max())
        # The comparison is False for NaN as well.
        if not (low >= value_range[0] and high <= value_range[1]):
            raise ValueError(
                f"Float images have values from {low:g} to {high:g}. Expected "
                f"{value_range[0]} to {value_range[1]}, all finite, because "
                f"the model has value_range={value_range}. Images of "
                "keras.utils.image_dataset_from_directory are in 0 to 255: "
                "make the model with value_range=(0, 255), or set "
                "model.value_range before compile()."
            )


def zero_labels(x, y, sample_weight):
    """Labels for Keras, which ignores sample weights without labels."""
    if y is None and sample_weight is not None:
        return np.zeros(len(x))
    return y


def to_unit_range(images, value_range):
    """Scales float images to [0, 1]. Images of other dtypes are not changed.

    Args:
        images: Tensor or array of images.
        value_range: (0, 1) or (0, 255). The range of float images.
    """
    dtype = keras.utils.standardize_dtype(images.dtype)
    if dtype == "int32" and keras.backend.backend() == "torch":
        # On torch Keras makes int32 tensors of uint16 arrays.
        return ops.cast(images, "float32") / 65535.0
    if "float" not in dtype:
        return images
    images = ops.cast(images, "float32")
    return images / 255.0 if value_range[1] == 255 else images


def peek(x, batch_size):
    """The first batch of images of a data source.

    Args:
        x: A data source that `fit` takes.
        batch_size: int. Images to take of an array.

    Returns:
        The images, and the data source to use instead of `x`, which yields
        the first batch again.
    """
    if hasattr(x, "shape"):
        return x[:batch_size], x
    if isinstance(x, keras.utils.PyDataset):
        return images_of(x[0]), x
    iterator = iter(x)
    first = next(iterator)
    return images_of(first), _put_back(first, x) if iterator is x else x


def batches(x, batch_size):
    """Iterates once over the batches of images of a data source.

    Args:
        x: A data source that `fit` takes.
        batch_size: int. Images at a time, of an array.

    Yields:
        Images `(B, H, W, 3)`.
    """
    if hasattr(x, "shape"):
        for start in range(0, x.shape[0], batch_size):
            yield x[start : start + batch_size]
    elif isinstance(x, keras.utils.PyDataset):
        for index in range(x.num_batches):
            yield images_of(x[index])
    else:
        for batch in x:
            yield images_of(batch)


def images_of(batch):
    """The images of a batch, without labels and weights, as NumPy."""
    images = batch[0] if isinstance(batch, (tuple, list)) else batch
    # tf.data has tensorflow's tensors and DataLoader has torch's on every
    # backend.
    return np.asarray(images.cpu() if hasattr(images, "cpu") else images)


def _put_back(first, rest):
    yield first
    yield from rest
