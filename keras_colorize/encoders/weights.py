"""Pretrained weights of networks that saw RGB, for networks that see gray."""

import os

import numpy as np

# What a network expects, as (scale, shift) of each of its three channels:
# scale * gray + shift of sRGB gray in [-1, 1]. The names and numbers are those
# of `preprocess_input` in keras.applications; Caffe's order is BGR.
_MEAN = np.array([0.485, 0.456, 0.406])
_DEVIATION = np.array([0.229, 0.224, 0.225])
_CAFFE_MEAN = np.array([103.939, 116.779, 123.68])
SCALINGS = {
    "none": (np.full(3, 127.5), np.full(3, 127.5)),
    "tf": (np.ones(3), np.zeros(3)),
    "torch": (0.5 / _DEVIATION, (0.5 - _MEAN) / _DEVIATION),
    "caffe": (np.full(3, 127.5), 127.5 - _CAFFE_MEAN),
}


def gray_kernel(kernel, scale, shift):
    """A kernel for RGB as a kernel for gray and ones.

    The second channel carries the shift. A bias could not: zero padding hides
    a part of the shift at the border.

    Args:
        kernel: Array (h, w, 3, filters).
        scale: Array (3,). Channel c is scale[c] * gray + shift[c].
        shift: Array (3,).

    Returns:
        An array (h, w, 2, filters).
    """
    channels = [np.einsum("hwcf,c->hwf", kernel, f) for f in (scale, shift)]
    return np.stack(channels, axis=2)


def read_pth(path):
    """The tensors of a PyTorch file, as a dict of arrays.

    PyTorch reads the file as data: nothing in the file is executed.

    Raises:
        ImportError: If torch is not installed.
        OSError: If there is no such file.
        ValueError: If the file is not one of tensors alone.
    """
    # A missing file is worth saying before a missing package.
    os.stat(path)
    try:
        import torch
    except ImportError as error:
        raise ImportError(
            f"{path} is read by PyTorch, which is not installed. Install it "
            "with pip install 'keras-colorize[torch]'."
        ) from error
    try:
        state = torch.load(path, map_location="cpu", weights_only=True)
    except OSError:
        raise
    # Damaged files raise errors of many kinds.
    except Exception as error:
        raise ValueError(
            f"{path} cannot be read: {error} Expected the weights of a "
            "network, as PyTorch saves them."
        ) from error
    return {name: tensor.numpy() for name, tensor in state.items()}


def check_names(found, expected, path):
    """Raises ValueError if a file has not exactly the weights expected."""
    missing = sorted(set(expected) - set(found))
    unknown = sorted(set(found) - set(expected))
    if missing or unknown:
        raise ValueError(
            f"{path} holds the weights of another network. "
            f"Missing: {', '.join(missing[:3]) or 'none'}. "
            f"Unknown: {', '.join(unknown[:3]) or 'none'}."
        )
