"""Trains PIC on a folder of images or a .npy array of them.

    python examples/train_pic.py my_photos --out runs/mine --minutes 60
    python examples/train_pic.py images.npy --preset pic_cifar10 --epochs 150

Run the same command again to go on where it was stopped. The run's folder
holds the learning curve (curve.csv, curve.png), a sheet of samples for every
epoch, and at the end the preset, which `--preset` of the command and
`from_preset` take.
"""

import argparse
import csv
import functools
import pathlib
import time

import keras
import numpy as np
from augmentation import AUGMENTATIONS
from PIL import Image

import keras_colorize
from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation.image_source import fitted
from keras_colorize.images import contact_sheet


class RGBImages(keras.utils.PyDataset):
    """Shuffled, flipped batches of RGB images from a folder or an array.

    An epoch is `steps` batches; the next one goes on through the shuffled
    images where it ended.

    Args:
        source: Array (N, H, W, 3) of uint8, or a list of paths.
        size: int. Side of the images; files are cropped and resized to it.
        batch_size: int.
        steps: int. Batches an epoch.
        crop: int or None. Least side of the squares that some images, three of
            ten, are cropped to.
        augmentation: tuple of Keras layers. They are called on every batch.
        epoch: int. Epoch to start from.
    """

    def __init__(
        self,
        source,
        size,
        batch_size,
        steps,
        crop=None,
        augmentation=(),
        epoch=0,
    ):
        super().__init__(workers=1)
        self.source = source
        self.size = size
        self.batch_size = batch_size
        self.steps = steps
        self.crop = crop
        self.augmentation = augmentation
        self.epoch = epoch

    def __len__(self):
        return self.steps

    def on_epoch_end(self):
        self.epoch += 1

    def __getitem__(self, step):
        first = (self.epoch * self.steps + step) * self.batch_size
        images = []
        for position in range(first, first + self.batch_size):
            turn, index = divmod(position, len(self.source))
            order = shuffled(turn, len(self.source))
            images.append(load(self.source[order[index]], self.size))
        rng = np.random.default_rng(first)
        images = [i[:, ::-1] if rng.random() < 0.5 else i for i in images]
        if self.crop:
            images = [
                cropped(i, self.crop, rng) if rng.random() < 0.3 else i
                for i in images
            ]
        images = np.stack(images)
        for layer in self.augmentation:
            images = layer(images, training=True)
        return keras.ops.convert_to_numpy(images)


def cropped(image, least, rng):
    """A random square of an image, `least` or larger, at the image's size."""
    size = image.shape[0]
    side = rng.integers(least, size)
    top, left = rng.integers(size - side + 1, size=2)
    box = (left, top, left + side, top + side)
    picture = Image.fromarray(np.ascontiguousarray(image))
    return np.asarray(picture.resize((size, size), Image.BICUBIC, box))


@functools.lru_cache(maxsize=2)
def shuffled(turn, count):
    """The order of the images in one turn through all of them."""
    return np.random.default_rng(turn).permutation(count)


def load(image, size):
    """An image of an array as it is; a file cropped to a square and resized."""
    if isinstance(image, np.ndarray):
        return image
    with Image.open(image) as file:
        file.draft("RGB", (size, size))
        return fitted(np.asarray(file.convert("RGB")), size)


class TimeBudget(keras.callbacks.Callback):
    """Stops after a time and, until then, lowers the learning rate to 0.

    Args:
        minutes: float. Training time, that of earlier runs counted in.
        spent: float. Minutes that earlier runs took.
        peak: float. The learning rate after a warm-up of 100 steps.
    """

    def __init__(self, minutes, spent, peak):
        super().__init__()
        self.minutes = minutes
        self.spent = spent
        self.peak = peak
        self.started = None

    @property
    def total(self):
        """Minutes trained, earlier runs counted in."""
        return self.spent + (time.monotonic() - self.started) / 60

    def on_train_begin(self, logs=None):
        self.started = time.monotonic()

    def on_train_batch_begin(self, batch, logs=None):
        left = max(0.0, 1.0 - self.total / self.minutes)
        step = int(self.model.optimizer.iterations)
        warm = min(1.0, (step + 1) / 100)
        self.model.optimizer.learning_rate = self.peak * warm * left

    def on_train_batch_end(self, batch, logs=None):
        if self.total >= self.minutes:
            self.model.stop_training = True


