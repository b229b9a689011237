import math
import os
import subprocess
import sys

import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image
from skimage import color
from skimage import data

from keras_colorize import generation
from keras_colorize import transfer
from keras_colorize.color import downsample
from keras_colorize.color import lab_to_rgb
from keras_colorize.color import resize
from keras_colorize.color import upsample_chroma
from keras_colorize.generation.drawing import DrawnPhotograph
from tests.models.small import images
from tests.models.small import small_pic


@pytest.fixture(scope="module")
def model():
    keras.utils.set_random_seed(0)
    model = small_pic()
    model.prepare(images())
    return model


@pytest.fixture(scope="module")
def gray():
    """Smooth, 12 x 16."""
    rows, columns = np.mgrid[0:12, 0:16]
    return np.uint8(40 + 8 * rows + 5 * columns)


def generate(model, images, **kwargs):
    return model.generate(images, seed=3, verbose=0, **kwargs)


def rendered(model, photo, chroma, **kwargs):
    """A photograph with given chroma, (h, w, 2), a and b."""
    drawn = DrawnPhotograph(
        generation.rendering.luminance_of(model.color_space, photo),
        None,
        np.asarray(chroma, "float32")[None],
    )
    return generation.render(model, drawn, generation.Request(**kwargs))[0]


@pytest.fixture(scope="module")
def expected(model, gray):
    return generate(model, gray, num_samples=2)


class TestInputs:
    """Everything that shows the same photograph gives the same colors."""

    def test_shape_and_dtype(self, expected):
        assert expected.shape == (2, 12, 16, 3)
        assert expected.dtype == np.uint8
        assert (expected[0] != expected[1]).any()

    @pytest.mark.parametrize(
        "convert",
        [
            lambda gray: gray[..., None],
            lambda gray: np.stack([gray] * 3, axis=-1),
            lambda gray: gray / 255.0,
            lambda gray: (gray / 255.0).astype("float32"),
            lambda gray: gray.astype("uint16") * 257,
            lambda gray: Image.fromarray(gray),
            lambda gray: Image.fromarray(np.stack([gray] * 3, axis=-1)),
            ops.convert_to_tensor,
        ],
        ids=[
            "(H, W, 1)",
            "RGB",
            "float64",
            "float32",
            "uint16",
            "PIL L",
            "PIL RGB",
            "tensor",
        ],
    )
    def test_kind(self, convert, model, gray, expected):
        found = generate(model, convert(gray), num_samples=2)
        assert found.shape == expected.shape
        # Luminance of another depth is the same but for its last float digit.
        assert np.abs(found.astype(int) - expected).max() <= 1

    @pytest.mark.parametrize("suffix", ["png", "tiff", "webp"])
    def test_path(self, suffix, model, gray, expected, tmp_path):
        path = tmp_path / f"gray.{suffix}"
        options = {"lossless": True} if suffix == "webp" else {}
        Image.fromarray(gray).save(path, **options)
        for source in (path, str(path)):
            np.testing.assert_array_equal(
                generate(model, source, num_samples=2), expected
            )

    def test_batch(self, model, gray, expected):
        batch = np.stack([gray, 255 - gray])
        found = generate(model, batch, num_samples=2)
        assert found.shape == (2, 2, 12, 16, 3)
        np.testing.assert_array_equal(found[0], expected)
        np.testing.assert_array_equal(
            generate(model, batch[..., None], num_samples=2), found
        )

    def test_list_of_sizes_and_kinds(self, model, gray, expected):
        tall = np.ascontiguousarray(gray.T)
        found = generate(
            model, [gray, Image.fromarray(tall), gray[:6]], num_samples=2
        )
        assert isinstance(found, list)
        assert [x.shape[1:3] for x in found] == [(12, 16), (16, 12), (6, 16)]
        np.testing.assert_array_equal(found[0], expected)

    def test_list_of_one(self, model, gray, expected):
        (found,) = generate(model, [gray], num_samples=2)
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("shape", [(1, 1), (1, 40), (40, 1), (3, 2)])
    def test_odd_sizes(self, shape, model):
        found = generate(model, np.full(shape, 128, "uint8"))
        assert found.shape == (1, *shape, 3)

    @pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
    def test_output_dtype(self, dtype, model, gray, expected):
        found = generate(model, gray, num_samples=2, dtype=dtype)
        assert found.dtype == dtype
        most = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
        np.testing.assert_allclose(
            found / most, expected / 255, atol=0.5 / 255 + 1e-6
        )


