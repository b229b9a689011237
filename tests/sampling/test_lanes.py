import sys

import keras
import numpy as np
import pytest

from keras_colorize.sampling import lane_count
from keras_colorize.sampling import lanes
from tests.sampling.helpers import tiny_pic


@pytest.fixture(scope="module")
def model():
    return tiny_pic(num_blocks=1, image_size=8)


@pytest.fixture(scope="module")
def gray():
    return np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype="uint8")


class TestLanes:
    @pytest.mark.parametrize("count", [1, 4, 5, 6, 100])
    def test_every_sample_in_its_own_lane(self, count):
        groups = lanes(count)
        assert [k for group in groups for k in group][:count] == list(
            range(count)
        )
        size = lane_count()
        assert len(groups) == -(-count // size)
        for group in groups:
            assert [k % size for k in group] == list(range(size))


class TestGenerate:
    @pytest.mark.parametrize("sampler", ["cached", "full"])
    def test_same_in_any_company(self, model, gray, sampler):
        def generate(images, **kwargs):
            return model.generate(
                images,
                seed=3,
                verbose=0,
                dtype="float32",
                sampler=sampler,
                **kwargs,
            )

        expected = generate(gray, num_samples=7)
        for samples in (1, 2, 6):
            found = generate(gray, num_samples=samples)
            np.testing.assert_array_equal(found, expected[:, :samples])
        found = generate(gray[:2], num_samples=7, batch_size=10)
        np.testing.assert_array_equal(found, expected[:2])

    def test_samplers_agree(self, model, gray):
        cached, full = (
            model.generate(
                gray[0], seed=0, verbose=0, dtype="float32", sampler=sampler
            )
            for sampler in ("cached", "full")
        )
        np.testing.assert_allclose(cached, full, atol=1e-4)

    def test_as_many_lanes_as_an_accelerator_wants(
        self, model, gray, monkeypatch
    ):
        def generate():
            return model.generate(
                gray[0], num_samples=4, seed=3, verbose=0, dtype="float32"
            )

        expected = generate()
        # By name, the package gives the function.
        module = sys.modules["keras_colorize.sampling.lanes"]
        monkeypatch.setattr(module, "_ON_CPU", 3)
        np.testing.assert_allclose(generate(), expected, atol=1e-4)

    def test_progress_counts_rows(self, model, gray):
        calls = []
        model.generate(
            gray,
            num_samples=6,
            progress=lambda done, total: calls.append((done, total)),
        )
        # 3 photographs of 4 rows, in 2 groups.
        assert [done for done, _ in calls] == list(range(1, 25))
        assert {total for _, total in calls} == {24}

    def test_unknown_sampler(self, model, gray):
        with pytest.raises(ValueError, match="'quick'.*'cached', 'full'"):
            model.generate(gray, sampler="quick")

    @pytest.mark.skipif(
        keras.backend.backend() == "torch", reason="compiles nothing"
    )
    def test_one_program_for_any_photograph(self, gray):
        model = tiny_pic(num_blocks=1, image_size=8)
        draw, traced = model._draw, []

        def counted(*args):
            traced.append(args)
            return draw(*args)

        model._draw = counted
        model.generate(gray, num_samples=3, verbose=0)
        programs = len(traced)
        assert programs >= 1
        model.generate(gray[::-1], num_samples=2, verbose=0)
        model.generate(gray[0], num_samples=9, temperature=0.5, verbose=1)
        assert len(traced) == programs
