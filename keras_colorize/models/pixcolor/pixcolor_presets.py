"""Presets of PixColor (see `keras_colorize.presets.register_presets`)."""

presets = {
    "pixcolor_imagenet224": {
        "description": "The paper's network for ImageNet, chroma 28x28.",
        "parameters": 30_667_424,
        "size": None,
        "training_data": "ILSVRC 2012",
        "training": {"batch_size": 64, "epochs": 19},
        "weights": None,
        "how_to_get": (
            "Train it with `model.fit`: docs/pixcolor.md says how the paper "
            "does."
        ),
        "config": {
            "refinement": {"filters": 64},
        },
    },
}
