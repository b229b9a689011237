"""Presets of PIC: what `ColorizerPIC.presets` shows.

`parameters` counts the trainable ones, and `size` the bytes of all weights as
they are stored, or None while they are not published. `training` is for the
training script. `weights` says where they
are: "embedded" in the package; None while they are not published; or, on the
Hugging Face Hub, pinned: `{"repo": "owner/name", "commit": its whole id,
"files": {name: {"size": in bytes, "sha256": in hexadecimal}}}`, with a file for
each that holds weights, and for their index if there is one.
"""

# Batch size and epochs are the paper's, sections 4.1 and 4.2; images of the
# data-dependent initialization are the released program's.
_CIFAR = {"batch_size": 64, "epochs": 150, "initialization_images": 100}
_ILSVRC = {"batch_size": 64, "epochs": 20, "initialization_images": 100}
_PAPER = {
    "filters": 160,
    "num_blocks": 4,
    "num_components": 10,
    "chroma_method": "subsample",
}

presets = {
    "pic_tinyimagenet64": {
        "class_name": "ColorizerPIC",
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
        "class_name": "ColorizerPIC",
        "description": "The paper's network for CIFAR-10, chroma 16x16.",
        "parameters": 25_876_064,
        "size": None,
        "training_data": "CIFAR-10",
        "training": _CIFAR,
        "weights": None,
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
        "class_name": "ColorizerPIC",
        "description": "The paper's network for ImageNet, chroma 32x32.",
        "parameters": 110_602_272,
        "size": None,
        "training_data": "ILSVRC 2012",
        "training": _ILSVRC,
        "weights": None,
        "config": {
            # The last width is the released checkpoint's; see below.
            "embedding_filters": (64, 128, 256, 512, 512, 160),
            "embedding_strides": (1, 2, 2, 1, 1, 1),
            "embedding_blocks": (2, 2, 2, 3, 3, 0),
            "embedding_dilations": (1, 1, 1, 2, 4, 1),
            "learning_rate_decay": 0.99999,
            "image_size": 128,
            **_PAPER,
        },
    },
    "pic_imagenet128_paper": {
        "class_name": "ColorizerPIC",
        "description": "The same with the embedding of the paper's Table 1.",
        "parameters": 0,
        "size": None,
        "training_data": "ILSVRC 2012",
        "training": _ILSVRC,
        "weights": None,
        "config": {
            "embedding_filters": (64, 128, 256, 512, 512, 512),
            "embedding_strides": (1, 2, 2, 1, 1, 1),
            "embedding_blocks": (2, 2, 2, 3, 3, 0),
            "embedding_dilations": (1, 1, 1, 2, 4, 1),
            "learning_rate_decay": 0.99999,
            "image_size": 128,
            **_PAPER,
        },
    },
}
