import concurrent.futures
import time

import keras
import numpy as np
import pytest

from keras_colorize.generation import drawing
from keras_colorize.sampling import SAMPLERS
from tests.sampling.helpers import tiny_pic


@pytest.fixture(scope="module")
def model():
    return tiny_pic(num_blocks=1, image_size=8)


@pytest.fixture(scope="module")
def gray():
    return np.random.default_rng(0).integers(0, 256, (3, 8, 8), dtype="uint8")


class TestGroups:
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

    def test_groups_of_another_size(self, model, gray, monkeypatch):
        def generate():
            return model.generate(
                gray[0], num_samples=4, seed=3, verbose=0, dtype="float32"
            )

        expected = generate()
        monkeypatch.setattr(drawing, "_GROUP_ON_CPU", 3)
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

    def test_threads_share_a_sampler(self, monkeypatch):
        model, made = tiny_pic(num_blocks=1), []

        def slow(*args):
            time.sleep(0.05)
            made.append(args)
            return object()

        monkeypatch.setitem(SAMPLERS, "cached", slow)
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            found = set(pool.map(lambda _: model.sampler(), range(4)))
        assert len(found) == len(made) == 1

    def test_unknown_sampler(self, model, gray):
        with pytest.raises(ValueError, match="'quick'.*'cached', 'full'"):
            model.generate(gray, sampler="quick")

    @pytest.mark.skipif(
        keras.backend.backend() == "torch", reason="compiles nothing"
    )
    def test_one_program_for_any_photograph(self, gray):
        model = tiny_pic(num_blocks=1, image_size=8)
        sample, traced = model.head.sample, []

        def counted(*args):
            traced.append(args)
            return sample(*args)

        model.head.sample = counted
        model.generate(gray, num_samples=3, verbose=0)
        programs = len(traced)
        assert programs >= 1
        model.generate(gray[::-1], num_samples=2, verbose=0)
        model.generate(gray[0], num_samples=9, temperature=0.5, verbose=1)
        assert len(traced) == programs


class TestNoise:
    def test_depends_on_seed_photograph_and_sample(self):
        noise = {
            drawing.uniform_noise(*key, shape=(2, 3)).tobytes()
            for key in np.ndindex(3, 3, 3)
        }
        assert len(noise) == 27

    def test_key_of_a_photograph_survives_rounding(self):
        rng = np.random.default_rng(0)
        gray = rng.uniform(0, 1, (48, 64, 1)).astype("float32")
        key = drawing.photograph_key(gray)
        noise = rng.uniform(-1e-6, 1e-6, gray.shape).astype("float32")
        assert drawing.photograph_key(gray + noise) == key

    def test_photographs_have_keys_of_their_own(self):
        rng = np.random.default_rng(0)
        photos = rng.uniform(0, 1, (100, 16, 16, 1)).astype("float32")
        photos = [*photos, photos[0, :8], photos[0].transpose(1, 0, 2)]
        assert len(set(map(drawing.photograph_key, photos))) == 102

    def test_photographs_do_not_share_a_cast(self, model):
        """The sample's number explains no more of the colors than chance.

        Of 24 photographs and 6 samples with mean chroma m, the share of the
        variance of m between the samples' numbers is (6 - 1) / (144 - 1) by
        chance.
        """
        rng = np.random.default_rng(1)
        photos = rng.integers(0, 256, (24, 8, 8), dtype="uint8")
        _, chroma = model.generate(
            photos, num_samples=6, seed=0, verbose=0, return_chroma=True
        )
        cast = chroma.mean(axis=(2, 3))
        cast = cast - cast.mean(axis=1, keepdims=True)
        share = cast.mean(axis=0).var(axis=0) / cast.var(axis=(0, 1))
        assert (share < 0.15).all()

    def test_one_at_a_time_or_together(self, model, gray):
        together = model.generate(list(gray), 2, seed=5, verbose=0)
        for photo, expected in zip(gray, together):
            found = model.generate(photo, 2, seed=5, verbose=0)
            np.testing.assert_array_equal(found, expected)
