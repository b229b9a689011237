"""Compares ways to enlarge PixColor's chroma, true and sampled.

    python examples/pixcolor_ablation.py images.npy --refinement net.keras

The paper (Guadarrama et al. 2017, Figure 5) asks people which colorings are
real. Here the measures are those of `keras-colorize evaluate`. The images are
uint8 (N, H, W, 3), held out from training.
"""

import argparse

import keras

from keras_colorize import Colorizer
from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation import load_classifier
from keras_colorize.evaluation.measures import MEASURES
from keras_colorize.generation import color_images
from keras_colorize.layers.categorical_bins import bins_of
from keras_colorize.layers.categorical_bins import values_of
from keras_colorize.models.pixcolor.pixcolor_colorizer import NUM_BINS
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
    rows = [("chroma", "enlarged", *NAMES)]
    for name in ("true", "sampled"):
        if name == "true":
            chroma = model.targets(images)["chroma"]
            chroma = values_of(bins_of(chroma, NUM_BINS), NUM_BINS)
        else:
            _, chroma = model.generate(
                images, seed=0, return_chroma=True, verbose=0
            )
            chroma = model.color_space.normalize(chroma[:, 0])
        for upsampling, refinement in ways:
            model.refinement = refinement
            colored = color_images(model, images, chroma, upsampling=upsampling)
            colorings = Colorings(images, colored[:, None], classifier)
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
