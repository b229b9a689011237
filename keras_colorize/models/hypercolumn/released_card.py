"""The model card of the converted weights of Larsson et al. (2016)."""

import pathlib


def released_card(checkpoint):
    """The facts about the origin of converted weights, for their card.

    Args:
        checkpoint: str or path. The file; the card gives its name.

    Returns:
        A dictionary, for `save_to_preset(card=...)`.
    """
    return {
        "description": (
            "Hypercolumns (Larsson, Maire, Shakhnarovich: *Learning "
            "Representations for Automatic Colorization*, ECCV 2016, "
            "[arXiv 1603.06668](https://arxiv.org/abs/1603.06668)) with the "
            "weights of the authors' program [autocolorize]"
            "(https://github.com/gustavla/autocolorize). The program has the "
            "BSD license of 3 clauses. The authors state no license for their "
            "weights: ask them before you share these weights."
        ),
        "license": "other",
        "license_name": "not-stated-by-the-authors",
        "datasets": ["imagenet-1k"],
        "training_data": (
            "The 1.2 million training images of ILSVRC 2012 (ImageNet), which "
            "have their own terms."
        ),
        "recipe": {
            "converted from": f"`{pathlib.Path(checkpoint).name}`",
            "the authors' file": "is published as "
            "`autocolorize.caffemodel.h5`; only the person who converted this "
            "one knows whether it is the same",
            "published by the authors": "a PSNR of 24.94 dB on 10,000 "
            "validation images (no color: 23.27 dB) for their best model; they "
            "do not say whether the file holds this model, and these weights "
            "have not been measured again",
        },
    }
