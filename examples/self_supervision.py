"""Learns features by coloring, then trains a classifier with few labels.

    python examples/self_supervision.py cifar10/train cifar10/test

Both folders hold one folder of images for each class. A colorizer is fitted on
all training images, without labels. Its encoder then starts a classifier of
gray images that sees few labels. The script compares the accuracy on the test
images with that of the same classifier from random weights, for several random
choices of the labeled images. Larsson et al. (2016) ask the same of semantic
segmentation ("Representation learning").
"""

import argparse
import math
import pathlib

import keras
import numpy as np
from keras import layers
from PIL import Image

from keras_colorize import ColorizerHypercolumn
from keras_colorize.color import LabSpace


def read_classes(folder):
    """The images of a folder of class folders, and the number of each class.

    Returns:
        A uint8 array `(N, H, W, 3)` and an int array `(N,)`.

    Raises:
        ValueError: If there are fewer than two folders.
    """
    classes = sorted(path for path in folder.glob("*") if path.is_dir())
    if len(classes) < 2:
        raise ValueError(
            f"{folder} holds {len(classes)} folders. Expected one folder of "
            "images for each class, and at least two classes."
        )
    images, labels = [], []
    for label, path in enumerate(classes):
        for file in sorted(path.glob("[!.]*")):
            with Image.open(file) as image:
                images.append(np.asarray(image.convert("RGB")))
            labels.append(label)
    return np.stack(images), np.array(labels)


def make_encoder():
    """A small encoder: four convolutions, at strides 1, 2, 4 and 8."""
    x = gray = keras.Input((None, None, 1), name="gray")
    outputs = {}
    for stride, filters in ((1, 32), (2, 64), (4, 128), (8, 256)):
        x = layers.Conv2D(
            filters,
            3,
            1 if stride == 1 else 2,
            padding="same",
            use_bias=False,
            name=f"conv{stride}",
        )(x)
        # Few labels make few steps: the moving averages must keep up.
        x = layers.BatchNormalization(momentum=0.9, name=f"norm{stride}")(x)
        x = layers.ReLU(name=f"relu{stride}")(x)
        outputs[f"stride{stride}"] = x
    return keras.Model(gray, outputs, name="encoder")


def learn_by_coloring(images, epochs):
    """Fits a colorizer on images, and returns its encoder."""
    model = ColorizerHypercolumn(
        make_encoder(),
        distribution="lab_joint",
        filters=128,
        dropout=0.0,
        num_locations=64,
        chroma_factor=2,
        image_size=images.shape[1],
    )
    steps = epochs * math.ceil(len(images) / 64)
    model.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(2e-3, steps)
        )
    )
    model.fit(images, batch_size=64, epochs=epochs, verbose=2)
    return model.encoder


def make_classifier(num_classes, weights=None):
    """A classifier of gray images. `weights` are those of the encoder."""
    encoder = make_encoder()
    if weights is not None:
        encoder.set_weights(weights)
    gray = keras.Input((None, None, 1))
    features = encoder(layers.RandomFlip("horizontal")(gray))
    pooled = [layers.GlobalAveragePooling2D()(x) for x in features.values()]
    x = layers.Dropout(0.5)(layers.Concatenate()(pooled))
    return keras.Model(gray, layers.Dense(num_classes)(x))


def accuracy(classifier, train, test, steps):
    """Trains a classifier, and returns its accuracy on the test images."""
    classifier.compile(
        keras.optimizers.Adam(
            keras.optimizers.schedules.CosineDecay(1e-3, steps)
        ),
        keras.losses.SparseCategoricalCrossentropy(from_logits=True),
        metrics=["accuracy"],
        jit_compile=False,
    )
    epochs = math.ceil(steps / math.ceil(len(train[0]) / 32))
    classifier.fit(*train, batch_size=32, epochs=epochs, verbose=0)
    return classifier.evaluate(*test, 250, verbose=0, return_dict=True)[
        "accuracy"
    ]


def pick(labels, per_class, seed):
    """Random images of each class, as indices."""
    rng = np.random.default_rng(seed)
    return np.concatenate(
        [
            rng.choice(np.flatnonzero(labels == label), per_class, False)
            for label in np.unique(labels)
        ]
    )


def mean_and_error(values):
    """The mean, and its standard error, in percent."""
    values = 100 * np.asarray(values)
    return values.mean(), values.std(ddof=1) / math.sqrt(len(values))


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("train", type=pathlib.Path, help="a folder of class folders")
    add("test", type=pathlib.Path, help="the same, of other images")
    add("--per-class", type=int, default=50, help="labels of each class")
    add("--seeds", type=int, default=5, help="how often labels are chosen")
    add("--epochs", type=int, default=3, help="of the colorizer")
    add("--steps", type=int, default=300, help="of the classifier")
    args = parser.parse_args()
    if args.seeds < 2:
        parser.error(f"--seeds is {args.seeds}. Expected at least 2.")
    return args


def main():
    args = parse_arguments()
    images, labels = read_classes(args.train)
    test_images, test_labels = read_classes(args.test)
    gray, test_gray = (
        keras.ops.convert_to_numpy(LabSpace().split(x)[0])
        for x in (images, test_images)
    )
    test = (test_gray, test_labels)
    keras.utils.set_random_seed(0)
    weights = learn_by_coloring(images, args.epochs).get_weights()
    starts = {"from scratch": None, "from coloring": weights}
    found = {name: [] for name in starts}
    for seed in range(args.seeds):
        chosen = pick(labels, args.per_class, seed)
        for name, start in starts.items():
            keras.utils.set_random_seed(seed)
            classifier = make_classifier(len(np.unique(labels)), start)
            train = (gray[chosen], labels[chosen])
            found[name].append(accuracy(classifier, train, test, args.steps))
    gain = np.subtract(found["from coloring"], found["from scratch"])
    for name, values in {**found, "gain": gain}.items():
        mean, error = mean_and_error(values)
        print(f"{name}: {mean:.2f}% ± {error:.2f}%")


if __name__ == "__main__":
    main()
