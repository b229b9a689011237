"""Trains PIC on a folder of photographs or on a .npy array of images.

    python examples/train_pic.py my_photos --out runs/mine --minutes 60
    python examples/train_pic.py images.npy --preset pic_cifar10

Run the same command again to continue a run that was stopped. The folder of
the run gets the learning curve (curve.csv, curve.png) and a sheet of samples
for each epoch. At the end the folder gets the preset. The first images of the
data are the validation images: `keras-colorize evaluate --limit` with the same
number evaluates on the same images.
"""

import argparse
import csv
import math
import pathlib
import shutil
import time

import keras
import numpy as np
from augmentation import AUGMENTATIONS
from curve import keep_rows
from PIL import Image

from keras_colorize import ColorizerPIC
from keras_colorize.callbacks import BackupAndRestore
from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation import plot_curve
from keras_colorize.evaluation import read_curve


class Batches(keras.utils.PyDataset):
    """Shuffled batches of flipped images. One epoch is all images, once.

    Args:
        source: `ImageSource`.
        size: int. Side of the images of a folder.
        batch_size: int.
        crop: int or None. Three of ten images are cropped to a random part.
            Its shorter side has at least `crop` pixels.
        augmentation: list of Keras layers that change a batch.
        epoch: int. The first epoch.
    """

    def __init__(self, source, size, batch_size, crop, augmentation, epoch):
        super().__init__()
        self.source = source
        self.size = size
        self.batch_size = batch_size
        self.crop = crop
        self.augmentation = augmentation
        self.epoch = epoch

    def __len__(self):
        return math.ceil(len(self.source) / self.batch_size)

    def on_epoch_end(self):
        self.epoch += 1

    def __getitem__(self, step):
        order = np.random.default_rng(self.epoch).permutation(len(self.source))
        first = step * self.batch_size
        rng = np.random.default_rng((self.epoch, step))
        images = []
        for index in order[first : first + self.batch_size]:
            image = self.source.read(index, self.size)
            if rng.random() < 0.5:
                image = image[:, ::-1]
            if self.crop and rng.random() < 0.3:
                image = cropped(image, self.crop, rng)
            images.append(image)
        images = np.stack(images)
        for layer in self.augmentation:
            images = layer(images, training=True)
        return keras.ops.convert_to_numpy(images)


def cropped(image, least, rng):
    """A random part of an image, enlarged to the size of the image."""
    height, width = image.shape[:2]
    share = rng.uniform(least / min(height, width), 1)
    left, top = rng.uniform(0, 1 - share, 2) * (width, height)
    right, bottom = left + share * width, top + share * height
    box = (left, top, min(right, width), min(bottom, height))
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize((width, height), Image.BICUBIC, box))


class Clock(keras.callbacks.Callback):
    """Logs steps and minutes, and ends training after some minutes.

    Args:
        spent: float. Minutes of earlier runs.
        minutes: float or None. The minutes of all runs together. The learning
            rate rises for 100 steps, then falls to 0 at the end.
        learning_rate: float. The highest learning rate, with `minutes`.
    """

    def __init__(self, spent, minutes, learning_rate):
        super().__init__()
        self.start = time.monotonic() - 60 * spent
        self.minutes = minutes
        self.learning_rate = learning_rate

    @property
    def spent(self):
        return (time.monotonic() - self.start) / 60

    def on_train_batch_begin(self, batch, logs=None):
        if not self.minutes:
            return
        if keras.backend.backend() == "jax":
            # Otherwise jax trains on with the learning rate of its own state.
            self.model.jax_state_sync()
        optimizer = self.model.optimizer
        warm = min(1.0, (int(optimizer.iterations) + 1) / 100)
        left = max(0.0, 1.0 - self.spent / self.minutes)
        optimizer.learning_rate = self.learning_rate * warm * left

    def on_train_batch_end(self, batch, logs=None):
        if self.minutes and self.spent >= self.minutes:
            self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        # The callbacks after this one see these logs, too.
        logs["step"] = int(self.model.optimizer.iterations)
        logs["minutes"] = round(self.spent, 2)


class Pictures(keras.callbacks.Callback):
    """Draws the learning curve and a sheet of samples after each epoch.

    Args:
        folder: Path of the run.
        images: uint8 array of the images to color.
        averages: The `SwapEMAWeights` that validation uses.
    """

    def __init__(self, folder, images, averages):
        super().__init__()
        self.folder = folder
        self.images = images
        self.averages = averages

    def on_epoch_end(self, epoch, logs=None):
        curve = plot_curve(read_curve(self.folder / "curve.csv"))
        (self.folder / "curve.png").write_bytes(curve)
        # The model draws with the averaged weights, as in validation.
        self.averages.on_test_begin()
        samples = self.model.generate(
            self.images, num_samples=2, seed=0, verbose=0
        )
        self.averages.on_test_end()
        sheet = Colorings(self.images, samples).sheet()
        Image.fromarray(sheet).save(self.folder / f"samples_{epoch + 1:03}.png")


