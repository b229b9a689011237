"""RGB data sources, as Keras takes them: a look at them before training."""

import types

import keras
import numpy as np
from keras import ops


def checked(x):
    """Refuses arrays that are no RGB images, before anything is compiled.

    Args:
        x: A data source; only arrays are looked at.

    Returns:
        The data source.
    """
    if not hasattr(x, "shape") or not hasattr(x, "dtype"):
        return x
    shape = tuple(x.shape)
    dtype = keras.utils.standardize_dtype(x.dtype)
    if len(shape) != 4 or shape[-1] != 3:
        raise ValueError(
            f"Images have shape {shape}. Expected RGB images, (N, height, "
            "width, 3)."
        )
    if shape[0] == 0:
        raise ValueError("There are no images: the array is empty.")
    if dtype not in ("uint8", "uint16") and "float" not in dtype:
        raise TypeError(
            f"Images have dtype {dtype}. Expected uint8 (0 to 255) or a float "
            "type (0 to 1): convert them first."
        )
    if "float" in dtype and isinstance(x, np.ndarray):
        low, high = float(x.min()), float(x.max())
        if not (low >= 0.0 and high <= 255.0):
            raise ValueError(
                f"Float images have values from {low:g} to {high:g}. Expected "
                "0 to 1 (or, as Keras reads files, 0 to 255), all finite."
            )
    return x


def labels(x, y, sample_weight):
    """Labels for Keras, which drops sample weights where there are none."""
    if y is None and sample_weight is not None:
        return np.zeros(len(x))
    return y


def to_unit_range(images):
    """Brings float images in [0, 255], as Keras reads files, to [0, 1].

    `keras.utils.image_dataset_from_directory` gives such floats. A batch whose
    values all are at most 2 is taken to be in [0, 1].

    Args:
        images: Tensor of images, of any dtype.

    Returns:
        The images; floats in [0, 1].
    """
    if "float" not in keras.utils.standardize_dtype(images.dtype):
        return images
    images = ops.cast(images, "float32")
    return images / ops.where(ops.max(images) > 2.0, 255.0, 1.0)


def peek(x, batch_size):
    """The first batch of images of a data source.

    Args:
        x: A data source that `fit` takes.
        batch_size: int. Images to take of an array.

    Returns:
        The images, and the data source to use from now on (a generator that
        was started is put together again).
    """
    if hasattr(x, "shape"):
        return x[:batch_size], x
    if isinstance(x, keras.utils.PyDataset):
        return images_of(x[0]), x
    if isinstance(x, types.GeneratorType):
        first = next(x)
        return images_of(first), _put_back(first, x)
    return images_of(next(iter(x))), x


def batches(x, batch_size):
    """Iterates once over the batches of images of a data source.

    Args:
        x: A data source that `fit` takes.
        batch_size: int. Images at a time, of an array.

    Yields:
        Images `(B, H, W, 3)`.
    """
    x = checked(x)
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
    """The images of a batch, without labels and weights, for any backend."""
    images = batch[0] if isinstance(batch, (tuple, list)) else batch
    # tf.data gives tensorflow's tensors and a DataLoader torch's, whatever
    # the backend.
    return np.asarray(images.cpu() if hasattr(images, "cpu") else images)


def _put_back(first, rest):
    yield first
    yield from rest
