"""Presets of PIC (see `keras_colorize.presets.register_presets`).

The training script reads `training`. Batch size and epochs are those of the
paper (sections 4.1 and 4.2). The number of images of the data-dependent
initialization is that of the released program.
"""

_HOW_TO_GET = (
    "Convert the authors' checkpoint with `keras-colorize convert pic "
    "CHECKPOINT OUT --config {0}`, or train it with `python "
    "examples/train_pic.py IMAGES --preset {0} --out OUT`; then "
    "load OUT, or training's OUT/preset."
)
_CIFAR = {"batch_size": 64, "epochs": 150, "initialization_images": 100}
_ILSVRC = {"batch_size": 64, "epochs": 20, "initialization_images": 100}
_PAPER = {
    "filters": 160,
    "num_blocks": 4,
    "num_components": 10,
    "chroma_method": "subsample",
}

_IMAGENET = {
    "embedding_strides": (1, 2, 2, 1, 1, 1),
    "embedding_blocks": (2, 2, 2, 3, 3, 0),
    "embedding_dilations": (1, 1, 1, 2, 4, 1),
    "learning_rate_decay": 0.99999,
    "image_size": 128,
    **_PAPER,
}

presets = {
    "pic_tinyimagenet64": {
        "description": "Small PIC for photographs, chroma 32x32.",
        "parameters": 1_620_160,
        "size": 6_492_828,
        "training_data": "Tiny ImageNet",
        "weights": "embedded",
        "config": {
            "embedding_filters": (24, 48, 64, 80),
            "embedding_strides": (1, 2, 1, 1),
            "embedding_blocks": (0, 1, 2, 1),
            "embedding_dilations": (1, 1, 2, 4),
            "filters": 32,
            "num_blocks": 5,
            "dropout": 0.0,
            "image_size": 64,
        },
    },
    "pic_cifar10": {
        "description": "The paper's network for CIFAR-10, chroma 16x16.",
        "parameters": 25_876_064,
        "size": None,
        "training_data": "CIFAR-10",
        "training": _CIFAR,
        "weights": None,
        "how_to_get": _HOW_TO_GET.format("pic_cifar10"),
        "config": {
            "embedding_filters": (32, 64, 128, 256, 256),
            "embedding_strides": (1, 2, 1, 1, 1),
            "embedding_blocks": (2, 2, 2, 3, 0),
            "embedding_dilations": (1, 1, 1, 2, 1),
            "image_size": 32,
            **_PAPER,
        },
    },
    "pic_imagenet128": {
        "description": "The paper's network for ImageNet, chroma 32x32.",
        "parameters": 110_602_272,
        "size": None,
        "training_data": "ILSVRC 2012",
        "training": _ILSVRC,
        "weights": None,
        "how_to_get": _HOW_TO_GET.format("pic_imagenet128"),
        "config": {
            # The last width is the released checkpoint's: Table 1 has 512.
            "embedding_filters": (64, 128, 256, 512, 512, 160),
            **_IMAGENET,
        },
    },
    "pic_imagenet128_paper": {
        "description": "The same with the embedding of the paper's Table 1.",
        "parameters": 113_126_112,
        "size": None,
        "training_data": "ILSVRC 2012",
        "training": _ILSVRC,
        "weights": None,
        "how_to_get": _HOW_TO_GET.format("pic_imagenet128_paper"),
        "config": {
            "embedding_filters": (64, 128, 256, 512, 512, 512),
            **_IMAGENET,
        },
    },
}
