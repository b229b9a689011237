"""Reads the weights of Caffe models."""

import math

import numpy as np

# Of each message of caffe.proto, the fields that hold weights: number, type
# (2 float, 3 int64, 5 int32, 9 string), or the name of another message.
_MESSAGES = {
    "NetParameter": {"layer": (100, "LayerParameter")},
    "LayerParameter": {"name": (1, 9), "blobs": (7, "BlobProto")},
    "BlobProto": {
        **{"num": (1, 5), "channels": (2, 5), "height": (3, 5)},
        **{"width": (4, 5), "data": (5, 2), "shape": (7, "BlobShape")},
    },
    "BlobShape": {"dim": (1, 3)},
}
_REPEATED = ("layer", "blobs", "data", "dim")
_LEGACY = ("num", "channels", "height", "width")


def read_caffemodel(path):
    """The blobs of a Caffe model (`.caffemodel`), as a dict of arrays.

    Args:
        path: str or path.

    Returns:
        A dict of float32 arrays, named `"<layer>/<index>"`.

    Raises:
        FileNotFoundError: If there is no file.
        ImportError: If protobuf is not installed.
        ValueError: If the file is no Caffe model, or has a layer without a
            name or a blob of another length than its shape says.
    """
    try:
        from google.protobuf.message import DecodeError
    except ImportError as error:
        raise ImportError(
            f"{path} is read by protobuf, which is not installed. Install it "
            "with pip install 'keras-colorize[caffe]'."
        ) from error
    with open(path, "rb") as file:
        data = file.read()
    try:
        net = _net_parameter().FromString(data)
    except DecodeError as error:
        raise ValueError(
            f"{path} cannot be read: {error}. Expected a Caffe model, which "
            "ends in .caffemodel."
        ) from error
    blobs = {
        f"{layer.name}/{i}": _array(path, layer.name, blob)
        for layer in net.layer
        for i, blob in enumerate(layer.blobs)
    }
    if not blobs:
        raise ValueError(
            f"{path} has no weights in the format of Caffe's BVLC branch of "
            "2015 or later. Expected a Caffe model, which ends in .caffemodel."
        )
    return blobs


def _array(path, layer, blob):
    if blob.HasField("shape"):
        shape = tuple(blob.shape.dim)
    else:
        shape = tuple(getattr(blob, name) for name in _LEGACY)
    if min(shape, default=1) < 0 or math.prod(shape) != len(blob.data):
        raise ValueError(
            f"{path} is damaged: a blob of the layer {layer!a:.80} has "
            f"{len(blob.data)} values and the shape {shape}."
        )
    return np.array(blob.data, "float32").reshape(shape)


def _net_parameter():
    """The class of messages that a `.caffemodel` file holds."""
    from google.protobuf import descriptor_pb2
    from google.protobuf import descriptor_pool
    from google.protobuf import message_factory

    file = descriptor_pb2.FileDescriptorProto(
        name="caffe_weights.proto", package="caffe_weights", syntax="proto2"
    )
    for message, fields in _MESSAGES.items():
        descriptor = file.message_type.add(name=message)
        for name, (number, kind) in fields.items():
            field = descriptor.field.add(name=name, number=number)
            field.label = 3 if name in _REPEATED else 1
            if isinstance(kind, str):
                field.type, field.type_name = 11, f".caffe_weights.{kind}"
            else:
                field.type = kind
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    net = pool.FindMessageTypeByName("caffe_weights.NetParameter")
    return message_factory.GetMessageClass(net)