class Reporter(keras.callbacks.Callback):
    """Writes the learning curve and a sheet of samples after each epoch.

    Args:
        folder: Path of the run.
        images: Array of RGB images to color.
        averages: The `SwapEMAWeights` that validation uses.
        clock: A `TimeBudget`, or None.
    """

    def __init__(self, folder, images, averages, clock):
        super().__init__()
        self.folder = folder
        self.images = images
        self.averages = averages
        self.clock = clock
        self.sampler = None

    def on_epoch_end(self, epoch, logs=None):
        row = {"epoch": epoch + 1}
        row["step"] = int(self.model.optimizer.iterations)
        if self.clock:
            row["minutes"] = round(self.clock.total, 2)
        row.update({name: f"{value:.4f}" for name, value in logs.items()})
        write_curve(self.folder, row)
        # Sampling wants float32 on a CPU, and the averaged weights.
        if self.sampler is None:
            config = {**self.model.get_config(), "dtype": "float32"}
            self.sampler = type(self.model).from_config(config)
        self.averages.on_test_begin()
        self.sampler.set_weights(self.model.get_weights())
        self.averages.on_test_end()
        sheet = sample_sheet(self.sampler, self.images)
        Image.fromarray(sheet).save(self.folder / f"samples_{epoch + 1:03}.png")


def sample_sheet(model, images, num_samples=2, temperature=1.0):
    """Rows of gray, samples of seed 0 and truth."""
    colored = model.generate(
        images,
        num_samples=num_samples,
        seed=0,
        temperature=temperature,
        verbose=0,
    )
    tiles = []
    for image, samples in zip(images, colored):
        lab = keras_colorize.color.rgb_to_lab(image) * [1.0, 0.0, 0.0]
        gray = keras_colorize.color.lab_to_rgb(lab)
        gray = np.uint8(np.round(255 * keras.ops.convert_to_numpy(gray)))
        tiles += [gray, *samples, image]
    return contact_sheet(tiles, columns=num_samples + 2)


def write_curve(folder, row):
    """Adds a row to curve.csv and draws it anew as curve.png."""
    path = folder / "curve.csv"
    is_new = not path.exists()
    with path.open("a", newline="") as file:
        writer = csv.DictWriter(file, row)
        if is_new:
            writer.writeheader()
        writer.writerow(row)
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    rows = read_curve(folder)
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    for name in row:
        if name.endswith("bits_per_dim"):
            values = [float(r[name]) for r in rows]
            axes.plot([int(r["step"]) for r in rows], values, label=name)
    axes.set(xlabel="step", ylabel="bits per dimension")
    axes.legend()
    figure.savefig(folder / "curve.png", dpi=100)
    plt.close(figure)


def read_curve(folder):
    """The rows of curve.csv, if there are any."""
    path = folder / "curve.csv"
    if not path.exists():
        return []
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def card(args, count, size):
    """What a run can say for the preset's model card."""
    last = read_curve(args.out)[-1]
    name = pathlib.Path(args.images).name
    recipe = {
        "images": f"{int(last['step']) * args.batch_size:,}",
        "batch size": args.batch_size,
        "optimizer": "Adam (0.95, 0.9995)",
        "augmentation": _augmentation(args),
        "averaging of weights": args.ema if args.minutes else 0.999,
        "numbers": args.dtype,
        "started from": args.preset if args.fine_tune else "random weights",
    }
    if args.minutes:
        recipe["minutes"] = last["minutes"]
        recipe["learning rate"] = f"{args.learning_rate}, falling to 0"
        if args.first_pixel_weight != 1:
            recipe["weight of the first pixel"] = args.first_pixel_weight
    else:
        recipe["learning rate"] = "0.001, times 0.99995 each step"
    return {
        "training_data": f"{count:,} images of {name}, {size}x{size}.",
        "recipe": recipe,
        "metrics": {"bits_per_dim": float(last["val_bits_per_dim"])},
        "evaluation_data": f"{args.validation:,} other images of {name}",
        "sheet": args.out / f"samples_{int(last['epoch']):03}.png",
    }


def _augmentation(args):
    crops = f"; random squares of {args.crop} or more" if args.crop else ""
    return f"flips{crops}; faults of old photographs: {args.augment}"


def find_images(source):
    """The images of a .npy file, or the paths of a folder's, shuffled once."""
    try:
        return ImageSource(source).items
    except (OSError, ValueError) as error:
        raise SystemExit(str(error)) from error


def first_pixel_loss(model, weight):
    """Bits per dimension with the first pixel's counted `weight` times.

    It is one of a thousand, so a short run hardly learns its distribution,
    and all other colors follow from where it starts.
    """

    def loss(y_true, y_pred):
        log_prob = model.head.log_prob(y_pred, y_true[..., 1:], y_true[..., :1])
        bits = -log_prob / (model.head.channels * np.log(2.0))
        size = bits.shape[1] * bits.shape[2]
        mean = keras.ops.mean(bits, axis=(1, 2))
        return mean + (weight - 1.0) / size * bits[:, 0, 0]

    return loss


