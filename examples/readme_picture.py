"""Makes the picture of a preset's card: gray, five colorings, original.

    python examples/readme_picture.py samples.jpg

The originals are color photographs of examples/photos. The colorings are
samples of seed 0, not chosen. With --best, the first one is instead what
`generate` gives for a single coloring.
"""

import argparse
import pathlib

import numpy as np
from PIL import Image

from keras_colorize import Colorizer
from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation.image_source import fitted
from keras_colorize.images import read_photograph

PHOTOS = pathlib.Path(__file__).parent / "photos"
NAMES = ("astronaut.jpg", "chelsea_turned.jpg", "coffee.png", "rocket.jpg")
SIDE = 160


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("out")
    parser.add_argument("--preset", default="default")
    parser.add_argument("--temperature", type=float, default=1.0)
    parser.add_argument("--readout")
    parser.add_argument("--best", action="store_true")
    args = parser.parse_args()
    model = Colorizer.from_preset(args.preset)
    photos = np.stack(
        [fitted(read_photograph(PHOTOS / name).pixels, SIDE) for name in NAMES]
    )
    samples = model.generate(
        photos,
        num_samples=5,
        seed=0,
        temperature=args.temperature,
        readout=args.readout,
        verbose=0,
    )
    if args.best:
        best = model.generate(photos, verbose=0)
        samples = np.concatenate([best, samples[:, :4]], axis=1)
    sheet = Colorings(photos, samples).sheet()
    Image.fromarray(sheet).save(args.out, quality=90)


if __name__ == "__main__":
    main()