class TestSeeds:
    def test_same_seed_same_image(self, model, gray):
        first = model.generate(gray, seed=1, verbose=0)
        np.testing.assert_array_equal(
            first, model.generate(gray, seed=1, verbose=0)
        )
        assert (first != model.generate(gray, seed=2, verbose=0)).any()

    def test_no_seed_follows_keras(self, model, gray):
        keras.utils.set_random_seed(7)
        first = model.generate(gray, verbose=0)
        second = model.generate(gray, verbose=0)
        assert (first != second).any()
        keras.utils.set_random_seed(7)
        np.testing.assert_array_equal(first, model.generate(gray, verbose=0))

    @pytest.mark.parametrize("batch_size", [5, 7, 10, 100])
    def test_whatever_the_batch_size(self, batch_size, model, gray):
        expected = generate(model, gray, num_samples=12)
        found = generate(model, gray, num_samples=12, batch_size=batch_size)
        np.testing.assert_array_equal(found, expected)

    @pytest.mark.parametrize("batch_size", [1, 2])
    def test_small_batches_draw_so_many_at_a_time(
        self, batch_size, model, gray, monkeypatch
    ):
        expected = generate(model, gray, num_samples=6, dtype="float32")
        draw, sizes = model.draw, []

        def counted(context, noise, request):
            sizes.append(len(noise))
            return draw(context, noise, request)

        monkeypatch.setattr(model, "draw", counted)
        found = generate(
            model, gray, num_samples=6, batch_size=batch_size, dtype="float32"
        )
        assert sizes == [batch_size] * (6 // batch_size)
        np.testing.assert_allclose(found, expected, atol=1e-4)

    def test_whatever_the_number_of_samples(self, model, gray):
        many = generate(model, gray, num_samples=4)
        np.testing.assert_array_equal(generate(model, gray)[0], many[0])

    def test_company_does_not_count(self, model, gray):
        other = 255 - gray
        alone = generate(model, gray)
        first, second, _ = generate(model, [gray, gray, other])
        np.testing.assert_array_equal(first, alone)
        np.testing.assert_array_equal(second, alone)

    def test_whatever_is_shown_of_progress(self, model, gray):
        calls = []
        found = generate(
            model,
            gray,
            num_samples=3,
            batch_size=2,
            progress=lambda *rows: calls.append(rows),
        )
        np.testing.assert_array_equal(
            found, generate(model, gray, num_samples=3)
        )
        done, total = zip(*calls)
        assert done[-1] == total[-1] == len(set(done))

    @pytest.mark.slow
    def test_tensorflow_and_jax_agree(self, tmp_path):
        """Within one step for 99% of values."""
        pytest.importorskip("jax")
        pytest.importorskip("tensorflow")
        keras.utils.set_random_seed(0)
        model = small_pic()
        model.prepare(images())
        model.save_to_preset(tmp_path / "preset")
        np.save(tmp_path / "gray.npy", images(1, 24)[0, ..., 0])
        script = (
            "import sys, numpy as np, keras_colorize\n"
            "folder, out = sys.argv[1:]\n"
            "model = keras_colorize.ColorizerPIC.from_preset(\n"
            "    folder + '/preset')\n"
            "gray = np.load(folder + '/gray.npy')\n"
            "np.save(out, model.generate(gray, 3, seed=0, verbose=0))\n"
        )
        found = []
        for backend in ("tensorflow", "jax"):
            out = tmp_path / f"{backend}.npy"
            subprocess.run(
                [sys.executable, "-c", script, str(tmp_path), str(out)],
                env={**os.environ, "KERAS_BACKEND": backend},
                check=True,
                timeout=300,
            )
            found.append(np.load(out).astype(int))
        assert (np.abs(found[0] - found[1]) <= 1).mean() >= 0.99


class TestTemperature:
    def test_zero_is_deterministic(self, model, gray):
        found = generate(model, gray, num_samples=3, temperature=0)
        np.testing.assert_array_equal(found[0], found[1])
        np.testing.assert_array_equal(found[0], found[2])

    def test_varies_with_temperature(self, model, gray):
        spread = [
            generate(
                model, gray, num_samples=4, temperature=t, dtype="float32"
            ).std(axis=0)
            for t in (0.1, 1.0)
        ]
        assert spread[0].mean() < spread[1].mean()

    @pytest.mark.parametrize("still, moving", [(0, 1), (1, 0)])
    def test_of_each_channel(self, still, moving, gray):
        """With one component, a first pixel's a depends on its own alone."""
        model = small_pic(num_components=1)
        model.prepare(images())
        temperature = [0.0, 0.0]
        temperature[moving] = 1.0
        _, chroma = generate(
            model,
            gray,
            num_samples=5,
            temperature=tuple(temperature),
            return_chroma=True,
        )
        spread = np.ptp(chroma[:, 0, 0], axis=0)
        assert spread[moving] > 0.1
        if still == 0:
            assert spread[still] == 0.0

    def test_of_the_components_choice(self, model, gray):
        """Scales at 0: only as many values of a first pixel as components."""
        _, chroma = generate(
            model,
            gray,
            num_samples=40,
            temperature=(0.0, 0.0, 1.0),
            return_chroma=True,
        )
        values = {tuple(pixel) for pixel in chroma[:, 0, 0].round(3)}
        assert 1 < len(values) <= 5
        _, chroma = generate(
            model,
            gray,
            num_samples=40,
            temperature=(1.0, 1.0, 0.0),
            return_chroma=True,
        )
        assert len({tuple(p) for p in chroma[:, 0, 0].round(3)}) > 5


class TestReadout:
    @pytest.mark.parametrize("readout", ["mean", "mode"])
    def test_each_pixel_is_read_out_given_those_before(
        self, readout, model, gray
    ):
        _, chroma = generate(
            model, gray, num_samples=2, readout=readout, return_chroma=True
        )
        np.testing.assert_array_equal(chroma[0], chroma[1])
        grid = model.grid_of(*gray.shape)
        assert chroma.shape[1:3] == grid
        # What the network says of the drawn chroma, all at once.
        luminance = model.color_space.luminance(gray[None, ..., None])
        small = model.color_space.normalize_luminance(
            resize(luminance, *(2 * side for side in grid))
        )
        values = model.color_space.normalize(chroma[:1])
        outputs = model.network([small, values])
        expected = getattr(model.head, readout)(
            outputs["parameters"], downsample(small, 2)
        )
        np.testing.assert_allclose(
            chroma[0],
            ops.convert_to_numpy(model.color_space.denormalize(expected))[0],
            atol=0.01,
        )

    def test_reconstruction_of_a_certain_model(self):
        """A model that knows each pixel's chroma gives the image back."""
        model = small_pic()
        model.prepare(images())
        # Of one color a cell, so that chroma on the grid is the image's.
        rgb = images(2, 4).repeat(2, axis=1).repeat(2, axis=2)
        targets = model.targets(rgb)

        def certain(parameters, given=None):
            return targets["chroma"]

        model.head.mean = certain
        found = model.reconstruct(rgb)
        assert found.dtype == np.uint8 and found.shape == rgb.shape
        true, lab = color.rgb2lab(rgb), color.rgb2lab(found)
        assert np.abs(lab[..., 0] - true[..., 0]).max() < 2

    def test_reconstruct_refuses_unknown_readouts(self, model):
        with pytest.raises(ValueError, match="'sample', 'mean', 'mode'"):
            model.reconstruct(images(1), readout="median")


class TestLogLikelihood:
    def test_is_that_of_the_chroma_in_a_forward_pass(self, model):
        photos = images(2)
        _, bits, chroma = generate(
            model,
            photos,
            num_samples=3,
            temperature=0.5,
            return_log_likelihood=True,
            return_chroma=True,
        )
        for photo, values, found in zip(photos, chroma, bits):
            targets = model.targets(np.stack([photo] * 3))
            values = model.color_space.normalize(values)
            outputs = model.network([targets["gray"], values])
            log_prob = model.head.log_prob(
                outputs["parameters"], values, targets["luminance"]
            )
            nats = ops.convert_to_numpy(ops.sum(log_prob, axis=(1, 2)))
            np.testing.assert_allclose(found, nats / np.log(2), rtol=1e-4)

    def test_shape_follows_what_was_given(self, model, gray, expected):
        photos, one = generate(
            model, gray, num_samples=2, return_log_likelihood=True
        )
        np.testing.assert_array_equal(photos, expected)
        assert one.shape == (2,) and (one < 0).all()
        photos, many = generate(
            model, [gray], num_samples=7, return_log_likelihood=True
        )
        assert isinstance(photos, list)
        assert many.shape == (1, 7)
        np.testing.assert_array_equal(many[0, :2], one)


class TestBadInput:
    @pytest.mark.parametrize(
        "bad, error, message",
        [
            ([], ValueError, "empty"),
            (np.zeros((0, 4, 4), "uint8"), ValueError, "empty"),
            (np.zeros((4, 0), "uint8"), ValueError, "no pixels"),
            (np.zeros((4,), "uint8"), ValueError, "shape"),
            (np.zeros((2, 4, 4, 2), "uint8"), ValueError, "shape"),
            (np.zeros((1, 2, 4, 4, 3), "uint8"), ValueError, "shape"),
            (np.full((4, 4), np.nan), ValueError, "not finite"),
            (np.full((4, 4), np.inf), ValueError, "not finite"),
            (np.full((4, 4), 255.0), ValueError, "0 to 1"),
            (np.full((4, 4), -0.1), ValueError, "0 to 1"),
            (np.zeros((4, 4), "int32"), TypeError, "int32"),
            (np.zeros((4, 4), bool), TypeError, "bool"),
            (np.zeros((4, 4), complex), TypeError, "complex"),
            (None, TypeError, "NoneType"),
            (7, TypeError, "int"),
            ("nowhere.png", FileNotFoundError, "nowhere.png"),
        ],
    )
    def test_images(self, bad, error, message, model):
        with pytest.raises(error, match=message):
            model.generate(bad, verbose=0)

    def test_item_of_a_list_is_named(self, model, gray):
        with pytest.raises(ValueError, match="Photograph 1 of the list"):
            model.generate([gray, np.full((4, 4), np.nan)], verbose=0)

    def test_unreadable_file(self, model, tmp_path):
        path = tmp_path / "broken.png"
        path.write_bytes(b"\x89PNG\r\n\x1a\nnothing")
        with pytest.raises(ValueError, match="broken.png"):
            model.generate(path, verbose=0)

    @pytest.mark.parametrize(
        "arguments, error",
        [
            ({"num_samples": 0}, ValueError),
            ({"num_samples": -1}, ValueError),
            ({"num_samples": 1.5}, TypeError),
            ({"num_samples": True}, TypeError),
            ({"batch_size": 0}, ValueError),
            ({"batch_size": "2"}, TypeError),
            ({"temperature": -0.1}, ValueError),
            ({"temperature": math.nan}, ValueError),
            ({"temperature": math.inf}, ValueError),
            ({"temperature": "hot"}, TypeError),
            ({"temperature": (1.0, 0.5, 0.2, 0.1)}, ValueError),
            ({"temperature": (1.0, -0.5)}, ValueError),
            ({"temperature": (1.0, None)}, TypeError),
            ({"hints": 3}, ValueError),
            ({"seed": -1}, ValueError),
            ({"seed": 0.5}, ValueError),
            ({"upsampling": "cubic"}, ValueError),
            ({"gamut": "wrap"}, ValueError),
            ({"readout": "guess"}, ValueError),
            ({"dtype": "int8"}, ValueError),
            ({"verbose": "loud"}, ValueError),
        ],
    )
    def test_arguments(self, arguments, error, model, gray):
        with pytest.raises(error, match=next(iter(arguments))):
            model.generate(gray, **{"verbose": 0, **arguments})

    @pytest.mark.parametrize(
        "option, arguments",
        [
            ("hints", {"hints": (np.ones((12, 16), bool), np.ones(2))}),
            ("likelihood", {"return_log_likelihood": True}),
            ("temperature", {"temperature": 0.5}),
            ("readout", {"readout": "mode"}),
        ],
    )
    def test_what_the_model_does_not_support(
        self, option, arguments, model, gray, monkeypatch
    ):
        rest = model.supports - {option}
        monkeypatch.setattr(type(model), "supports", rest)
        with pytest.raises(
            ValueError, match=f"not support {option}.*{max(rest)}"
        ):
            model.generate(gray, verbose=0, **arguments)


@pytest.fixture(scope="module")
def reference():
    return data.astronaut()[:200, :200]


class TestLike:
    def test_colors_are_the_references(self, model, reference):
        gray = data.camera()[::8, ::8]
        plain, found = (
            generate(model, gray, dtype="float32", **options)[0]
            for options in ({}, {"like": reference})
        )
        levels = np.linspace(0.05, 0.95, 19)
        before, after, wanted = (
            np.quantile(
                x / (x.mean(-1, keepdims=True) + 1e-4), levels, axis=(0, 1)
            )
            for x in (plain, found, reference / 255)
        )
        # The model is not trained, so its colors are far away. Luminance and
        # the gamut keep colors from matching in full.
        error = np.abs(after - wanted).mean()
        assert error < 0.25 * np.abs(before - wanted).mean()

    def test_luminance_stays(self, model, gray, reference):
        found = generate(model, gray, like=reference, dtype="float32")[0]
        np.testing.assert_allclose(found_l(found), found_l(gray), atol=0.02)

    def test_by_hand(self, model, gray, reference):
        """Colors are matched, then put under the photograph's luminance."""
        plain = generate(model, gray, dtype="float32")[0]
        histogram = model.color_histogram(reference)
        matched = transfer.match_quantiles(plain, histogram)
        lab = color.rgb2lab(matched)
        lab[..., 0] = found_l(gray)
        expected = lab_to_rgb(lab, "desaturate")
        found = generate(model, gray, like=reference, dtype="float32")[0]
        np.testing.assert_allclose(found, expected, atol=2e-3)

    def test_kinds_of_references(self, model, gray, reference, tmp_path):
        Image.fromarray(reference).save(tmp_path / "a.png")
        histogram = model.color_histogram(reference)
        expected = generate(model, gray, like=reference)
        for like in (
            tmp_path / "a.png",
            Image.fromarray(reference),
            [reference, reference],
            histogram,
            7 * histogram,
        ):
            np.testing.assert_array_equal(
                generate(model, gray, like=like), expected
            )
        both = model.color_histogram([reference, gray_to_rgb(gray)])
        other = model.color_histogram(gray_to_rgb(gray))
        np.testing.assert_allclose(both, (histogram + other) / 2)

    def test_hints_stay(self, model, gray, reference):
        mask = np.zeros((12, 16), bool)
        mask[3:6, 4:9] = True
        ab = np.full((12, 16, 2), 9.0)
        found = generate(
            model, gray, hints=(mask, ab), like=reference, dtype="float32"
        )[0]
        np.testing.assert_allclose(
            color.rgb2lab(found)[mask, 1:], ab[mask], atol=0.05
        )

    @pytest.mark.parametrize(
        "like, words",
        [
            (np.zeros((9, 9, 1), "uint8"), "is gray. Expected photographs in"),
            (np.zeros((9, 9), "uint8"), r"\(9, 9\). Expected .* \(3, 3072\)"),
            (np.zeros((3, 3072)), "row of zeros"),
            (np.full((3, 3072), np.nan), "negative or infinite"),
            ("missing.jpg", "missing.jpg"),
        ],
    )
    def test_refused_before_drawing(
        self, like, words, model, gray, monkeypatch
    ):
        monkeypatch.setattr(type(model), "draw", None)
        with pytest.raises((OSError, ValueError), match=words):
            model.generate(gray, like=like, verbose=0)


def found_l(image):
    if image.ndim == 2:
        image = gray_to_rgb(image)
    return color.rgb2lab(image)[..., 0]


def gray_to_rgb(gray):
    return np.repeat(gray[..., None], 3, axis=-1)


class TestGrid:
    @pytest.mark.parametrize(
        ("size", "grid"),
        [
            ((64, 64), (16, 16)),
            ((100, 122), (16, 16)),
            ((100, 123), (13, 20)),
            ((480, 640), (13, 20)),
            ((640, 480), (20, 13)),
            ((1000, 100), (20, 13)),
            ((1, 1000), (13, 20)),
        ],
    )
    def test_nearest_of_three(self, size, grid):
        model = small_pic(embedding_strides=(1, 4), image_size=64)
        # 16 * 1.5 ** 0.5 is 19.6, and 16 / 1.5 ** 0.5 is 13.1.
        assert model.grid_of(*size) == grid


class TestRender:
    """Coloring with the true chroma gives the true image back, aligned."""

    @pytest.mark.parametrize("method", ["area", "subsample"])
    @pytest.mark.parametrize("upsampling", ["bilinear", "guided"])
    def test_true_chroma(self, method, upsampling):
        photo = data.coffee()[:384, :576]
        model = small_pic(chroma_method=method)
        (chroma,) = model.targets(photo[None])["chroma"]
        chroma = ops.convert_to_numpy(model.color_space.denormalize(chroma))
        found = rendered(model, photo, chroma, upsampling=upsampling)
        true = color.rgb2lab(photo)[..., 1:]
        lab = color.rgb2lab(found)[..., 1:]

        def error(rows, columns):
            moved = np.roll(lab, (rows, columns), (0, 1))
            return np.square(moved - true)[4:-4, 4:-4].mean()

        shifts = {(r, c): error(r, c) for r in (-1, 0, 1) for c in (-1, 0, 1)}
        assert min(shifts, key=shifts.get) == (0, 0)
        assert shifts[0, 0] < 9

    @pytest.mark.parametrize("upsampling", ["bilinear", "guided"])
    def test_keeps_luminance_whatever_the_chroma(self, upsampling, model):
        photo = data.chelsea()[:150, :224]
        chroma = np.random.default_rng(0).uniform(-128, 128, (8, 12, 2))
        found = rendered(model, photo, chroma, upsampling=upsampling)
        difference = color.rgb2lab(found)[..., 0] - color.rgb2lab(photo)[..., 0]
        assert np.abs(difference).mean() < 0.5
        assert np.abs(difference).max() < 2

    @pytest.mark.parametrize("upsampling", ["bilinear", "guided", "corners"])
    def test_bands_of_rows_against_the_whole(
        self, upsampling, model, monkeypatch
    ):
        photo = data.chelsea()[:100, :150]
        chroma = np.random.default_rng(0).uniform(-60, 60, (6, 9, 2))
        chroma = chroma.astype("float32")
        lab = color.rgb2lab(photo)[..., :1].astype("float32")
        ab = upsample_chroma(chroma, lab, upsampling)
        whole = lab_to_rgb(ops.concatenate([lab, ab], -1), "desaturate")
        monkeypatch.setattr(generation.rendering, "_BAND", 7 * 150)
        found = rendered(model, photo, chroma, upsampling=upsampling)
        whole = 255 * ops.convert_to_numpy(whole)
        assert np.abs(found - whole).max() < 1

    def test_gray_chroma_gives_the_gray_back(self, model):
        gray = np.arange(256, dtype="uint8").reshape(16, 16, 1)
        found = rendered(model, gray, np.zeros((4, 4, 2)))
        np.testing.assert_array_equal(found, np.repeat(gray, 3, -1))

    def test_clip_is_what_skimage_does(self, model):
        gray = np.full((4, 4, 1), 90, "uint8")
        chroma = np.full((4, 4, 2), (80.0, 70.0))
        found = rendered(model, gray, chroma, gamut="clip", dtype="float32")
        lab = np.full((4, 4, 3), (0.0, 80.0, 70.0))
        lab[..., 0] = color.rgb2lab(np.repeat(gray, 3, -1))[..., 0]
        np.testing.assert_allclose(found, color.lab2rgb(lab), atol=1e-3)
