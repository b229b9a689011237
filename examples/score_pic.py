"""Scores a PIC preset on the images that train_pic.py held out.

    python examples/score_pic.py images.npy --preset pic_tinyimagenet64

Prints bits per dimension of the model, of its embedding alone, and of two
baselines that do not look at the image: the histogram of the training images'
chroma (joint over a and b, the same for every pixel) and a uniform
distribution; and the mean saturation of samples beside that of the originals.
Standard errors are over images.
"""

import argparse

import keras
import numpy as np
from train_pic import find_images
from train_pic import load

import keras_colorize
from keras_colorize.color import rgb_to_lab

BINS = 256


def targets(model, images):
    """Normalised luminance and chroma of images, (N, h, w, 3)."""
    return np.concatenate(
        [
            keras.ops.convert_to_numpy(model.split(images[i : i + 64])[1])
            for i in range(0, len(images), 64)
        ]
    )


def bins(chroma):
    """The pair of bins of each chroma value, as one number."""
    index = np.round((chroma + 1) / 2 * (BINS - 1)).astype(int)
    return index[..., 0] * BINS + index[..., 1]


def histogram_bits(training, held_out):
    """Bits per dimension of each image under the training histogram."""
    counts = np.bincount(bins(training).ravel(), minlength=BINS**2)
    # Every pair of bins is counted once more, so that none is impossible.
    probability = (counts + 1) / (counts.sum() + BINS**2)
    return -np.log2(probability[bins(held_out)]).mean((1, 2)) / 2


def model_bits(model, images):
    """Bits per dimension of each image: the model's and its embedding's."""
    results = []
    for start in range(0, len(images), 32):
        batch = images[start : start + 32]
        outputs = model(batch)
        target = model.split(batch)[1]
        width = model.head.num_outputs
        results.append(
            [
                keras.ops.convert_to_numpy(
                    model.bits_per_dim(outputs[name][..., :width], target)
                )
                for name in ("parameters", "embedding")
            ]
        )
    return np.concatenate(results, axis=1)


def saturation(images):
    """Mean perceptual saturation of each image, C / sqrt(C^2 + L^2) (Luebbe,
    as Royer et al. 2017 use it)."""
    lab = keras.ops.convert_to_numpy(rgb_to_lab(images))
    square_chroma = np.square(lab[..., 1:]).sum(-1)
    square = square_chroma + np.square(lab[..., 0])
    return np.sqrt(square_chroma / np.maximum(square, 1e-6)).mean((1, 2))


def report(name, values, unit=""):
    error = values.std(ddof=1) / np.sqrt(len(values))
    print(f"{name:42} {values.mean():.3f} +- {error:.3f}{unit}")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("images", help="as for train_pic.py")
    parser.add_argument("--preset", default="pic_tinyimagenet64")
    parser.add_argument("--validation", type=int, default=1000, help="images")
    parser.add_argument("--sampled", type=int, default=128, help="images")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()

    model = keras_colorize.ColorizerPIC.from_preset(args.preset)
    images = find_images(args.images)
    size = model.image_size
    held_out, training = (
        np.stack([load(image, size) for image in part])
        for part in (
            images[: args.validation],
            images[args.validation : args.validation + 20_000],
        )
    )
    print(f"{args.validation} held-out images, bits per dimension:")
    own, embedding = model_bits(model, held_out)
    report("  the model", own)
    report("  its embedding alone", embedding)
    baseline = histogram_bits(
        targets(model, training)[..., 1:], targets(model, held_out)[..., 1:]
    )
    report("  histogram of the training images", baseline)
    print(f"{'  uniform':42} {np.log2(BINS):.3f}")

    held_out = held_out[: args.sampled]
    samples = model.generate(held_out, seed=args.seed)[:, 0]
    print(f"{len(held_out)} of them, mean saturation:")
    report("  samples, one of each", saturation(samples))
    report("  originals", saturation(held_out))


if __name__ == "__main__":
    main()
