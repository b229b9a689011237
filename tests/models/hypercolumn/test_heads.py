import math

import numpy as np
import pytest
from keras import ops
from scipy import special
from scipy import stats

from keras_colorize.color import LabSpace
from keras_colorize.color import rgb_to_lab
from keras_colorize.models.hypercolumn.heads import head_named
from keras_colorize.models.hypercolumn.heads import quantile

BINS = {"lab": 32, "lab_joint": 16, "hue_chroma": 32}


def histograms(name, seed=0, peaked=1.0):
    """Logits of a head, and the histograms by SciPy's arithmetic."""
    rng = np.random.default_rng(seed)
    head = head_named(name, True)
    logits = peaked * rng.normal(size=(1, 3, 4, head.num_outputs))
    logits = logits.astype("float32")
    k = BINS[name]
    shape = (k * k,) if name == "lab_joint" else (2, k)
    exp = np.exp(logits.astype("float64").reshape(1, 3, 4, *shape))
    p = exp / exp.sum(-1, keepdims=True)
    if name == "lab_joint":
        p = p.reshape(1, 3, 4, k, k)
    return head, logits, p


def read(head, logits, readout, noise=None, temperature=1.0):
    if noise is None:
        noise = np.full((1, 3, 4, 2), 0.3, "float32")
    chroma = head.read(
        logits, readout, ops.convert_to_tensor(noise), temperature
    )
    return ops.convert_to_numpy(head.color_space.denormalize(chroma))


def ab_of(unit, bins):
    return 25 * stats.norm.ppf(np.clip(unit, 0.5 / bins, 1 - 0.5 / bins))


def marginals(name, p):
    if name == "lab_joint":
        return np.stack([p.sum(-1), p.sum(-2)], axis=-2)
    return p


def inverse(p, level):
    """Of one histogram, the linear inverse of its distribution function."""
    edges = np.linspace(0, 1, len(p) + 1)
    return np.interp(level, np.concatenate([[0], np.cumsum(p)]), edges)


class TestQuantile:
    def test_against_interpolation(self):
        rng = np.random.default_rng(0)
        p = rng.dirichlet(np.full(8, 0.5), size=50).astype("float32")
        level = rng.random(50, dtype="float32")
        unit, chosen = quantile(*map(ops.convert_to_tensor, (p, level)))
        expected = [inverse(a, b) for a, b in zip(p, level)]
        np.testing.assert_allclose(
            ops.convert_to_numpy(unit), expected, atol=1e-4
        )
        np.testing.assert_array_equal(
            ops.convert_to_numpy(ops.argmax(chosen, axis=-1)),
            [np.searchsorted(np.cumsum(a), b) for a, b in zip(p, level)],
        )

    @pytest.mark.parametrize("level, expected", [(0.0, 0.25), (0.5, 0.375)])
    def test_empty_bins_are_never_chosen(self, level, expected):
        p = np.array([0, 1, 0, 0], "float32")
        unit, chosen = quantile(ops.array(p), ops.array(level))
        assert float(unit) == pytest.approx(expected)
        assert int(ops.argmax(chosen)) == 1


