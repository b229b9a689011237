"""The embedding network of PIC as an encoder."""

import keras
from keras import ops

from keras_colorize.layers import GatedResBlock
from keras_colorize.layers import WeightNormConv2D


def pic(
    filters=(24, 48, 64, 80),
    strides=(1, 2, 1, 1),
    blocks=(0, 1, 2, 1),
    dilations=(1, 1, 2, 4),
    gated=True,
    dropout=0.0,
    name="pic",
):
    """Returns PIC's embedding network g, with random weights.

    See Royer, Kolesnikov and Lampert (2017), section 3.2 and Table 1. The
    default widths are those of the preset `pic_tinyimagenet64`.

    Args:
        filters: tuple of ints. Width of each stage.
        strides: tuple of ints. Stride of each stage's convolution.
        blocks: tuple of ints. Residual blocks of each stage.
        dilations: tuple of ints. Dilation of each stage's blocks.
        gated: bool. Whether residual blocks have gates.
        dropout: float. Rate in the residual blocks.
        name: str. Name of the model.

    Returns:
        A functional model from gray `(B, H, W, 1)` to a dict of feature maps:
        for each stride that a stage ends with, the last such stage's map. The
        defaults give `"stride1"` (24 channels) and `"stride2"` (80).
    """
    inputs = keras.Input((None, None, 1), name="gray")
    x = ops.concatenate([inputs, ops.ones_like(inputs)], axis=-1)
    outputs = {}
    stride = 1
    stages = embedding_stages(
        filters, strides, blocks, dilations, gated=gated, dropout=dropout
    )
    for factor, layers in zip(strides, stages):
        for layer in layers:
            x = layer(x)
        stride *= factor
        outputs[f"stride{stride}"] = x
    return keras.Model(inputs, outputs, name=name)


def embedding_stages(
    filters, strides, blocks, dilations, dtype=None, **block_arguments
):
    """The layers of PIC's embedding network, a list for each stage.

    Args:
        filters, strides, blocks, dilations: See `pic`.
        dtype: Dtype policy of the layers.
        **block_arguments: Arguments of `GatedResBlock`.
    """
    lengths = {len(filters), len(strides), len(blocks), len(dilations)}
    if len(lengths) != 1 or not filters:
        raise ValueError(
            "The filters, strides, blocks and dilations of the embedding have "
            f"lengths {len(filters)}, {len(strides)}, {len(blocks)} and "
            f"{len(dilations)}. Expected equal lengths, at least 1."
        )
    stages = []
    for i, width in enumerate(filters):
        convolution = WeightNormConv2D(
            width,
            3,
            strides=strides[i],
            dtype=dtype,
            name=f"embedding_{i}_conv",
        )
        residual = [
            GatedResBlock(
                dilation_rate=dilations[i],
                dtype=dtype,
                name=f"embedding_{i}_block_{j}",
                **block_arguments,
            )
            for j in range(blocks[i])
        ]
        stages.append([convolution, *residual])
    return stages
