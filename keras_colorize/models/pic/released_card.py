"""The model card of a converted checkpoint."""

import pathlib

from keras_colorize.models.pic.pic_presets import presets

# Archive, data set, bits per dimension and images of the authors' checkpoints.
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
    """The facts about the origin of a converted checkpoint, for its card.

    Args:
        checkpoint: str or path. The checkpoint; the card gives its name.
        preset: str. As for `convert_checkpoint`.
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
            "checkpoint of the authors' [program]"
            "(https://github.com/ameroyer/PIC). The authors state no license "
            "for their weights: ask them before you share these weights."
        ),
        "license": "other",
        "license_name": "not-stated-by-the-authors",
        "datasets": [dataset],
        "training_data": (
            f"{presets[preset]['training_data']}, whose images have their own "
            "terms."
        ),
        "recipe": {
            "converted from": f"`{pathlib.Path(checkpoint).name}`",
            "values taken": f"{values}; the authors evaluate and sample with "
            "the averages",
            "the authors' checkpoint": f"is published as `{archive}`; only the "
            "person who converted this one knows whether it is the same",
            "published by the authors": f"{bits} bits per dimension on "
            f"{images}; these weights have not been measured again",
        },
    }
