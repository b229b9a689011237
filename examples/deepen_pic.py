"""Adds residual blocks to the autoregressive network of a PIC preset.

    python examples/deepen_pic.py pic_tinyimagenet64 a.npy deeper --blocks 5

The new blocks change nothing yet, so the deeper model scores what the other
does; train it on with `train_pic.py --preset deeper --fine-tune`.
"""

import argparse
import pathlib

import keras_colorize
from keras_colorize.evaluation import ImageSource


def deepened(model, num_blocks, images):
    """A model with more blocks that gives what `model` gives.

    Args:
        model: `ColorizerPIC`.
        num_blocks: int. Blocks in each stream, more than the model has.
        images: RGB images `(N, H, W, 3)`, on which the new weights are
            initialized.

    Returns:
        A `ColorizerPIC`.
    """
    config = {**model.get_config(), "num_blocks": num_blocks}
    deeper = type(model).from_config(config)
    deeper.initialize(images)
    known = {layer.name: layer for layer in _layers(model)}
    for layer in _layers(deeper):
        if layer.name in known:
            layer.set_weights(known[layer.name].get_weights())
        else:
            # A block whose second convolution gives 0 passes its input on.
            conv2 = layer.conv2
            conv2.g.assign(0.0 * conv2.g)
            conv2.bias.assign(0.0 * conv2.bias)
    return deeper


def _layers(model):
    networks = (model.embedding_network, model.autoregressive_network)
    return [layer for net in networks for layer in net.layers if layer.weights]


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("preset")
    parser.add_argument("images", help="a folder of images, or a .npy file")
    parser.add_argument("out", type=pathlib.Path, help="the deeper preset")
    parser.add_argument("--blocks", type=int, required=True)
    args = parser.parse_args()
    model = keras_colorize.ColorizerPIC.from_preset(args.preset)
    images = ImageSource(args.images, limit=64).load(model.image_size)
    deepened(model, args.blocks, images).save_to_preset(args.out)


if __name__ == "__main__":
    main()
