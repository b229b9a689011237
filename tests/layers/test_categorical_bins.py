import itertools

import numpy as np
import pytest
from keras import ops
from scipy.special import log_softmax
from scipy.stats import chisquare

from keras_colorize.layers import CategoricalBins
from keras_colorize.layers.categorical_bins import bins_of
from tests.gradients import gradients
from tests.gradients import variable_gradients
from tests.layers.layer_checks import LayerChecks
from tests.layers.layer_checks import randomize
from tests.layers.layer_checks import to_numpy

BINS, FILTERS = 5, 3


def small_head(seed=0, bins=BINS, filters=FILTERS, scale=3.0):
    head = CategoricalBins(bins, filters)
    head.build((None, 4, 4, 6))
    randomize(head, seed)
    # So large that Cb clearly depends on Cr.
    head.chain_embedding.assign(scale * head.chain_embedding.value)
    head.chain_kernel.assign(scale * head.chain_kernel.value)
    return head


def parameters(*shape, bins=BINS, filters=FILTERS, seed=0):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1.5, (*shape, bins + filters)).astype("float32")


def tables(head, p):
    """Log-probabilities of Cr (n,), and of Cb given each Cr (n, n)."""
    n = head.num_bins
    embedding, kernel, bias = (
        to_numpy(w).astype("float64")
        for w in (head.chain_embedding, head.chain_kernel, head.chain_bias)
    )
    logits = np.maximum(p[n:] + embedding, 0) @ kernel + bias
    return log_softmax(p[:n].astype("float64")), log_softmax(logits, -1)


def values(n):
    return 2 * np.arange(n) / (n - 1) - 1


class TestLayer(LayerChecks):
    def test_as_a_layer(self, tmp_path):
        x = np.random.default_rng(0).normal(size=(2, 3, 4, 6)).astype("float32")
        config = {"num_bins": BINS, "chain_filters": FILTERS}
        layer = CategoricalBins(**config)
        assert tuple(layer(x).shape) == (2, 3, 4, BINS + FILTERS)
        assert len(layer.trainable_weights) == 6
        randomize(layer)
        self.check_config(layer, config)
        self.check_shapes(layer, [x], "float32")
        self.check_saving(layer, [x], tmp_path)
        self.check_policies(layer, config, [x], "float32")

    def test_the_papers_size(self):
        head = CategoricalBins()
        assert (head.channels, head.num_bins, head.num_noise) == (2, 32, 64)
        assert head.num_outputs == 32 + 512


class TestBins:
    def test_against_the_formula(self):
        """Centers 0, 8, ..., 248 of 0 to 255; 128, gray, is one of them."""
        c = np.arange(0, 255.25, 0.25)
        c = c[(c + 4) % 8 != 0]  # no ties
        expected = np.clip(np.floor((c + 4) / 8), 0, 31)
        found = ops.convert_to_numpy(bins_of((c - 124) / 124, 32))
        np.testing.assert_array_equal(found, expected)


class TestLogProb:
    def test_against_numpy_at_every_pair(self):
        head, p = small_head(), parameters()
        first = tables(head, p)
        pairs = np.array(list(itertools.product(range(BINS), repeat=2)))
        found = to_numpy(
            head.log_prob(
                np.broadcast_to(p, (len(pairs), len(p))), values(BINS)[pairs]
            )
        )
        expected = [first[0][cr] + first[1][cr, cb] for cb, cr in pairs]
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
        assert np.exp(found).sum() == pytest.approx(1, abs=1e-5)
        # Cb depends on Cr, and not the other way around.
        joint = np.exp(found).reshape(BINS, BINS)
        assert np.abs(joint - np.outer(joint.sum(1), joint.sum(0))).max() > 0.01

    def test_values_are_rounded_to_bins(self):
        head, p = small_head(), parameters(3)
        v = values(BINS)[[[0, 4], [2, 1], [3, 3]]]
        near = v + np.array([[-0.3, 0.24], [0.2, -0.24], [-0.2, 0.1]])
        np.testing.assert_array_equal(
            to_numpy(head.log_prob(p, near)), to_numpy(head.log_prob(p, v))
        )

    def test_extreme_logits_are_finite(self):
        p = np.full((1, BINS + FILTERS), 1e4, "float32")
        p[0, 1:BINS] = -1e4
        found = to_numpy(small_head().log_prob(p, values(BINS)[[[1, 1]]]))
        assert np.isfinite(found).all() and found[0] < -1e4

    def test_gradients(self):
        head, p = small_head(), parameters(40)
        v = np.random.default_rng(1).uniform(-1, 1, (40, 2))
        found = gradients(lambda p: head.log_prob(p, v), p)
        chain = [head.chain_embedding, head.chain_kernel, head.chain_bias]
        found += variable_gradients(lambda: head.log_prob(p, v), chain)
        for gradient in found:
            assert np.isfinite(gradient).all() and np.abs(gradient).max() > 0
        # d log softmax / d logits is the chosen bin minus the probabilities.
        bins = np.rint((v[:, 1] + 1) / 2 * (BINS - 1)).astype(int)
        chosen = np.eye(BINS)[bins] - np.exp(log_softmax(p[:, :BINS], -1))
        np.testing.assert_allclose(found[0][:, :BINS], chosen, atol=1e-5)


