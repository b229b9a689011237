import numpy as np
import pytest
from keras import ops
from scipy import optimize
from scipy import special

from keras_colorize import transfer


def problem(pixels=40, channels=2, bins=8, sharpness=2.0, seed=0):
    """Log-probabilities, and a target that differs from their mean."""
    rng = np.random.default_rng(seed)
    logits = sharpness * rng.normal(size=(pixels, channels, bins))
    return special.log_softmax(logits, -1), rng.dirichlet(
        np.full(bins, 0.5), channels
    )


def reference_energy(bias, log_p, target, weight=10.0):
    """Equation 5, of one channel, term by term."""
    q = special.softmax(log_p + bias, axis=-1)
    divergence = special.rel_entr(q, np.exp(log_p)).sum(-1).mean()
    mean = q.mean(0)
    return divergence + weight * np.sum((mean - target) ** 2 / (mean + target))


def found(log_p, target, **options):
    bias = transfer.minimize_energy(log_p, target, **options)
    return ops.convert_to_numpy(bias)


class TestEnergy:
    def test_against_the_formula(self):
        log_p, target = problem()
        bias = np.random.default_rng(1).normal(size=target.shape)
        values = ops.convert_to_numpy(transfer.energy(log_p, bias, target, 3.0))
        for channel in range(2):
            expected = reference_energy(
                bias[channel], log_p[:, channel], target[channel], 3.0
            )
            assert values[channel] == pytest.approx(expected, rel=1e-5)

    def test_empty_bins(self):
        log_p = np.log([[[0.5, 0.5, 1e-30]]]).astype("float32")
        target = np.array([[1.0, 0.0, 0.0]], "float32")
        value = transfer.energy(log_p, np.zeros_like(target), target)
        # (1/2)^2 / (3/2) + (1/2)^2 / (1/2)
        assert float(value[0]) == pytest.approx(10 * (1 / 6 + 1 / 2))


class TestMinimizeEnergy:
    @pytest.mark.parametrize(
        "sharpness, weight",
        [(0.0, 10.0), (1.0, 10.0), (4.0, 10.0), (2.0, 99.0)],
    )
    def test_finds_the_least_energy(self, sharpness, weight):
        log_p, target = problem(sharpness=sharpness)
        bias = found(log_p, target, weight=weight)
        for channel in range(2):
            arguments = (log_p[:, channel], target[channel], weight)
            start = reference_energy(np.zeros(8), *arguments)
            least = optimize.minimize(
                reference_energy, np.zeros(8), arguments, "L-BFGS-B"
            ).fun
            value = reference_energy(bias[channel], *arguments)
            assert least < 0.9 * start
            assert value == pytest.approx(least, rel=0.003)

    def test_two_bins_by_brute_force(self):
        # Of two bins only the difference of the biases matters.
        log_p, target = problem(pixels=3, channels=1, bins=2)
        differences = np.linspace(-10, 10, 20_001)
        energies = [
            reference_energy(np.array([d, 0]), log_p[:, 0], target[0])
            for d in differences
        ]
        bias = found(log_p, target)[0]
        best = differences[np.argmin(energies)]
        assert bias[0] - bias[1] == pytest.approx(best, abs=2e-3)

    def test_energy_never_rises(self):
        # Equal pixels and two bins: a rate of 1 alone would go to and fro.
        log_p = np.log(np.full((5, 1, 2), 0.5))
        target = np.array([[0.7, 0.3]])
        energies = [
            reference_energy(
                found(log_p, target, steps=steps)[0], log_p[:, 0], target[0]
            )
            for steps in range(12)
        ]
        assert np.all(np.diff(energies) < 1e-6)
        assert energies[-1] < 0.2 * energies[0]

    def test_mean_of_the_histograms_is_near_the_target(self):
        log_p, target = problem(pixels=200)
        means = [
            special.softmax(log_p + found(log_p, target, weight=w), -1).mean(0)
            for w in (1.0, 10.0, 100.0)
        ]
        errors = [np.abs(mean - target).sum() for mean in means]
        assert errors[0] > errors[1] > errors[2]
        assert errors[2] < 0.03

    def test_its_own_mean_changes_nothing(self):
        log_p, _ = problem()
        bias = found(log_p, np.exp(log_p).mean(0))
        np.testing.assert_allclose(bias, 0, atol=1e-5)
