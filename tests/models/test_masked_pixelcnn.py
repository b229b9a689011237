import itertools

import keras
import numpy as np
import pytest

from keras_colorize.models.pixcolor.masked_pixelcnn import masked_pixelcnn
from tests.layers.layer_checks import to_numpy
from tests.sampling.helpers import tiny_masked
from tests.sampling.helpers import uniform

# Turn of Cb and Cr in a pixel.
TURNS = (1, 0)


class TestMasks:
    @pytest.mark.parametrize("num_blocks", [1, 2])
    def test_each_value_moves_all_later_values_and_no_other(self, num_blocks):
        height, width = 4, 5
        network = tiny_masked(num_blocks=num_blocks)
        features = to_numpy(uniform(0, 1, height, width, 3))
        chroma = to_numpy(uniform(1, 1, height, width, 2))
        places = list(np.ndindex(height, width, 2))
        copies = np.repeat(chroma, len(places), axis=0)
        for copy, place in enumerate(places):
            copies[(copy, *place)] += 1
        before = network([features, chroma])
        after = network([np.repeat(features, len(places), 0), copies])
        for turn in (0, 1):
            moved = np.abs(to_numpy(after[turn]) - to_numpy(before[turn]))
            moved = moved.max(-1) > 1e-5
            for copy, (i, j, channel) in enumerate(places):
                for row, column in np.ndindex(height, width):
                    later = (row, column, turn) > (i, j, TURNS[channel])
                    assert moved[copy, row, column] == later

    def test_features_reach_both_channels(self):
        network = tiny_masked()
        features = to_numpy(uniform(0, 1, 3, 4, 3))
        chroma = to_numpy(uniform(1, 1, 3, 4, 2))
        before = network([features, chroma])
        features[0, 1, 2] += 1
        after = network([features, chroma])
        for old, new in zip(before, after):
            assert np.abs(to_numpy(new - old)[0, 1, 2]).max() > 1e-2

    def test_probabilities_of_all_images_sum_to_1(self):
        network = tiny_masked(num_bins=3)
        bins = np.array(list(itertools.product(range(3), repeat=8)))
        bins = bins.reshape(-1, 2, 2, 2)
        features = to_numpy(uniform(0, 1, 2, 2, 3))
        logits = network(
            [
                np.repeat(features, len(bins), 0),
                (bins - 1).astype("float32"),
            ]
        )
        total = 0.0
        for turn, x in enumerate(logits):
            x = to_numpy(x).astype("float64")
            x = x - np.log(np.exp(x).sum(-1, keepdims=True))
            chosen = bins[..., TURNS.index(turn), None]
            total = total + np.take_along_axis(x, chosen, -1).sum((1, 2, 3))
        assert np.isclose(np.exp(total).sum(), 1, atol=1e-5)


def test_names_of_layers_say_their_place():
    names = {x.path.split("/")[0] for x in tiny_masked(num_blocks=1).weights}
    assert {"pixelcnn_first_v", "pixelcnn_block_0_cb_to_cr"} <= names


@pytest.mark.parametrize("argument", ["filters", "hidden_filters"])
def test_refuses_odd_widths(argument):
    inputs = keras.Input((None, None, 2))
    with pytest.raises(ValueError, match=f"{argument} is 7"):
        masked_pixelcnn(inputs, inputs, **{argument: 7})
