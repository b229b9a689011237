"""The model card of a converted checkpoint."""

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
    """A model card that says where converted weights come from.

    Args:
        checkpoint: str or path. What has been converted; its name is given.
        preset: str. The configuration, as for `convert_checkpoint`.
        ema: bool. As for `convert_checkpoint`.

    Returns:
        str. Markdown, for `save_to_preset(card=...)`.
    """
    archive, dataset, bits, images = _PUBLISHED[preset]
    entry = presets[preset]
    values = (
        "the exponential moving averages of its variables, which they evaluate "
        "and sample with"
        if ema
        else "the variables themselves, not their moving averages, which they "
        "evaluate and sample with"
    )
    return f"""\
---
library_name: keras_colorize
pipeline_tag: image-to-image
license: other
license_name: not-stated-by-the-authors
datasets:
- {dataset}
---

# {preset}, converted

A PIC (Royer, Kolesnikov, Lampert: Probabilistic Image Colorization, BMVC 2017,
arXiv 1705.04258) with {entry["parameters"]:,} parameters.

```python
import keras_colorize

model = keras_colorize.ColorizerPIC.from_preset("path/to/it")
photos = model.generate(gray, num_samples=5, seed=0)
```

## Where the weights come from

Converted by keras_colorize from the TensorFlow checkpoint
`{pathlib.Path(checkpoint).name}`, written by the program that the authors
released (https://github.com/ameroyer/PIC): {values}. Nothing was trained or
changed. The authors publish such a checkpoint as `{archive}`; whether this is
that one, only who converted it can say.

**Licence:** the authors state none for their weights (their program is under
the MIT licence), so the rights are theirs: ask them before you share these.
They were trained on {entry["training_data"]}, whose images have terms of their
own.

## Numbers

Published by the authors for their checkpoint's moving averages: {bits} bits per
dimension on {images}, with chroma by `"subsample"` and values not rounded.
These weights have not been measured again.

The network is the released one, not the paper's: `canvas="rgb"`,
`released_tails=True`. Colours are invented, not restored.
"""
