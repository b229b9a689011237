"""Data sources of RGB images, as Keras takes them."""

import keras
import numpy as np
from keras import ops

VALUE_RANGES = ((0, 1), (0, 255))


def check(x, value_range):
    """Refuses images that are no RGB images, before anything is compiled.

    Args:
        x: A data source. Of an array all images are checked; of other sources
            nothing is.
        value_range: (0, 1) or (0, 255). What float images are declared to
            have.

    Returns:
        The data source.

    Raises:
        TypeError: For images of another dtype.
        ValueError: For images of another shape or range.
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
            f"Images have dtype {dtype}. Expected uint8 (0 to 255), uint16 (0 "
            "to 65535) or a float type: convert them first."
        )
    if "float" in dtype:
        low, high = _range_of(x)
        # The comparison is False for NaN as well.
        if not (low >= value_range[0] and high <= value_range[1]):
            raise ValueError(
                f"Float images have values from {low:g} to {high:g}. The model "
                f"was told to expect {value_range[0]} to {value_range[1]}, all "
                "finite. Images of keras.utils.image_dataset_from_directory "
                "have 0 to 255: make the model with value_range=(0, 255), or "
                "set model.value_range before compile()."
            )
    return x


def _range_of(x):
    x = x if isinstance(x, np.ndarray) else ops.convert_to_numpy(x)
    return float(x.min()), float(x.max())


def zero_labels(x, y, sample_weight):
    """Labels for Keras, which drops sample weights where there are none."""
    if y is None and sample_weight is not None:
        return np.zeros(len(x))
    return y


def to_unit_range(images, value_range):
    """Brings float images to [0, 1]; other dtypes stay as they are.

    Args:
        images: Tensor or array of images.
        value_range: (0, 1) or (0, 255). What float images have.
    """
    dtype = keras.utils.standardize_dtype(images.dtype)
    if dtype == "int32":
        # Keras's tensors on torch have no uint16.
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
        The images, and the data source to use from now on: an iterator that
        was started is put together again.
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
    """The images of a batch, without labels and weights, for any backend."""
    images = batch[0] if isinstance(batch, (tuple, list)) else batch
    # tf.data gives tensorflow's tensors and a DataLoader gives torch's,
    # whatever the backend.
    return np.asarray(images.cpu() if hasattr(images, "cpu") else images)


def _put_back(first, rest):
    yield first
    yield from rest
