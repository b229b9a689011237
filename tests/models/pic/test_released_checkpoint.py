import math

import numpy as np
import pytest
from keras import ops

from keras_colorize import ColorizerPIC
from keras_colorize.models.pic import convert_checkpoint
from keras_colorize.models.pic.released_names import released_names
from keras_colorize.presets import weights_of
from tests.models import released_checkpoints
from tests.models import released_pic
from tests.models.small import images

COMPONENTS = 2
FILTERS = 4
BLOCKS = 2
PRESETS = {"cifar": "pic_cifar10", "imagenet": "pic_imagenet128"}
WIDTHS = {"cifar": (2, 4, 6, 8, 16), "imagenet": (2, 4, 6, 8, 8, 16)}
FULL_WIDTHS = {
    "cifar": (32, 64, 128, 256, 256),
    "imagenet": (64, 128, 256, 512, 512, 160),
}
AVERAGE = "/ExponentialMovingAverage"
FIRST = "picolor_template/conv_down/V"
RGB = images(2, 16)


def overrides(dataset):
    return {
        "embedding_filters": WIDTHS[dataset],
        "filters": FILTERS,
        "num_blocks": BLOCKS,
        "num_components": COMPONENTS,
    }


def shapes(dataset):
    return released_pic.variable_shapes(
        dataset, WIDTHS[dataset], FILTERS, 8 * COMPONENTS, BLOCKS
    )


def convert(path, dataset="cifar", **more):
    return convert_checkpoint(
        path, PRESETS[dataset], **overrides(dataset), **more
    )


def outputs_of(model):
    """Mixture parameters and embedding of RGB, and bits per dimension."""
    outputs = model(RGB)
    parameters, embedding = outputs["parameters"], outputs["embedding"]
    bits = model.bits_per_dim(parameters, model.split(RGB)[1])
    return [ops.convert_to_numpy(x) for x in (parameters, embedding, bits)]


def stated(dataset, saved, suffix):
    """The same by the statement of the released network."""
    values = {name: saved[name + suffix] for name in shapes(dataset)}
    network = released_pic.Network(dataset, values, COMPONENTS)
    parameters, embedding = network(RGB)
    return parameters, embedding, network.bits_per_dim(parameters, RGB)


@pytest.fixture(scope="module", params=["cifar", "imagenet"])
def trained(request, tmp_path_factory):
    """A dataset's name, what its training saved, and where."""
    path = tmp_path_factory.mktemp(request.param) / "model.ckpt"
    saved = released_checkpoints.train_and_save(
        shapes(request.param), str(path)
    )
    return request.param, saved, path


@pytest.fixture(scope="module")
def model(trained):
    dataset, _, path = trained
    return convert(path, dataset)


@pytest.fixture(scope="module")
def values():
    """Values of a complete checkpoint, by name."""
    rng = np.random.default_rng(0)
    return {
        name + suffix: released_checkpoints.random_value(name, shape, rng)
        for name, shape in shapes("cifar").items()
        for suffix in ("", AVERAGE, "/Adam", "/Adam_1")
    }


@pytest.fixture
def save(tmp_path):
    def save(values):
        released_checkpoints.write(tmp_path / "model.ckpt", values)
        return tmp_path / "model.ckpt"

    return save