class TestLab:
    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_loss_is_the_log_loss_of_the_bins(self, name):
        head, logits, p = histograms(name)
        rgb = np.random.default_rng(1).random((1, 3, 4, 3), dtype="float32")
        ab = ops.convert_to_numpy(rgb_to_lab(rgb))[..., 1:]
        ab[0, 0, 0] = [-120, 120]
        k = BINS[name]
        index = np.minimum(k * stats.norm.cdf(ab / 25), k - 1).astype(int)
        losses = head.losses(logits, LabSpace().normalize(ab))
        assert set(losses) == set(head.loss_weights) == {"nats"}
        nats = ops.convert_to_numpy(losses["nats"])
        for place in np.ndindex(1, 3, 4):
            i, j = index[place]
            chance = (
                p[place][i, j]
                if name == "lab_joint"
                else p[place][0, i] * p[place][1, j]
            )
            assert nats[place] == pytest.approx(-np.log(chance), rel=1e-4)

    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_probabilities_of_the_values(self, name):
        head, logits, p = histograms(name)
        p, k = p[0, 1, 2], BINS[name]
        if name == "lab":
            p = p[0][:, None] * p[1]
        ab = np.stack(np.meshgrid(range(-127, 129), range(-128, 128)), -1)
        chroma = LabSpace().normalize(ab.astype("float32"))
        found = ops.convert_to_numpy(
            ops.exp(head.log_prob(logits[:, 1:2, 2:3], chroma))
        )[0]
        assert found.sum() == pytest.approx(1.0, abs=1e-3)
        for a, b in ((0, 0), (31, -2), (-60, 45), (7, -80)):
            weights = []
            for v in (a, b):
                low, high = k * stats.norm.cdf(
                    np.array([v - 0.5, v + 0.5]) / 25
                )
                bins = np.arange(k)
                overlap = np.minimum(high, bins + 1) - np.maximum(low, bins)
                weights.append(np.maximum(overlap, 0))
            expected = weights[0] @ p @ weights[1]
            assert found[b + 128, a + 127] == pytest.approx(expected, rel=0.01)

    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_expectation_and_median(self, name):
        head, logits, p = histograms(name)
        p, k = marginals(name, p), BINS[name]
        centers = ab_of((np.arange(k) + 0.5) / k, k)
        np.testing.assert_allclose(
            read(head, logits, "expectation"), p @ centers, atol=1e-3
        )
        median = np.apply_along_axis(inverse, -1, p, 0.5)
        np.testing.assert_allclose(
            read(head, logits, "median"), ab_of(median, k), atol=1e-2
        )

    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_mode(self, name):
        head, logits, p = histograms(name)
        index = p.argmax(-1)
        if name == "lab_joint":
            index = p.reshape(1, 3, 4, -1).argmax(-1)
            index = np.stack([index // 16, index % 16], -1)
        expected = ab_of((index + 0.5) / BINS[name], BINS[name])
        mode = read(head, logits, "mode")
        np.testing.assert_allclose(mode, expected, atol=1e-3)
        for readout in ("sample", "coherent"):
            np.testing.assert_array_equal(
                read(head, logits, readout, temperature=0.0), mode
            )

    def test_temperature_sharpens(self):
        head, logits, p = histograms("lab")
        cold = read(head, logits, "expectation", temperature=(0.5, 1.0))
        squared = p**2 / (p**2).sum(-1, keepdims=True)
        centers = ab_of((np.arange(32) + 0.5) / 32, 32)
        np.testing.assert_allclose(
            cold[..., 0], squared[..., 0, :] @ centers, atol=1e-3
        )
        np.testing.assert_allclose(
            cold[..., 1], p[..., 1, :] @ centers, atol=1e-3
        )

    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_samples_have_the_histogram(self, name):
        head, logits, p = histograms(name, peaked=2.0)
        noise = np.random.default_rng(2).random((4000, 3, 4, 2))
        ab = read(head, logits, "sample", noise.astype("float32"))
        k = BINS[name]
        index = np.minimum(k * stats.norm.cdf(ab / 25), k - 1).astype(int)
        i, j = index[:, 1, 2].T
        counts = np.zeros((k, k))
        np.add.at(counts, (i, j), 1)
        p = p[0, 1, 2]
        if name == "lab":
            p = p[0][:, None] * p[1]
        # Rare bins together, as chi square asks for.
        order = np.argsort(p.ravel())
        rare = np.cumsum(p.ravel()[order]) < 0.2
        found, expected = (
            np.append(x.ravel()[order][~rare], x.ravel()[order][rare].sum())
            for x in (counts, 4000 * p)
        )
        assert stats.chisquare(found, expected).pvalue > 1e-3

    def test_coherent_pixels_take_one_quantile(self):
        head, logits, p = histograms("lab")
        noise = np.random.default_rng(3).random((2, 3, 4, 2))
        ab = read(head, logits, "coherent", noise.astype("float32"))
        for sample, c in np.ndindex(2, 2):
            level = noise[sample, 0, 0, c]
            unit = np.apply_along_axis(inverse, -1, p[0, :, :, c], level)
            np.testing.assert_allclose(
                ab[sample, ..., c], ab_of(unit, 32), atol=1e-2
            )

    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_uncertainty(self, name):
        head, logits, p = histograms(name, peaked=3.0)
        p = p.reshape(3, 4, -1, 256 if name == "lab_joint" else 32)
        entropy = stats.entropy(p, axis=-1) / np.log(p.shape[-1])
        np.testing.assert_allclose(
            ops.convert_to_numpy(head.uncertainty(logits))[0],
            entropy.mean(-1),
            atol=1e-5,
        )
        flat = np.zeros_like(logits)
        assert float(ops.max(head.uncertainty(flat))) == pytest.approx(1.0)


class TestHistogram:
    @pytest.mark.parametrize("name", ["lab", "lab_joint"])
    def test_lab(self, name):
        head, k = head_named(name, True), BINS[name]
        ab = np.random.default_rng(0).normal(0, 25, (5, 6, 2))
        i, j = (
            np.floor(k * stats.norm.cdf(ab / 25)).astype(int).reshape(-1, 2).T
        )
        if name == "lab":
            expected = [np.bincount(x, minlength=k) / 30 for x in (i, j)]
        else:
            expected = [np.bincount(k * i + j, minlength=k * k) / 30]
        chroma = LabSpace().normalize(ab.astype("float32"))
        found = head.histogram(chroma)
        assert found.shape == head.histogram_shape
        np.testing.assert_allclose(found, expected)

    def test_gray_has_no_hue(self):
        head = head_named("hue_chroma", True)
        # Hues of bins 2 and 12, and three gray pixels.
        hue = np.array([2.5, 12.5, 0.5, 0.5, 0.5]) / 32
        chroma = np.array([0.6, 0.2, 0.0, 0.0, 0.0])
        angle = 2 * np.pi * hue
        plane = chroma[:, None] * np.stack([np.cos(angle), np.sin(angle)], -1)
        hues, chromas = head.histogram(plane.astype("float32"))
        expected = np.zeros((2, 32))
        expected[0, [2, 12]] = 0.75, 0.25
        expected[1, [0, 6, 19]] = 0.6, 0.2, 0.2
        np.testing.assert_allclose(hues, expected[0], atol=1e-4)
        np.testing.assert_allclose(chromas, expected[1], atol=1e-6)
        all_gray = head.histogram(np.zeros((4, 2), "float32"))
        np.testing.assert_allclose(all_gray.sum(1), 1.0)

    @pytest.mark.parametrize("name", BINS)
    def test_match(self, name):
        """Posteriors are biased predictions, near the target on average."""
        head, logits, p = histograms(name, peaked=2.0)
        shape = head.histogram_shape
        target = np.random.default_rng(5).dirichlet(np.ones(shape[1]), shape[0])
        p = p.reshape(-1, *shape)
        matched = head.match(ops.convert_to_tensor(logits), target)
        matched = ops.convert_to_numpy(matched)
        assert matched.shape == logits.shape
        bias = (matched - logits).reshape(-1, *shape)
        np.testing.assert_allclose(bias, bias[:1] + 0 * bias, atol=1e-5)
        q = np.exp(ops.convert_to_numpy(head.log_probabilities(matched)))
        q = q.reshape(-1, *shape)
        np.testing.assert_allclose(
            q, special.softmax(np.log(p) + bias[0], axis=-1), atol=1e-5
        )
        before, after = (np.abs(x.mean(0) - target).sum(1) for x in (p, q))
        assert np.all(after < 0.3 * before)


class TestHueChroma:
    def plane(self, hue, chroma):
        angle = 2 * np.pi * hue
        return chroma[..., None] * np.stack([np.cos(angle), np.sin(angle)], -1)

    def test_losses(self):
        head, logits, p = histograms("hue_chroma")
        rng = np.random.default_rng(1)
        hue, chroma = rng.random((2, 1, 3, 4))
        chroma[0, 0, 0] = 0.0
        losses = head.losses(logits, self.plane(hue, chroma).astype("float32"))
        assert head.loss_weights == {"chroma_nats": 1.0, "hue_nats": 5.0}
        hue[0, 0, 0] = 0.0
        for place in np.ndindex(1, 3, 4):
            i, j = int(32 * hue[place]), int(32 * chroma[place])
            for name, expected in (
                ("chroma_nats", -np.log(p[place][1, j])),
                ("hue_nats", -chroma[place] * np.log(p[place][0, i])),
            ):
                found = float(losses[name][place])
                assert found == pytest.approx(expected, rel=1e-3, abs=1e-6)

    @pytest.mark.parametrize("fading", [True, False])
    @pytest.mark.parametrize("peaked", [1.0, 8.0])
    def test_expectation_and_median(self, fading, peaked):
        _, logits, p = histograms("hue_chroma", peaked=peaked)
        head = head_named("hue_chroma", fading)
        centers = (np.arange(32) + 0.5) / 32
        # As the paper has it, with 1/K and the threshold 0.03.
        z = (p[..., 0, :] @ np.exp(2j * np.pi * centers)) / 32
        hue = np.angle(z) / (2 * np.pi) % 1
        fade = np.minimum(np.abs(z) / 0.03, 1) if fading else 1.0
        median = np.apply_along_axis(inverse, -1, p[..., 1, :], 0.5)
        for readout, chroma in (
            ("expectation", p[..., 1, :] @ centers),
            ("median", median),
        ):
            np.testing.assert_allclose(
                read(head, logits, readout),
                self.plane(hue, fade * chroma),
                atol=1e-4,
            )

    def test_no_direction_is_gray(self):
        head = head_named("hue_chroma", False)
        logits = np.zeros((1, 3, 4, 64), "float32")
        plane = read(head, logits, "median")
        assert np.isfinite(plane).all() and np.abs(plane).max() <= 0.5

    def test_mode_and_samples(self):
        head, logits, p = histograms("hue_chroma", peaked=3.0)
        index = p.argmax(-1)
        hue, chroma = np.moveaxis((index + 0.5) / 32, -1, 0)
        np.testing.assert_allclose(
            read(head, logits, "mode"), self.plane(hue, chroma), atol=1e-5
        )
        noise = np.random.default_rng(3).random((2, 3, 4, 2))
        noise = noise.astype("float32")
        for readout in ("sample", "coherent"):
            plane = read(head, logits, readout, noise)
            for place in np.ndindex(2, 3, 4):
                u = noise[place if readout == "sample" else (place[0], 0, 0)]
                h, c = (inverse(p[0][place[1:]][i], u[i]) for i in (0, 1))
                np.testing.assert_allclose(
                    plane[place],
                    [
                        c * math.cos(2 * math.pi * h),
                        c * math.sin(2 * math.pi * h),
                    ],
                    atol=1e-4,
                )

    def test_uncertainty(self):
        head, logits, p = histograms("hue_chroma", peaked=3.0)
        entropy = stats.entropy(p[0, ..., 0, :], axis=-1) / np.log(32)
        chroma = p[0, ..., 1, :] @ ((np.arange(32) + 0.5) / 32)
        np.testing.assert_allclose(
            ops.convert_to_numpy(head.uncertainty(logits))[0],
            entropy * chroma,
            atol=1e-5,
        )


class TestLabMean:
    def test_loss_and_color(self):
        head = head_named("lab_l2", True)
        ab = np.random.default_rng(0).normal(0, 20, (1, 3, 4, 2))
        outputs = np.random.default_rng(1).normal(0, 1, (1, 3, 4, 2))
        chroma = LabSpace().normalize(ab.astype("float32"))
        losses = head.losses(ops.cast(outputs, "float32"), chroma)
        np.testing.assert_allclose(
            ops.convert_to_numpy(losses["squared_error"]),
            ((ab / 25 - outputs) ** 2).sum(-1),
            rtol=1e-3,
        )
        np.testing.assert_allclose(
            read(head, outputs.astype("float32"), "expectation"),
            25 * outputs,
            rtol=1e-3,
            atol=1e-3,
        )


def test_unknown_head():
    with pytest.raises(ValueError, match="'rgb'. Expected one of hue_chroma"):
        head_named("rgb", True)
