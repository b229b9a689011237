"""Presets of hypercolumns (see `keras_colorize.presets.register_presets`)."""

presets = {
    "hypercolumn_lite": {
        "description": "A fine single coloring, histograms, chroma 32x32.",
        "parameters": 4_498_096,
        "size": 9_005_992,
        "training_data": "Tiny ImageNet and 6,966 sharp photographs",
        "weights": "embedded",
        "config": {
            "encoder": {"name": "efficientnet_lite0", "batch_norm": False},
            "distribution": "lab_joint",
            "filters": 512,
            "hidden_filters": 512,
            "dropout": 0.1,
            "image_size": 128,
        },
    },
}
