"""Compares ways to enlarge PixColor's chroma, true and sampled.

    python examples/pixcolor_ablation.py images.npy --refinement net.keras

The paper (Guadarrama et al. 2017, Figure 5) asks people which colorings are
real. Here the measures are those of `keras-colorize evaluate`. The images are
uint8 (N, H, W, 3), held out from training.
"""

import argparse

import keras
import numpy as np

from keras_colorize import Colorizer
from keras_colorize.color import rgb_to_lab
from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation import load_classifier
from keras_colorize.evaluation.measures import MEASURES
from keras_colorize.tables import text_table

NAMES = ("psnr", "class_agreement", "kernel_distance")


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("images")
    parser.add_argument("--preset", default="pixcolor_lite")
    parser.add_argument(
        "--refinement", help="a RefinementNetwork, saved as a .keras file"
    )
    parser.add_argument(
        "--classifier", help="see `keras-colorize evaluate --help`"
    )
    parser.add_argument("--limit", type=int, default=200)
    args = parser.parse_args()
    model = Colorizer.from_preset(args.preset)
    images = ImageSource(args.images, limit=args.limit).load(model.image_size)
    classifier = args.classifier and load_classifier(args.classifier)
    ways = [("bilinear", None), ("guided", None)]
    if args.refinement:
        ways.append(("guided", keras.saving.load_model(args.refinement)))
    chroma = keras.ops.convert_to_numpy(rgb_to_lab(images))[..., 1:]
    everywhere = np.ones(images.shape[:3], bool)
    rows = [("chroma", "enlarged", *NAMES)]
    for name, hints in (("true", (everywhere, chroma)), ("sampled", None)):
        for upsampling, refinement in ways:
            model.refinement = refinement
            colored = model.generate(
                images, seed=0, hints=hints, upsampling=upsampling, verbose=0
            )
            colorings = Colorings(images, colored, classifier)
            way = "refined" if refinement else upsampling
            rows.append((name, way, *map(str, numbers(colorings))))
    print(text_table(rows), end="")


def numbers(colorings):
    """The cells of the measures of `NAMES`."""
    for name in NAMES:
        number = MEASURES[name](colorings)
        yield "" if number is None else number.row()[1]


if __name__ == "__main__":
    main()
