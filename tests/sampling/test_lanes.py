import keras
import numpy as np
import pytest

from keras_colorize.sampling import lanes
from tests.sampling.helpers import tiny_pic


@pytest.fixture(scope="module")
def model():
    return tiny_pic(num_blocks=1, image_size=8)


@pytest.fixture(scope="module")
def gray():
    return np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype="uint8")


class TestLanes:
    @pytest.mark.parametrize("count", [1, 4, 7, 16, 100])
    @pytest.mark.parametrize("size", [1, 3, 16])
    def test_every_item_once_in_batches_of_one_size(self, count, size):
        items = list(range(count))
        batches = list(lanes(items, size))
        assert [i for batch, _ in batches for i in batch] == items
        assert len({len(padded) for _, padded in batches}) == 1
        for batch, padded in batches:
            assert len(batch) <= size <= len(padded)
            assert padded[: len(batch)] == batch
            assert set(padded) == set(batch)


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

        def check(found, expected):
            if keras.backend.backend() == "torch":
                # Places of a batch differ in the last bits there.
                np.testing.assert_allclose(found, expected, atol=1e-4)
            else:
                np.testing.assert_array_equal(found, expected)

        expected = generate(gray, num_samples=4)
        for samples in (1, 2):
            found = generate(gray, num_samples=samples)
            check(found, expected[:, :samples])
        found = generate(gray[0], num_samples=3)
        check(found, expected[0, :3])
        found = generate(gray[:2], num_samples=2, batch_size=3)
        np.testing.assert_allclose(found, expected[:2, :2], atol=1e-4)

    def test_samplers_agree(self, model, gray):
        cached, full = (
            model.generate(
                gray[0], seed=0, verbose=0, dtype="float32", sampler=sampler
            )
            for sampler in ("cached", "full")
        )
        np.testing.assert_allclose(cached, full, atol=1e-4)

    def test_progress_counts_rows(self, model, gray):
        calls = []
        model.generate(
            gray,
            num_samples=3,
            batch_size=4,
            progress=lambda done, total: calls.append((done, total)),
        )
        assert [done for done, _ in calls] == list(range(1, 13))
        assert {total for _, total in calls} == {12}

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
        model.generate(gray, num_samples=3, batch_size=4, verbose=0)
        programs = len(traced)
        assert programs >= 1
        model.generate(gray[::-1], num_samples=2, batch_size=4, verbose=0)
        model.generate(
            gray[0], num_samples=9, batch_size=4, temperature=0.5, verbose=1
        )
        assert len(traced) == programs
