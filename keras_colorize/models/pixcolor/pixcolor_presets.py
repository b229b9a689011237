"""Presets of PixColor (see `keras_colorize.presets.register_presets`)."""

presets = {
    "pixcolor_lite": {
        "description": "The default: the best single coloring, samples, hints.",
        "parameters": 5_662_416,
        "size": 11_350_110,
        "training_data": "Tiny ImageNet and 6,966 sharp photographs",
        "weights": "embedded",
        "config": {
            "encoder": {"name": "efficientnet_lite0", "batch_norm": False},
            "hypercolumn_filters": (512, 512),
            "filters": 48,
            "num_blocks": 8,
            "hidden_filters": 256,
            "chain_filters": 128,
            "embedding_loss_weight": 0.25,
            "image_size": 128,
        },
    },
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
