import importlib

import numpy as np
import pytest


@pytest.fixture
def script():
    return importlib.import_module("old_photographs")


class TestAge:
    def test_nothing_without_faults(self, script):
        gray = np.linspace(0, 1, 20).reshape(4, 5)
        aged = script.age(gray, faults=())
        expected = np.rint(255 * gray)[..., None]
        np.testing.assert_array_equal(
            aged, np.broadcast_to(expected, (4, 5, 3))
        )

    def test_paper_and_black_of_the_tint(self, script):
        aged = script.age(np.array([[0.0, 1.0]]), faults=("tint",))
        np.testing.assert_array_equal(aged[0, 1], np.rint([244.8, 232.05, 204]))
        np.testing.assert_array_equal(aged[0, 0], np.rint([51, 38.25, 25.5]))

    def test_border_and_seed(self, script):
        gray = np.full((50, 40), 0.3)
        one, two = script.age(gray, 1, border=0.1), script.age(gray, 2)
        assert one.shape == (58, 48, 3) and two.shape == (50, 40, 3)
        assert one[:4].mean() > one[4:-4, 4:-4].mean() + 50
        assert (script.age(gray, 1, border=0.1) == one).all()


class TestError:
    def test_is_that_of_the_best_line(self, script):
        rng = np.random.default_rng(0)
        values, target = rng.random((2, 6, 7))
        line = np.polyfit(values.ravel(), target.ravel(), 1)
        rest = np.polyval(line, values) - target
        expected = np.sqrt((rest**2).mean())
        assert script.error(values, target) == pytest.approx(expected)
        assert script.error(values, 3 - 2 * values) < 1e-6


class TestLuminances:
    def test_of_gray_photographs_all_are_gray(self, script):
        """Up to a monotone map: none changes their order."""
        gray = np.linspace(0, 1, 256, dtype=np.float32).reshape(16, 16, 1)
        for function in script.LUMINANCES.values():
            values = function(np.repeat(gray, 3, axis=-1))
            assert (np.diff(values.ravel()) > 0).all()

    def test_lab_is_best_of_all_faults(self, script):
        """The docs say so, and the package uses it."""
        errors = script.measure(script.FAULTS, seeds=[0])
        assert min(errors, key=errors.get) == "L of Lab"
        stained = script.measure(("tint", "stains"), seeds=[0])
        assert min(stained, key=stained.get) == "red"