class TestSample:
    @pytest.mark.parametrize("temperature", [1.0, 0.4, (0.3, 2.0), 0.0])
    def test_gumbel_max_against_numpy(self, temperature):
        head, p = small_head(), parameters(200)
        noise = np.random.default_rng(2).random((200, 2 * BINS), "float32")
        t = np.broadcast_to(temperature, 2)
        gumbel = -np.log(-np.log(noise.astype("float64")))
        expected = []
        for row, g in zip(p, gumbel):
            last, first = tables(head, row)
            cr = np.argmax(last + t[1] * g[:BINS])
            cb = np.argmax(first[cr] + t[0] * g[BINS:])
            expected.append((cb, cr))
        found = head.sample(p, noise, temperature=temperature)
        np.testing.assert_allclose(
            to_numpy(found), values(BINS)[expected], atol=1e-6
        )

    def test_frequencies(self):
        head, p = small_head(), parameters()
        count = 20_000
        noise = np.random.default_rng(3).random((count, 2 * BINS), "float32")
        drawn = to_numpy(head.sample(np.tile(p, (count, 1)), noise))
        index = np.rint((drawn + 1) / 2 * (BINS - 1)).astype(int)
        found = np.bincount(index @ [BINS, 1], minlength=BINS**2)
        last, first = tables(head, p)
        expected = np.exp(last[:, None] + first).T.ravel() * count
        assert expected.min() > 5
        assert chisquare(found, expected).pvalue > 0.001

    def test_noise_at_its_ends(self):
        head, p = small_head(), parameters(2)
        ends = np.float32(
            [[0] * 2 * BINS, [np.nextafter(np.float32(1), 0)] * 2 * BINS]
        )
        assert np.isfinite(to_numpy(head.sample(p, ends))).all()

    def test_a_pixel_and_an_image_alike(self):
        head, p = small_head(), parameters(2, 3, 4)
        noise = np.random.default_rng(4).random((2, 3, 4, 2 * BINS), "float32")
        whole = to_numpy(head.sample(p, noise))
        assert whole.shape == (2, 3, 4, 2)
        np.testing.assert_array_equal(
            to_numpy(head.sample(p[:, 1, 2], noise[:, 1, 2])), whole[:, 1, 2]
        )


class TestReadouts:
    def test_mean_and_mode_by_enumeration(self):
        head, p = small_head(), parameters(30)
        mean, mode = to_numpy(head.mean(p)), to_numpy(head.mode(p))
        differ = 0
        for i, row in enumerate(p):
            last, first = tables(head, row)
            joint = np.exp(last[:, None] + first)  # (Cr, Cb)
            v = values(BINS)
            np.testing.assert_allclose(
                mean[i], [joint.sum(0) @ v, joint.sum(1) @ v], atol=1e-5
            )
            cr, cb = np.unravel_index(joint.argmax(), joint.shape)
            np.testing.assert_allclose(mode[i], v[[cb, cr]], atol=1e-6)
            differ += cr != last.argmax()
        # The likeliest pair is not always the likeliest Cr and then Cb.
        assert differ > 0
