"""What the model card of a converted checkpoint says."""

import pathlib

from keras_colorize.models.pic.pic_presets import presets

# What the authors publish of their own checkpoints, by preset.
_PUBLISHED = {
    "pic_cifar10": ("cifar_model.tar.gz", "cifar10", "2.72", "CIFAR-10 test"),
    "pic_imagenet128": (
        "imagenet_model.tar.gz",
        "imagenet-1k",
        "2.51",
        "ILSVRC 2012 validation, 128x128",
    ),
}


def released_card(checkpoint, preset="pic_imagenet128", ema=True):
    """What a card says of where converted weights come from.

    Args:
        checkpoint: str or path. What has been converted; its name is given.
        preset: str. The configuration, as for `convert_checkpoint`.
        ema: bool. As for `convert_checkpoint`.

    Returns:
        A dictionary, for `save_to_preset(card=...)`.
    """
    archive, dataset, bits, images = _PUBLISHED[preset]
    if ema:
        values = "the exponential moving averages of its variables"
    else:
        values = "its variables themselves, not their moving averages"
    return {
        "description": (
            "A PIC (Royer, Kolesnikov, Lampert: *Probabilistic Image "
            "Colorization*, BMVC 2017, [arXiv 1705.04258]"
            "(https://arxiv.org/abs/1705.04258)) with the weights of a "
            "checkpoint that the authors' [program]"
            "(https://github.com/ameroyer/PIC) wrote. The authors name no "
            "license for their weights: ask them before you share these."
        ),
        "license": "other",
        "license_name": "not-stated-by-the-authors",
        "datasets": [dataset],
        "training_data": (
            f"{presets[preset]['training_data']}, whose images have terms of "
            "their own."
        ),
        "recipe": {
            "converted from": f"`{pathlib.Path(checkpoint).name}`",
            "taken from it": f"{values}; the authors evaluate and sample with "
            "the averages",
            "the authors' own": f"is published as `{archive}`; whether this "
            "is that one, only who converted it can say",
            "published by the authors": f"{bits} bits per dimension on "
            f"{images}; these weights have not been measured again",
        },
    }
