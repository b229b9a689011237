import numpy as np
import pytest
from keras import ops

from keras_colorize import ColorizerCIC
from keras_colorize.color.cic_bins import CENTERS
from keras_colorize.models.cic import convert_checkpoint

torch = pytest.importorskip("torch")
nn = torch.nn


def block(inputs, channels, count, stride=1, dilation=1):
    layers = []
    for i in range(count):
        last = stride if i == count - 1 else 1
        layers += [
            nn.Conv2d(inputs, channels, 3, last, dilation, dilation),
            nn.ReLU(),
        ]
        inputs = channels
    return nn.Sequential(*layers, nn.BatchNorm2d(channels))


class Released(nn.Module):
    """The authors' network by the listing of its weights, 32 times narrower."""

    def __init__(self):
        super().__init__()
        self.model1 = block(1, 2, 2, stride=2)
        self.model2 = block(2, 4, 2, stride=2)
        self.model3 = block(4, 8, 3, stride=2)
        self.model4 = block(8, 16, 3)
        self.model5 = block(16, 16, 3, dilation=2)
        self.model6 = block(16, 16, 3, dilation=2)
        self.model7 = block(16, 16, 3)
        self.model8 = nn.Sequential(
            nn.ConvTranspose2d(16, 8, 4, 2, 1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 8, 3, padding=1),
            nn.ReLU(),
            nn.Conv2d(8, 313, 1),
        )
        self.model_out = nn.Conv2d(313, 2, 1, bias=False)

    def forward(self, luminance):
        x = (luminance - 50) / 100
        for i in range(1, 9):
            x = getattr(self, f"model{i}")(x)
        return x, 110 * self.model_out(torch.softmax(x, dim=1))


@pytest.fixture(scope="module")
def network():
    return released_network()


def released_network():
    """The program's network at 1/32 of its width, with random weights."""
    torch.manual_seed(0)
    network = Released()
    for module in network.modules():
        if isinstance(module, nn.BatchNorm2d):
            for values in (module.weight, module.running_var):
                nn.init.uniform_(values, 0.5, 2.0)
            for values in (module.bias, module.running_mean):
                nn.init.uniform_(values, -0.5, 0.5)
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            nn.init.kaiming_normal_(module.weight)
    with torch.no_grad():
        # Otherwise all pixels are nearly equal.
        network.model8[6].weight.mul_(8)
        centers = torch.from_numpy(CENTERS.T / 110)[..., None, None]
        network.model_out.weight.copy_(centers)
    return network.eval()


def saved(path, state):
    torch.save(state, path)
    return path


def state_of(network):
    return {k: v.clone() for k, v in network.state_dict().items()}


def test_outputs(network, tmp_path):
    path = saved(tmp_path / "cic.pth", network.state_dict())
    model = convert_checkpoint(path, tmp_path / "preset")
    assert type(model) is ColorizerCIC and model.width == 1 / 32
    # The released program multiplies logits with 2.606.
    assert 1 / model.annealing == pytest.approx(2.606, abs=1e-3)
    luminance = np.random.default_rng(0).uniform(0, 100, (1, 32, 24, 1))
    luminance = luminance.astype("float32")
    with torch.no_grad():
        logits, ab = (
            x.numpy().transpose(0, 2, 3, 1)
            for x in network(torch.from_numpy(luminance.transpose(0, 3, 1, 2)))
        )
    assert ab.shape == (1, 8, 6, 2)
    for values in (logits, ab):
        assert np.std(values, axis=(1, 2)).mean() > 0.5
    again = ColorizerCIC.from_preset(tmp_path / "preset")
    for found in (model, again):
        context = found.encode((luminance - 50) / 50)
        np.testing.assert_allclose(
            ops.convert_to_numpy(context) / found.annealing,
            logits,
            rtol=1e-4,
            atol=1e-4,
        )
        chroma = found.head.read(context, "annealed_mean", None, 1.0)
        chroma = found.color_space.denormalize(chroma)
        np.testing.assert_allclose(
            ops.convert_to_numpy(chroma), ab, rtol=1e-4, atol=2e-3
        )