class TestConvertCheckpoint:
    def test_what_training_saves(self, trained):
        """The names are as in the released checkpoints."""
        dataset, saved, _ = trained
        names = {
            name + suffix
            for name in shapes(dataset)
            for suffix in ("", AVERAGE, "/Adam", "/Adam_1")
        }
        assert set(saved) - names == {"beta1_power", "beta2_power", "bpd_rec"}
        assert names <= set(saved)

    def test_against_the_statement(self, trained, model):
        dataset, saved, _ = trained
        expected = stated(dataset, saved, AVERAGE)
        for ours, theirs in zip(outputs_of(model), expected):
            np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=0)

        # Compiled, and with the embedding's own bits.
        model.compile()
        logs = model.evaluate(RGB, verbose=0, return_dict=True)
        network = released_pic.Network(dataset, {}, COMPONENTS)
        own = network.bits_per_dim(expected[1], RGB)
        assert logs["bits_per_dim"] == pytest.approx(
            expected[2].mean(), abs=1e-4
        )
        assert logs["embedding_bits_per_dim"] == pytest.approx(
            own.mean(), abs=1e-4
        )

    def test_raw_values(self, trained):
        dataset, saved, path = trained
        found = outputs_of(convert(path, dataset, ema=False))
        for ours, theirs in zip(found, stated(dataset, saved, "")):
            np.testing.assert_allclose(ours, theirs, atol=1e-4, rtol=0)

    def test_config_is_the_released_network(self, model):
        assert model.canvas == "rgb"
        assert model.released_tails
        assert model.chroma_method == "subsample"
        assert model.is_initialized

    def test_tails_and_canvas_matter_here(self, trained, model):
        for name, value in (("canvas", "lab"), ("released_tails", False)):
            other = ColorizerPIC(**{**model.get_config(), name: value})
            other.set_weights(model.get_weights())
            change = outputs_of(other)[2] - outputs_of(model)[2]
            assert np.abs(change).max() > 1e-3

    def test_preset_round_trip(self, model, tmp_path):
        model.save_to_preset(tmp_path / "preset")
        again = ColorizerPIC.from_preset(tmp_path / "preset")
        for ours, theirs in zip(outputs_of(again), outputs_of(model)):
            np.testing.assert_array_equal(ours, theirs)


class TestErrors:
    def test_complete_values_convert(self, save, values):
        """So what the other tests change is what is wrong."""
        assert convert(save(values)).is_initialized

    def test_other_configuration(self, trained):
        dataset, _, path = trained
        right = PRESETS[dataset]
        (wrong,) = set(PRESETS.values()) - {right}
        with pytest.raises(ValueError, match=f"not one of {wrong}") as e:
            convert_checkpoint(path, wrong)
        # Two blocks are missing: no preset fits.
        assert "pass that" not in str(e.value)

    def test_preset_that_fits_is_named(self, save):
        names = released_names((2, 2, 2, 3, 0), 4).values()
        path = save({name: np.zeros(1, "float32") for name in names})
        with pytest.raises(ValueError, match="those of pic_cifar10: pass that"):
            convert_checkpoint(path)

    def test_unknown_preset(self):
        for name in ("pic", "pic_tinyimagenet64"):
            with pytest.raises(ValueError, match=f"{name}'.*of pic_cifar10, "):
                convert_checkpoint("nowhere", name)

    @pytest.mark.parametrize("suffix", ["", AVERAGE])
    def test_missing(self, suffix, save, values):
        kept = {k: v for k, v in values.items() if k != FIRST + suffix}
        path = save(kept)
        ema = suffix == AVERAGE
        # The other kind is all there.
        assert convert(path, ema=not ema).is_initialized
        with pytest.raises(ValueError, match=rf"1 missing \({FIRST}\)") as e:
            convert(path, ema=ema)
        assert f"Pass ema={not ema}" in str(e.value)

    def test_missing_altogether(self, save, values):
        kept = {k: v for k, v in values.items() if not k.startswith(FIRST)}
        with pytest.raises(ValueError, match=rf"1 missing \({FIRST}\), 0 unkn"):
            convert(save(kept))

    @pytest.mark.parametrize(
        "name",
        ["more", "picolor_template/conv_down/h", f"{FIRST}/Momentum"]
        + ["other/Adam", "Adam_1"],
    )
    def test_unknown(self, name, save, values):
        path = save({**values, name: np.zeros(2, "float32")})
        with pytest.raises(ValueError, match=rf"1 unknown \({name}\)"):
            convert(path)

    def test_training_state_is_passed_over(self, save, values):
        names = ("beta1_power", "global_step", "rec_error", "gen_error_gray")
        path = save({**values, **dict.fromkeys(names, np.float64(1))})
        assert convert(path).is_initialized

    def test_shape(self, save, values):
        path = save({**values, FIRST + AVERAGE: np.zeros((2, 3, 4, 5), "f4")})
        expected = r"V/Expo.* \(2, 3, 4, 5\) \(expected \(2, 3, 4, 4\)\)"
        with pytest.raises(ValueError, match=expected):
            convert(path)

    def test_dtype(self, save, values):
        path = save({**values, FIRST + AVERAGE: np.zeros((2, 3, 4, 4), "i4")})
        with pytest.raises(ValueError, match="V/Expo.* is int32"):
            convert(path)

    @pytest.mark.parametrize("bad", [np.nan, np.inf])
    def test_not_finite(self, bad, save, values):
        broken = values[FIRST + AVERAGE].copy()
        broken[0, 1, 2, 3] = bad
        with pytest.raises(ValueError, match="V/Expo.* not finite"):
            convert(save({**values, FIRST + AVERAGE: broken}))

    @pytest.mark.parametrize(
        "override",
        [
            {"canvas": "lab"},
            {"released_tails": False},
            {"chroma_method": "area"},
            {"embedding_strides": (1, 1, 2, 1, 1)},
            {"embedding_dilations": (1, 1, 1, 1, 1)},
        ],
    )
    def test_override_of_what_no_variable_tells(self, override):
        (name,) = override
        with pytest.raises(ValueError, match=f"{name} cannot be overridden"):
            convert("nowhere", **override)

    def test_override_of_a_wrong_type(self, save, values):
        with pytest.raises(ValueError, match="pic_cifar10 makes no model"):
            convert(save(values), kernel_size="3")

    def test_shapes_are_checked_before_memory_is_taken(
        self, save, values, monkeypatch
    ):
        """The widest would take 10^11 bytes."""
        monkeypatch.setitem(globals(), "FILTERS", 30_000)
        with pytest.raises(ValueError, match="asks for .* parameters or more"):
            convert(save(values))

    def test_another_kind_of_network(self, save, values):
        with pytest.raises(ValueError, match="6 not in the model"):
            convert(save(values), conditioned=False)


