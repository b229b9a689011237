"""Trains PixColor on the encoder of hypercolumn_lite, as pixcolor_lite.

    python examples/train_pixcolor_lite.py images.npy --photographs photos
    python examples/train_pixcolor_lite.py images.npy --photographs photos \\
        --start runs/pixcolor/preset --out runs/second

The images are a .npy array or a folder. Photographs, if you have them, are
sharper images. Run the same command again to continue a run that was stopped.

The first command takes the encoder and the first layers on it from a
hypercolumn preset with a second dense layer. The encoder stays as it is. The
second command starts from a PixColor preset, and trains the encoder, too, but
for its first blocks. Its images have faults of old photographs.

The preset's own training differs: in the first part, the two layers on the
encoder had a fifth of the learning rate, and the share of photographs rose
from 0.2 to 0.45. In the second part, each kernel of the encoder had a learning
rate of its own, and the share rose from 0.3 to 0.45. PyTorch trained both.
"""

import shutil

import augmentation
import keras
from curve import keep_rows
from train_hypercolumn_lite import FROZEN
from train_hypercolumn_lite import Batches
from train_hypercolumn_lite import parse
from train_hypercolumn_lite import parser_of

from keras_colorize import Colorizer
from keras_colorize import ColorizerHypercolumn
from keras_colorize import ColorizerPixColor
from keras_colorize.callbacks import BackupAndRestore
from keras_colorize.evaluation import Colorings


class AgedBatches(Batches):
    """Batches of which some images have faults of old photographs."""

    def __init__(self, *args):
        super().__init__(*args)
        self.faults = augmentation.core()

    def __getitem__(self, step):
        images = super().__getitem__(step)
        for layer in self.faults:
            images = layer(images, training=True)
        return keras.ops.convert_to_numpy(images)


def on_hypercolumns(start, dtype):
    """The network of the preset, on the layers of a hypercolumn model."""
    model = ColorizerPixColor(
        start.get_config()["encoder"] | {"gray": "srgb"},
        hypercolumn_filters=(start.filters, start.hidden_filters),
        filters=48,
        num_blocks=8,
        hidden_filters=256,
        chain_filters=128,
        embedding_loss_weight=0.25,
        encoder_trainable=False,
        image_size=start.image_size,
        dtype=dtype,
    )
    model.encoder.set_weights(start.encoder.get_weights())
    hypercolumn, hidden = model.conditioning_layers
    hypercolumn.set_weights(start.hypercolumn.get_weights())
    hidden.set_weights(start.hidden.get_weights())
    return model


def make_model(args):
    """The model to train, compiled, and the class of its batches."""
    model = Colorizer.from_preset(args.start, dtype=args.dtype)
    peak, batches = 4e-4, AgedBatches
    if isinstance(model, ColorizerPixColor):
        model.encoder.trainable = True
        for layer in model.encoder.layers:
            layer.trainable = not layer.name.startswith(FROZEN)
        model.encoder_learning_rate_factor = 0.1
    elif isinstance(model, ColorizerHypercolumn):
        model = on_hypercolumns(model, args.dtype)
        peak, batches = 1e-3, Batches
    else:
        raise SystemExit(
            f"{args.start} is a preset of {type(model).__name__}. Expected one "
            "of ColorizerHypercolumn or ColorizerPixColor."
        )
    steps = args.epochs * args.steps
    warmup = min(300, steps // 10)
    rate = keras.optimizers.schedules.CosineDecay(
        0.0, steps - warmup, 0.002, warmup_target=peak, warmup_steps=warmup
    )
    optimizer = keras.optimizers.AdamW(
        rate,
        weight_decay=0.01,
        beta_2=0.99,
        global_clipnorm=1.0,
        use_ema=True,
        ema_momentum=0.998,
    )
    model.compile(optimizer)
    return model, batches


def main():
    parser = parser_of(__doc__, "runs/pixcolor")
    parser.add_argument(
        "--start",
        default="hypercolumn_lite",
        help="a hypercolumn or PixColor preset",
    )
    args = parse(parser)
    keras.utils.set_random_seed(0)
    model, batches = make_model(args)
    side = model.image_size
    held_out = args.held_out.load(side)
    args.out.mkdir(parents=True, exist_ok=True)
    backup = BackupAndRestore(args.out / "backup", delete_checkpoint=False)
    keep_rows(args.out / "curve.csv", backup.epoch)
    model.fit(
        batches(
            args.images,
            args.photographs,
            *(0.3, side, args.batch_size, args.steps, 0),
        ),
        epochs=args.epochs,
        validation_data=(held_out,),
        validation_batch_size=args.batch_size,
        callbacks=[
            keras.callbacks.SwapEMAWeights(),
            keras.callbacks.CSVLogger(args.out / "curve.csv", append=True),
            backup,
        ],
        verbose=2,
    )
    bits = model.evaluate(held_out, return_dict=True, verbose=0)["bits_per_dim"]
    photos = model.generate(held_out[:4], num_samples=5, seed=0, verbose=0)
    # A run that is continued replaces its preset.
    shutil.rmtree(args.out / "preset", ignore_errors=True)
    model.save_to_preset(
        args.out / "preset",
        dtype="float16",
        card={
            "recipe": f"{args.epochs * args.steps * args.batch_size:,} images, "
            f"from {args.start}.",
            "metrics": {"bits_per_dim": bits},
            "evaluation_data": f"{len(held_out):,} other images",
            "sheet": Colorings(held_out[:4], photos).sheet(),
        },
    )
    print(f"{bits:.3f} bits per dimension. Preset: {args.out / 'preset'}")


if __name__ == "__main__":
    main()