def caffe_blobs(state):
    """The same network as the Caffe program has it, by layer and index."""
    blobs = {"class8_ab/0": np.zeros((2, 313, 1, 1))}
    for name, count in zip("1234567", (2, 2, 3, 3, 3, 3, 3)):
        for i in range(count):
            layer = f"conv{name}_{i + 1}"
            blob = "bw_conv1_1" if layer == "conv1_1" else layer
            scale = 0.01 if layer == "conv1_1" else 1.0
            module = f"model{name}.{2 * i}"
            blobs[f"{blob}/0"] = scale * state[f"{module}.weight"].numpy()
            blobs[f"{blob}/1"] = state[f"{module}.bias"].numpy()
        module = f"model{name}.{2 * count}"
        # Sums over 4 batches.
        blobs[f"{layer}norm/0"] = 4 * state[f"{module}.running_mean"].numpy()
        blobs[f"{layer}norm/1"] = 4 * state[f"{module}.running_var"].numpy()
        blobs[f"{layer}norm/2"] = np.array([4.0])
    for i, layer in enumerate(("conv8_1", "conv8_2", "conv8_3", "conv8_313")):
        scale = 1 / 2.6057668 if layer == "conv8_313" else 1.0
        for k, part in enumerate(("weight", "bias")):
            blobs[f"{layer}/{k}"] = (
                scale * state[f"model8.{2 * i}.{part}"].numpy()
            )
    return blobs


def caffemodel(blobs, shape=None):
    """Encodes a NetParameter by the rules of Protocol Buffers."""

    def varint(value):
        data = b""
        while value > 127:
            data += bytes([value & 127 | 128])
            value >>= 7
        return data + bytes([value])

    def field(number, data):
        return varint(8 * number + 2) + varint(len(data)) + data

    layers = {}
    for name, array in blobs.items():
        dims = b"".join(map(varint, shape or array.shape))
        values = field(5, array.astype("<f4").tobytes())
        blob = field(7, field(7, field(1, dims)) + values)
        layer = name.partition("/")[0]
        layers[layer] = layers.get(layer, field(1, layer.encode())) + blob
    # The name of the network, which is not read, then the layers.
    return field(1, b"net") + b"".join(field(100, x) for x in layers.values())


def test_caffe_model(network, tmp_path):
    """Caffe's norms have no scale and no offset."""
    state = state_of(network)
    for name, values in state.items():
        if name.replace("weight", "running_mean") in state:
            values.fill_(1.0)
        if name.replace("bias", "running_mean") in state and "bias" in name:
            values.zero_()
    expected = convert_checkpoint(saved(tmp_path / "cic.pth", state))
    path = tmp_path / "cic.caffemodel"
    path.write_bytes(caffemodel(caffe_blobs(state)))
    found = convert_checkpoint(path)
    assert found.annealing == expected.annealing
    for ours, theirs in zip(found.weights, expected.weights, strict=True):
        np.testing.assert_allclose(
            ops.convert_to_numpy(ours),
            ops.convert_to_numpy(theirs),
            rtol=1e-5,
            atol=1e-6,
            err_msg=ours.path,
        )


class TestErrors:
    def refused(self, path, state, match):
        with pytest.raises(ValueError, match=match):
            convert_checkpoint(saved(path / "cic.pth", state))

    @pytest.mark.parametrize("name", ["model3.2.bias", "model8.4.weight"])
    def test_missing_weight(self, network, tmp_path, name):
        state = state_of(network)
        del state[name]
        self.refused(tmp_path, state, f"Missing: {name}. Unknown: none")

    def test_unknown_weight(self, network, tmp_path):
        state = state_of(network) | {"model10.0.bias": torch.zeros(2)}
        self.refused(tmp_path, state, "Unknown: model10.0.bias")

    def test_another_shape(self, network, tmp_path):
        state = state_of(network)
        state["model8.2.weight"] = torch.zeros(8, 9, 3, 3)
        self.refused(tmp_path, state, "another network.*conv8_2")

    def test_not_finite(self, network, tmp_path):
        state = state_of(network)
        state["model5.0.bias"][1] = torch.nan
        self.refused(tmp_path, state, "model5.0.bias .*not finite")

    def test_other_bins(self, network, tmp_path):
        state = state_of(network)
        state["model_out.weight"] = state["model_out.weight"].flip(1)
        self.refused(tmp_path, state, "model_out.weight .*not the centers")

    def test_damaged_caffe_models(self, network, tmp_path):
        path = tmp_path / "cic.caffemodel"
        whole = caffemodel(caffe_blobs(state_of(network)))
        for data, match in (
            (b"", "has no weights"),
            (whole[:-1], "cannot be read"),
            (caffemodel({"conv8_1/0": np.zeros(3)}, (4,)), "3 values"),
            (caffemodel({"conv8_1/0": np.zeros(3)}), "Missing: conv7_3norm/0"),
        ):
            path.write_bytes(data)
            with pytest.raises(ValueError, match=match):
                convert_checkpoint(path)

    def test_no_file(self, tmp_path):
        with pytest.raises(FileNotFoundError):
            convert_checkpoint(tmp_path / "cic.pth")