class TestFullSize:
    """The released checkpoints, by a rule that `variable_shapes` states."""

    @pytest.mark.parametrize(
        "dataset, count, parameters",
        [("cifar", 153, 25_876_064), ("imagenet", 174, 110_602_272)],
    )
    def test_rule_is_that_of_the_released_ones(
        self, dataset, count, parameters
    ):
        shapes = released_pic.variable_shapes(
            dataset, FULL_WIDTHS[dataset], 160, 80
        )
        assert len(shapes) == count
        assert sum(map(math.prod, shapes.values())) == parameters
        last = {"cifar": 256, "imagenet": 160}[dataset]
        for name, shape in {
            "conv_down/V": (2, 3, 4, 160),
            "conv_down_2/V": (1, 3, 4, 160),
            "conv_down_right/V": (2, 1, 4, 160),
            "conv_last/V": (1, 1, 160, 80),
            "shortrange_down_3/conv_aux/V": (1, 1, 2 * last, 160),
            "shortrange_down_right_3/conv_aux/V": (1, 1, 320 + 2 * last, 160),
            "shortrange_down_right_0/conv2/b": (320,),
        }.items():
            assert shapes[f"picolor_template/{name}"] == shape

    @pytest.mark.slow
    @pytest.mark.parametrize("dataset", ["cifar", "imagenet"])
    def test_every_weight_has_its_variable(self, dataset):
        model = ColorizerPIC.from_preset(PRESETS[dataset], load_weights=False)
        names = released_names(model.embedding_blocks, model.num_blocks)
        found = {
            names[path]: tuple(weight.shape)
            for path, weight in weights_of(model).items()
            if path != "initialized"
        }
        assert len(found) == len(names)
        assert found == released_pic.variable_shapes(
            dataset, FULL_WIDTHS[dataset], 160, 80
        )
