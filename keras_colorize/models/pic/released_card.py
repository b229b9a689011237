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
    if ema:
        values = "the exponential moving averages of its variables"
    else:
        values = "its variables themselves, not their moving averages"
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

A PIC (Royer, Kolesnikov, Lampert: *Probabilistic Image Colorization*, BMVC
2017, [arXiv 1705.04258](https://arxiv.org/abs/1705.04258)) with
{entry["parameters"]:,} parameters.

```python
import keras_colorize

model = keras_colorize.ColorizerPIC.from_preset("path/to/it")
photos = model.generate(gray, num_samples=5, seed=0)
```

## Where the weights come from

keras_colorize converted them, without any training, from a TensorFlow
checkpoint that the [authors' program](https://github.com/ameroyer/PIC) wrote.

- Checkpoint: `{pathlib.Path(checkpoint).name}`.
- Taken from it: {values}. The authors evaluate and sample with the averages.
- The authors publish theirs as `{archive}`. Whether this is that one, only who
  converted it can say.
- Trained on {entry["training_data"]}, whose images have terms of their own.

**Licence:** the authors name none for their weights; their program is under the
MIT licence. The rights are theirs: ask them before you share these.

The network is the released one, which differs from the paper's: `canvas="rgb"`,
`released_tails=True`, `chroma_method="subsample"`.

## Numbers

Published by the authors, for the averages in their checkpoint: {bits} bits per
dimension on {images}. These weights have not been measured again.

Colours are invented, not restored.
"""
