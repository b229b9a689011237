"""Fits hypercolumns of a backbone of keras-cv or keras-hub to photographs.

    pip install ".[keras-hub]"
    python examples/backbone_encoders.py keras-hub my_photos --out mine

The backbone's ImageNet weights come from the network, the first time. The
preset in `--out` holds the encoder, weights included, and needs neither the
network nor the library.
"""

import argparse
import pathlib

import keras

from keras_colorize import ColorizerHypercolumn
from keras_colorize import encoders
from keras_colorize.evaluation import ImageSource


def keras_cv_encoder():
    """ResNet-50 v2, which scales its images by itself."""
    from keras_cv.models import Backbone

    backbone = Backbone.from_preset(
        "resnet50_v2_imagenet", include_rescaling=True
    )
    return encoders.gray_backbone(backbone, scaling="none")


def keras_hub_encoder():
    """ResNet-50, whose weights expect the mean and deviation of ImageNet."""
    from keras_hub.models import Backbone

    backbone = Backbone.from_preset("resnet_50_imagenet")
    return encoders.gray_backbone(backbone, scaling="torch")


ENCODERS = {"keras-cv": keras_cv_encoder, "keras-hub": keras_hub_encoder}


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    add = parser.add_argument
    add("library", choices=ENCODERS)
    add("images", help="a folder of photographs, or a .npy file of images")
    add("--out", type=pathlib.Path, default=pathlib.Path("runs/backbone"))
    add("--side", type=int, default=128, help="of the images of a folder")
    add("--epochs", type=int, default=5)
    args = parser.parse_args()
    if args.out.exists():
        parser.error(f"{args.out} exists. Name a new folder with --out.")
    try:
        images = ImageSource(args.images).load(args.side)
        encoder = ENCODERS[args.library]()
    except ImportError as error:
        parser.error(
            f"{error}. Install it: pip install keras-colorize[{args.library}]"
        )
    except (OSError, ValueError) as error:
        parser.error(str(error))
    model = ColorizerHypercolumn(
        encoder,
        distribution="lab_joint",
        filters=256,
        dropout=0.1,
        image_size=args.side,
        # A new head learns fast, a pretrained encoder slowly.
        encoder_learning_rate_factor=0.05,
    )
    model.compile(keras.optimizers.Adam(1e-3))
    model.fit(images, batch_size=16, epochs=args.epochs, verbose=2)
    model.save_to_preset(args.out, dtype="float16")
    print(f"The preset is in {args.out}.")


if __name__ == "__main__":
    main()
