"""Trains a VAE and a mixture density network, as the preset mdn_lite.

    python examples/train_mdn_lite.py images.npy --photographs photos

The images are a .npy array or a folder. Photographs, if you have them, are
sharper images. First the VAE learns fields of chroma. Then the network learns
the VAE's codes, from features of the encoder of a hypercolumn preset, which
are computed once. Run the same command again to continue the VAE of a run that
was stopped.

The preset's own training differs: each epoch of the VAE had all images once,
whole and without flips, and an eighth of the images of the network were
photographs.
"""

import shutil

import keras
from train_hypercolumn_lite import Batches
from train_hypercolumn_lite import parse
from train_hypercolumn_lite import parser_of

from keras_colorize import ColorFieldVAE
from keras_colorize import ColorizerHypercolumn
from keras_colorize import ColorizerMDN
from keras_colorize.callbacks import BackupAndRestore
from keras_colorize.evaluation import Colorings
from keras_colorize.models.mdn import fit_cached

# The feature map's stride, and the side of the VAE's fields.
FEATURE, SIDE = "stride16", 64


def train_vae(args):
    """The VAE of the preset, fitted."""
    vae = ColorFieldVAE(
        SIDE,
        filters=(32, 64, 128, 256),
        loss_weights={
            "color": 1.0,
            "mahalanobis": 0.1,
            "gradient": 1e-3,
            "kl": 0.01,
        },
        dtype=args.dtype,
    )
    rate = keras.optimizers.schedules.CosineDecay(
        1e-3, args.epochs * args.steps
    )
    vae.compile(keras.optimizers.Adam(rate))
    backup = BackupAndRestore(args.out / "backup", delete_checkpoint=False)
    batches = Batches(
        args.images,
        args.photographs,
        *(0.1, SIDE, args.batch_size, args.steps, backup.epoch),
    )
    vae.fit(batches, epochs=args.epochs, callbacks=[backup], verbose=2)
    return without_components(vae)


def without_components(vae):
    """The same VAE without its principal components, which only `fit` uses."""
    config = vae.get_config()
    del config["dtype"], config["loss_weights"]["mahalanobis"]
    new = ColorFieldVAE.from_config(config)
    values = {w.path: w for w in vae.weights}
    for weight in new.weights:
        weight.assign(keras.ops.cast(values[weight.path], weight.dtype))
    return new


def train_network(vae, args):
    """The colorizer of the preset, fitted on features that are kept."""
    start = ColorizerHypercolumn.from_preset(args.start)
    side = start.image_size
    model = ColorizerMDN(
        vae,
        start.get_config()["encoder"],
        FEATURE,
        filters=(48, 40, 36, 32, 16),
        units=512,
        image_size=side,
    )
    weights = {w.path: w for w in start.encoder.weights}
    for weight in model.encoder.weights:
        weight.assign(weights[weight.path])
    steps = args.network_epochs * args.network_images // 32
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    model.compile(keras.optimizers.Adam(rate))
    batches = Batches(
        args.images,
        args.photographs,
        *(0.12, side, 32, args.network_images // 32, 0),
    )
    fit_cached(model, batches, epochs=args.network_epochs, verbose=2)
    return model


def main():
    parser = parser_of(__doc__, "runs/mdn")
    parser.set_defaults(epochs=4, steps=1453, batch_size=64)
    add = parser.add_argument
    add("--start", default="hypercolumn_lite", help="a hypercolumn preset")
    add("--network-epochs", type=int, default=10)
    add("--network-images", type=int, default=51_000)
    args = parse(parser)
    keras.utils.set_random_seed(0)
    args.out.mkdir(parents=True, exist_ok=True)
    model = train_network(train_vae(args), args)
    held_out = args.held_out.load(model.image_size)
    losses = model.evaluate(held_out, return_dict=True, verbose=0)
    photos = model.generate(
        held_out[:4], num_samples=5, readout="sample", seed=0, verbose=0
    )
    # A run that is continued replaces its preset.
    shutil.rmtree(args.out / "preset", ignore_errors=True)
    model.save_to_preset(
        args.out / "preset",
        dtype="float16",
        card={
            "recipe": "VAE: "
            f"{args.epochs * args.steps * args.batch_size:,} images; network: "
            f"{args.network_images:,} images, {args.network_epochs} epochs, on "
            f"the encoder of {args.start}.",
            "metrics": {"distance": losses["distance"]},
            "evaluation_data": f"{len(held_out):,} other images",
            "sheet": Colorings(held_out[:4], photos).sheet(),
        },
    )
    print(f"Distance {losses['distance']:.1f}. Preset: {args.out / 'preset'}")


if __name__ == "__main__":
    main()