def read_rows(path):
    """The rows of a CSV file, as dictionaries; none if there is no file."""
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def card(args, model, num_images):
    """The facts of the run for the preset's model card."""
    rows = read_rows(args.out / "curve.csv")
    name = pathlib.Path(args.images).name
    crops = f"; random crops to {args.crop} pixels or more" * bool(args.crop)
    optimizer = model.optimizer.get_config()
    rate = f"{args.learning_rate}, falling to 0"
    if not args.minutes:
        rate = "{initial_learning_rate}, times {decay_rate} each step".format(
            **optimizer["learning_rate"]["config"]
        )
    return {
        "training_data": f"{num_images:,} images of {name}.",
        "recipe": {
            "epochs": len(rows),
            "steps": rows[-1]["step"],
            "minutes": rows[-1]["minutes"],
            "batch size": args.batch_size,
            "optimizer": f"Adam ({optimizer['beta_1']}, {optimizer['beta_2']})",
            "learning rate": rate,
            "averaging of weights": optimizer["ema_momentum"],
            "augmentation": f"flips{crops}; faults of old photographs: "
            f"{args.augment}",
            "dtype policy": args.dtype,
            "started from": args.preset if args.fine_tune else "random weights",
        },
        "metrics": {"bits_per_dim": float(rows[-1]["val_bits_per_dim"])},
        "evaluation_data": f"{args.validation:,} other images of {name}",
        "sheet": args.out / f"samples_{len(rows):03}.png",
    }


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("images", help="a folder of photographs, or a .npy file of images")
    add("--out", type=pathlib.Path, default=pathlib.Path("runs/pic"))
    add("--preset", default="pic_tinyimagenet64")
    add("--fine-tune", action="store_true", help="load its weights, too")
    add("--minutes", type=float, help="how long to train, all runs together")
    add("--epochs", type=int, help="default: the paper's, without --minutes")
    add("--batch-size", type=int, help="default: the paper's, or 64")
    add("--learning-rate", type=float, default=1e-3, help="with --minutes")
    add("--ema", type=float, default=0.999, help="momentum, with --minutes")
    add("--augment", choices=AUGMENTATIONS, default="none")
    add("--crop", type=int, metavar="SIDE", help="random crops, at least SIDE")
    add("--resize", choices=("crop", "squash"), default="crop")
    add("--validation", type=int, default=1000, help="how many images")
    add("--dtype", default="mixed_bfloat16", help="dtype policy")
    args = parser.parse_args()
    paper = ColorizerPIC.presets.get(args.preset, {}).get("training", {})
    args.batch_size = args.batch_size or paper.get("batch_size", 64)
    args.initialization_images = paper.get("initialization_images", 100)
    if not args.epochs:
        args.epochs = 1_000_000 if args.minutes else paper.get("epochs")
    if not args.epochs:
        parser.error("say how long to train: --minutes or --epochs")
    try:
        args.held_out = ImageSource(
            args.images, limit=args.validation, resize=args.resize
        )
        args.training = ImageSource(
            args.images, skip=args.validation, resize=args.resize
        )
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return args


def main():
    args = parse_arguments()
    keras.utils.set_random_seed(0)
    model = ColorizerPIC.from_preset(
        args.preset, load_weights=args.fine_tune, dtype=args.dtype
    )
    optimizer = model.default_optimizer()
    if args.minutes:
        config = optimizer.get_config()
        config["learning_rate"] = args.learning_rate
        config["ema_momentum"] = args.ema
        optimizer = type(optimizer).from_config(config)
    model.compile(optimizer)
    size = model.image_size
    held_out = args.held_out.load(size)
    if args.crop and not 0 < args.crop < min(held_out.shape[1:3]):
        raise SystemExit(
            f"--crop is {args.crop}. Expected at least 1 and less than the "
            f"sides of the images, {held_out.shape[1]}x{held_out.shape[2]}."
        )
    if not model.is_prepared:
        count = min(args.initialization_images, len(args.training))
        model.prepare(
            np.stack([args.training.read(i, size) for i in range(count)])
        )
    args.out.mkdir(parents=True, exist_ok=True)
    backup = BackupAndRestore(args.out / "backup", delete_checkpoint=False)
    keep_rows(args.out / "curve.csv", backup.epoch)
    past = read_rows(args.out / "curve.csv")
    spent = float(past[-1]["minutes"]) if past else 0.0
    averages = keras.callbacks.SwapEMAWeights()
    model.fit(
        Batches(
            args.training,
            size,
            args.batch_size,
            args.crop,
            AUGMENTATIONS[args.augment](),
            epoch=backup.epoch,
        ),
        epochs=args.epochs,
        validation_data=(held_out,),
        validation_batch_size=args.batch_size,
        callbacks=[
            Clock(spent, args.minutes, args.learning_rate),
            keras.callbacks.CSVLogger(args.out / "curve.csv", append=True),
            averages,
            Pictures(args.out, held_out[:4], averages),
            backup,
        ],
        verbose=2,
    )
    preset = args.out / "preset"
    # A run that is continued replaces its preset.
    shutil.rmtree(preset, ignore_errors=True)
    model.save_to_preset(preset, card=card(args, model, len(args.training)))
    print(
        f"The preset is in {preset}. Its README.md is its card: add what only "
        "you know, such as the license, before you publish the preset with "
        "`keras-colorize push`."
    )


if __name__ == "__main__":
    main()