def parse_arguments():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("images", help="a folder of images, or a .npy file")
    parser.add_argument("--out", type=pathlib.Path, default="runs/pic")
    parser.add_argument("--preset", default="pic_tinyimagenet64")
    parser.add_argument("--minutes", type=float, help="time to train")
    parser.add_argument("--epochs", type=int, default=1_000_000)
    parser.add_argument("--steps", type=int, default=500, help="an epoch")
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument(
        "--learning-rate",
        type=float,
        default=1e-3,
        help="at its peak, with --minutes; else the paper's schedule",
    )
    parser.add_argument(
        "--ema",
        type=float,
        default=0.999,
        help="momentum of the averaged weights, with --minutes; less than\n"
        "the paper's 0.999 for runs of a few thousand steps",
    )
    parser.add_argument(
        "--first-pixel-weight",
        type=float,
        default=1.0,
        help="weight of the first pixel in the loss, with --minutes",
    )
    parser.add_argument(
        "--fine-tune",
        action="store_true",
        help="start from the preset's weights, not only its configuration",
    )
    parser.add_argument(
        "--augment",
        choices=AUGMENTATIONS,
        default="none",
        help="faults of old photographs to add: see augmentation.py",
    )
    parser.add_argument(
        "--crop",
        type=int,
        metavar="SIDE",
        help="least side of random squares that some images are cut to",
    )
    parser.add_argument("--validation", type=int, default=1000, help="images")
    parser.add_argument("--dtype", default="mixed_bfloat16")
    arguments = parser.parse_args()
    if arguments.minutes is None and arguments.epochs == 1_000_000:
        parser.error("say how long to train: --minutes or --epochs")
    return arguments


def main():
    args = parse_arguments()
    args.out.mkdir(parents=True, exist_ok=True)
    keras.utils.set_random_seed(0)
    model = keras_colorize.ColorizerPIC.from_preset(
        args.preset, load_weights=args.fine_tune, dtype=args.dtype
    )
    if args.minutes:
        model.compile(
            keras.optimizers.Adam(
                args.learning_rate,
                beta_1=0.95,
                beta_2=0.9995,
                epsilon=1e-6,
                use_ema=True,
                ema_momentum=args.ema,
            ),
            loss=first_pixel_loss(model, args.first_pixel_weight)
            if args.first_pixel_weight != 1
            else None,
        )
    else:
        model.compile()

    images = find_images(args.images)
    if len(images) <= args.validation:
        raise SystemExit(
            f"{args.images} has {len(images)} images, and {args.validation} "
            "are to be held out. Pass a smaller --validation."
        )
    size = model.image_size
    if args.crop is not None and not 0 < args.crop < size:
        raise SystemExit(
            f"--crop is {args.crop}. Expected 1 to {size - 1}, less than the "
            "images' side."
        )
    held_out = np.stack([load(x, size) for x in images[: args.validation]])
    if args.crop and held_out.shape[1:3] != (size, size):
        raise SystemExit(
            f"--crop wants images of {size}x{size}. Those of {args.images} "
            f"are {held_out.shape[1]}x{held_out.shape[2]}."
        )
    past = read_curve(args.out)
    training = RGBImages(
        images[args.validation :],
        size,
        args.batch_size,
        args.steps,
        crop=args.crop,
        augmentation=AUGMENTATIONS[args.augment](),
        epoch=len(past),
    )
    averages = keras.callbacks.SwapEMAWeights()
    clock = None
    if args.minutes:
        spent = float(past[-1]["minutes"]) if past else 0.0
        clock = TimeBudget(args.minutes, spent, args.learning_rate)
    callbacks = [
        keras.callbacks.BackupAndRestore(
            args.out / "backup", delete_checkpoint=False
        ),
        averages,
        Reporter(args.out, held_out[:4], averages, clock),
    ]
    model.fit(
        training,
        epochs=args.epochs,
        validation_data=(held_out,),
        validation_batch_size=args.batch_size,
        callbacks=callbacks + [clock] * bool(clock),
        verbose=2,
    )
    model.save_to_preset(
        args.out / "preset",
        card=card(args, len(images) - args.validation, size),
    )
    print(
        f"The preset is in {args.out / 'preset'}. Its README.md is its card: "
        "say there what only you know, such as the license, before you "
        "publish it with `keras-colorize push`."
    )


if __name__ == "__main__":
    main()
