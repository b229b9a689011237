"""Presets of VAE + mixture density network.

See `keras_colorize.presets.register_presets`.
"""

presets = {
    "mdn_lite": {
        "description": "Smooth colorings that differ as a whole, chroma 64x64.",
        "parameters": 658_688,
        "size": 9_871_848,
        "training_data": "Tiny ImageNet and 6,966 sharp photographs",
        "weights": "embedded",
        "config": {
            "vae": {
                "field_size": 64,
                "latents": 64,
                "filters": (32, 64, 128, 256),
                "loss_weights": {"color": 1.0, "gradient": 1e-3, "kl": 0.01},
            },
            "encoder": {"name": "efficientnet_lite0", "batch_norm": False},
            "feature": "stride16",
            "filters": (48, 40, 36, 32, 16),
            "units": 512,
            "image_size": 128,
        },
    },
}
