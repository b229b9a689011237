"""Makes a preset's picture: gray, five samples, truth.

    python examples/readme_picture.py samples.jpg

The photographs are the color ones of examples/photos; the samples are those
of seed 0, not chosen.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image
from train_pic import sample_sheet

import keras_colorize
from keras_colorize.images import read_photograph

PHOTOS = pathlib.Path(__file__).parent / "photos"
NAMES = ("astronaut.jpg", "chelsea_turned.jpg", "coffee.png", "rocket.jpg")
SIDE = 160


def square(photograph):
    """The middle square of a photograph, small."""
    height, width = photograph.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    photograph = photograph[top : top + side, left : left + side]
    return np.asarray(Image.fromarray(photograph).resize((SIDE, SIDE)))


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out")
    parser.add_argument("--preset", default="pic_tinyimagenet64")
    parser.add_argument("--temperature", type=float, default=1.0)
    args = parser.parse_args()
    model = keras_colorize.ColorizerPIC.from_preset(args.preset)
    photos = [square(read_photograph(PHOTOS / name).pixels) for name in NAMES]
    sheet = sample_sheet(
        model, photos, num_samples=5, temperature=args.temperature
    )
    Image.fromarray(sheet).save(args.out, quality=90)


if __name__ == "__main__":
    main()
