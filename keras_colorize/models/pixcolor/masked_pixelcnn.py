"""The gated PixelCNN of PixColor, with its masks within a pixel."""

from keras import ops

from keras_colorize.layers import ShiftedConv2D
from keras_colorize.layers import WeightNormConv2D


def masked_pixelcnn(
    features,
    chroma,
    filters=64,
    num_blocks=10,
    hidden_filters=1024,
    num_bins=32,
    dtype=None,
    name="pixelcnn",
):
    """Logits of Cr, and of Cb given Cr of the same pixel.

    A gated PixelCNN (van den Oord et al. 2016, 1606.05328, section 2) in the
    sizes of PixColor (Guadarrama et al. 2017, Table 2): a masked convolution
    7x7, gated blocks 5x5, and two masked convolutions 1x1. The stack v sees
    the rows above, the stack h also the pixels to the left.

    The masks divide h into a group of channels for Cr and a group for Cb, here
    two tensors. Both groups see all earlier pixels. At the pixel itself, the
    first layer (mask A) shows Cr to the group of Cb. In later layers (mask B)
    the group of Cr sees its own group, and the group of Cb sees both. Masks do
    not divide v: it does not see the row of the pixel.

    The samplers draw from a functional model of both results with
    `order=(1, 0)`.

    Args:
        features: Symbolic tensor `(B, h, w, any)` that depends only on gray.
        chroma: Symbolic tensor `(B, h, w, 2)`: Cb and Cr in [-1, 1].
        filters: int. Channels of v, and of the two groups of h. Even.
        num_blocks: int. Number of gated blocks.
        hidden_filters: int. Channels of the last hidden layer, even.
        num_bins: int. Logits of a channel.
        dtype: Dtype policy of the layers.
        name: str. Start of the names of the layers.

    Returns:
        A pair of symbolic tensors `(B, h, w, num_bins)`, float32: the logits
        of Cr, then those of Cb, which depend on Cr of their own pixel.

    Raises:
        ValueError: If `filters` or `hidden_filters` is odd.
    """
    for argument, value in (
        ("filters", filters),
        ("hidden_filters", hidden_filters),
    ):
        if value % 2:
            raise ValueError(
                f"{argument} is {value}. Expected an even number: half of the "
                "channels are for Cr, half for Cb."
            )
    group = filters // 2

    def shifted(layer, width, size, direction, strict=False):
        return ShiftedConv2D(
            width, size, direction, strict, dtype=dtype, name=f"{name}_{layer}"
        )

    def pointwise(layer, width, init_scale=1.0):
        return WeightNormConv2D(
            width,
            1,
            init_scale=init_scale,
            dtype=dtype,
            name=f"{name}_{layer}",
        )

    def masked_pointwise(layer, width, cr, cb, init_scale=1.0):
        """A 1x1 convolution with mask B."""
        return (
            pointwise(f"{layer}_cr", width, init_scale)(cr),
            pointwise(f"{layer}_cb", width, init_scale)(_join(cr, cb)),
        )

    # By the ones, a convolution can tell padding from gray.
    x = _join(chroma, ops.ones_like(features[..., :1]))
    v = shifted("first_v", filters, (3, 7), "down", True)(x)
    h = v + shifted("first_h", filters, (1, 3), "down_right", True)(x)
    cr, cb = ops.split(h, 2, axis=-1)
    cb = cb + pointwise("first_cr", group)(chroma[..., 1:])
    for i in range(num_blocks):
        block = f"block_{i}"
        # A masked 5x5 convolution: the rows above, then the row of the pixel.
        rows = shifted(f"{block}_v", 2 * filters, (3, 5), "down")(v)
        h = pointwise(f"{block}_link", 2 * filters)(_join(rows, features))
        h_cr, h_cb = ops.split(h, 2, axis=-1)
        h_cr = h_cr + shifted(f"{block}_cr", filters, (1, 3), "down_right")(cr)
        h_cr = h_cr + shifted(
            f"{block}_cb_to_cr", filters, (1, 2), "down_right", True
        )(cb)
        h_cb = h_cb + shifted(f"{block}_cb", filters, (1, 3), "down_right")(
            _join(cr, cb)
        )
        new_cr, new_cb = masked_pointwise(
            f"{block}_out", group, _gate(h_cr), _gate(h_cb), init_scale=0.1
        )
        cr, cb = cr + new_cr, cb + new_cb
        if i + 1 < num_blocks:
            given = pointwise(f"{block}_features", 2 * filters)(features)
            v = _gate(rows + given)
    cr, cb = masked_pointwise(
        "hidden", hidden_filters // 2, ops.relu(cr), ops.relu(cb)
    )
    logits = masked_pointwise("logits", num_bins, ops.relu(cr), ops.relu(cb))
    return tuple(ops.cast(x, "float32") for x in logits)


def _join(*tensors):
    return ops.concatenate(tensors, axis=-1)


def _gate(x):
    """tanh(a) sigmoid(b), with a and b the halves of the channels."""
    a, b = ops.split(x, 2, axis=-1)
    return ops.tanh(a) * ops.sigmoid(b)
