"""Presets made to do harm."""

import json
import os
import re
import resource
import struct
import time
import warnings

import numpy as np
import pytest
import safetensors.numpy

from keras_colorize import Colorizer
from keras_colorize import ColorizerPIC
from tests.models.small import CONFIG


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """The files of a good preset, and of one with shards."""
    from tests.models.small import small_pic

    folder = tmp_path_factory.mktemp("good")
    model = small_pic()
    model.save_to_preset(folder / "single")
    model.save_to_preset(folder / "sharded", max_shard_size="20KB")
    return {
        path.name: {file.name: file.read_bytes() for file in path.iterdir()}
        for path in folder.iterdir()
    }


@pytest.fixture
def make(files, tmp_path):
    """Writes a preset, some of its files changed; returns its directory."""

    def write(kind="single", **changes):
        directory = tmp_path / "preset"
        directory.mkdir()
        for name, data in files[kind].items():
            (directory / name).write_bytes(data)
        for name, data in changes.items():
            if not isinstance(data, bytes):
                data = json.dumps(data).encode()
            name = {"config": "config.json", "index": INDEX}.get(name, name)
            (directory / name).write_bytes(data)
        return directory

    return write


INDEX = "model.safetensors.index.json"


def config(**arguments):
    return {"class_name": "ColorizerPIC", "config": {**CONFIG, **arguments}}


def refused(directory, words, **kwargs):
    with pytest.raises((ValueError, FileNotFoundError), match=words):
        Colorizer.from_preset(directory, **kwargs)


class TestConfig:
    @pytest.mark.parametrize(
        "class_name",
        ["ColorizerXYZ", "WeightNormConv2D", "os.system", "Lambda", "../x", ""],
    )
    def test_class(self, class_name, make):
        refused(
            make(config={**config(), "class_name": class_name}),
            "does not have",
        )

    @pytest.mark.parametrize(
        "code",
        [
            {"class_name": "__lambda__", "config": {"value": "4wEA"}},
            {"module": "os", "class_name": "system", "config": {}},
            {
                "module": "builtins",
                "class_name": "function",
                "config": "eval",
                "registered_name": "function",
            },
        ],
    )
    @pytest.mark.parametrize(
        "name",
        ["dtype", "name", "trainable", "kwargs", "filters", "input_space"],
    )
    def test_code(self, name, code, make, monkeypatch):
        """What Keras would make objects of, this never does."""

        def fail(*_, **__):
            raise AssertionError("Something was deserialized.")

        monkeypatch.setattr("keras.saving.deserialize_keras_object", fail)
        refused(make(config=config(**{name: code})), name)

    @pytest.mark.parametrize(
        "value",
        [
            10**9,
            -(10**6),
            1e999,
            [1] * 1001,
            "x" * 10_001,
            {"a": [1, {"b": 1e999}]},
            {str(i): i for i in range(600)},
            json.loads("[" * 11 + "]" * 11),
        ],
    )
    @pytest.mark.parametrize("name", ["filters", "embedding_filters"])
    def test_no_plain_data(self, name, value, make):
        text = json.dumps(config(**{name: value})).replace("Infinity", "1e999")
        refused(make(config=text.encode()), f"has {name}=.*Expected plain data")

    @pytest.mark.parametrize(
        "name, value",
        [
            ("filters", "8"),
            ("filters", 8.5),
            ("filters", -8),
            ("filters", None),
            ("filters", {"encoder": {"filters": [8, 8]}}),
            ("embedding_filters", 8),
            ("embedding_filters", [8, "40"]),
            ("embedding_filters", [8] * 17),
            ("embedding_strides", [0, 0]),
            ("embedding_blocks", [1]),
            ("dropout", "0.5"),
            ("dropout", 2),
            ("input_space", "cmyk"),
            ("chroma_method", ["area"]),
        ],
    )
    def test_value_that_the_class_refuses(self, name, value, make):
        """By an error of any type."""
        refused(make(config=config(**{name: value})), "makes no model: .")

    def test_unknown_argument(self, make):
        refused(make(config=config(color=1)), "'color'.*filters")

    def test_missing_argument(self, make):
        content = config()
        del content["config"]["embedding_strides"]
        refused(make(config=content), "no argument 'embedding_strides'")

    @pytest.mark.parametrize(
        "text, words",
        [
            (b'{"class_name": NaN}', "no preset's config"),
            (b"\xff\xfe", "damaged or not JSON"),
            (b"[" * 100_000, "config.json"),
            (b'{"a": ' + b"1" * 5000 + b"}", "config.json"),
            (b"[]", "Expected an object"),
            (b'{"class_name": "ColorizerPIC", "config": []}', "config"),
            (b" " * 10_000_001, "too large"),
            (b"", "config.json"),
        ],
    )
    def test_text(self, text, words, make):
        refused(make(config=text), words)

    @pytest.mark.parametrize("load_weights", [True, False])
    @pytest.mark.parametrize(
        "bomb",
        [
            {"filters": 65_536},
            {"embedding_filters": [65_536, 65_536], "kernel_size": 63},
            {"kernel_size": 63, "filters": 65_536, "num_blocks": 64},
            {"kernel_size": 65_536},
            {"num_blocks": 65_536},
            {
                "embedding_filters": [32] * 15 + [40],
                "embedding_strides": [1] * 16,
                "embedding_blocks": [32] * 16,
                "embedding_dilations": [1] * 16,
            },
        ],
    )
    def test_bomb(self, bomb, load_weights, make):
        """Up to 10^15 parameters, or 65,536 layers."""
        directory = make(config=config(**bomb))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        start = time.process_time()
        refused(directory, "asks for .* or more", load_weights=load_weights)
        # Seconds on any machine; without a limit these would take hours.
        assert time.process_time() - start < 60
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 300_000  # kilobytes

    def test_large_kernel_without_its_weights(self, make):
        directory = make(config=config(kernel_size=63))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        refused(directory, "parameters or more. Expected weights of 43 tensors")
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
        assert grown < 100_000


def safetensors_file(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    length = len(text) if length is None else length
    return struct.pack("<Q", length) + text + data


def entry(dtype="F32", shape=(2,), offsets=(0, 8)):
    return {"dtype": dtype, "shape": shape, "data_offsets": offsets}


class TestHeader:
    """What safetensors itself refuses, and how we say it."""

    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"\0\0\0",
            safetensors_file(b"", length=0),
            safetensors_file({}, length=2**63),
            safetensors_file({}, length=2**40),
            safetensors_file({}, length=100),
            safetensors_file(b'{"a": '),
            safetensors_file(b'{"a":' + b"[" * 100_000),
            safetensors_file({"a": 1}),
            safetensors_file({"a": entry("F33")}, bytes(8)),
            safetensors_file({"a": entry(shape=[-2])}, bytes(8)),
            safetensors_file({"a": entry(shape=[2.0])}, bytes(8)),
            safetensors_file({"a": entry(offsets=[8, 0])}, bytes(8)),
            safetensors_file({"a": entry(offsets=[0])}, bytes(8)),
            # Other bytes than the shape needs.
            safetensors_file({"a": entry(shape=[10**6, 10**6])}, bytes(8)),
            # Overflow.
            safetensors_file({"a": entry(shape=[2**62, 4], offsets=[0, 0])}),
            safetensors_file({"a": entry(shape=[2**32] * 2, offsets=[0, 0])}),
            # Beyond the file, short of it, overlapping, with a gap.
            safetensors_file(
                {"a": entry(shape=[10**12], offsets=[0, 4 * 10**12])}, bytes(8)
            ),
            safetensors_file({"a": entry()}, bytes(7)),
            safetensors_file({"a": entry()}, bytes(9)),
            safetensors_file({"a": entry(), "b": entry()}, bytes(8)),
            safetensors_file({"a": entry(offsets=[8, 16])}, bytes(16)),
            # Of two entries of one name, one is left, and so a gap.
            safetensors_file(
                b'{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]},'
                b'"a":{"dtype":"F32","shape":[2],"data_offsets":[8,16]}}',
                bytes(16),
            ),
        ],
    )
    def test_refused(self, content, make):
        directory = make(**{"model.safetensors": content})
        refused(directory, "model.safetensors is damaged or no safetensors")

    def test_strange_text(self, make):
        """It reaches no terminal."""
        bad = safetensors_file({"a": entry("\x1b[2J" + "y" * 10**6)}, bytes(8))
        with pytest.raises(ValueError, match="damaged") as caught:
            Colorizer.from_preset(make(**{"model.safetensors": bad}))
        assert "\x1b" not in str(caught.value)
        assert len(str(caught.value)) < 500

    def test_pickle_and_hdf5_are_not_read(self, make):
        for name in ("model.weights.h5", "pytorch_model.bin"):
            directory = make()
            (directory / "model.safetensors").rename(directory / name)
            refused(directory, "no model.safetensors")
            for path in directory.iterdir():
                path.unlink()
            directory.rmdir()


class TestIndex:
    @pytest.fixture
    def index(self, files):
        return json.loads(files["sharded"][INDEX])

    @pytest.mark.parametrize(
        "shard",
        [
            "../secret.safetensors",
            "/etc/passwd",
            "a/model-00001-of-00002.safetensors",
            "model-00001-of-00002.safetensors/../x",
            "..\\model-00001-of-00002.safetensors",
            "model-00001-of-00002.safetensors\n",
            "model-٠٠٠٠١-of-00002.safetensors",
            "config.json",
            "",
            None,
            ["model-00001-of-00002.safetensors"],
        ],
    )
    def test_path(self, shard, index, make):
        name = next(iter(index["weight_map"]))
        index["weight_map"][name] = shard
        refused(make("sharded", index=index), "beside the index")

    @pytest.mark.parametrize("weight_map", [None, {}, [], "x"])
    def test_no_map(self, weight_map, make):
        index = {"weight_map": weight_map}
        refused(make("sharded", index=index), "is no index")

    def test_weight_in_another_file(self, index, make):
        names = list(index["weight_map"])
        index["weight_map"][names[0]] = index["weight_map"][names[-1]]
        refused(make("sharded", index=index), "1 (missing|left over)")

    def test_weight_left_out(self, index, make):
        del index["weight_map"]["head/conv/g"]
        refused(make("sharded", index=index), r"(missing|left over) \(head/c")

    def test_absent_shard(self, index, make):
        name = index["weight_map"]["head/conv/g"]
        directory = make("sharded")
        (directory / name).unlink()
        refused(directory, f"no {name}")


class TestFiles:
    def test_links_are_followed(self, make, tmp_path):
        """As those of the Hub's cache; what is behind is only ever data."""
        directory = make()
        path = directory / "model.safetensors"
        path.rename(tmp_path / "blob")
        path.symlink_to(tmp_path / "blob")
        Colorizer.from_preset(directory)
        path.unlink()
        path.symlink_to("/etc/passwd")
        refused(directory, "no safetensors file")

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_no_regular_file(self, name, make):
        """Opening a pipe would wait for ever."""
        directory = make()
        (directory / name).unlink()
        os.mkfifo(directory / name)
        refused(directory, f"no {name}")

    def test_link_in_a_circle(self, make):
        directory = make()
        (directory / "config.json").unlink()
        (directory / "config.json").symlink_to("config.json")
        refused(directory, "no config.json")


class TestWeights:
    @pytest.fixture
    def change(self, make):
        def write(function):
            directory = make()
            path = directory / "model.safetensors"
            arrays = safetensors.numpy.load_file(path)
            function(arrays)
            safetensors.numpy.save_file(arrays, path)
            return directory

        return write

    @pytest.mark.parametrize("value", [np.nan, np.inf])
    def test_not_finite(self, value, change):
        def spoil(arrays):
            arrays["head/conv/g"][3] = value

        directory = change(spoil)
        with pytest.warns(UserWarning, match=r"not finite \(head/conv/g") as w:
            model = Colorizer.from_preset(directory)
        assert [warning.filename for warning in w] == [__file__]
        np.testing.assert_equal(np.asarray(model.head.conv.g)[3], value)

    @pytest.mark.parametrize(
        "value, stored, dtype",
        [(1e300, "float64", "float32"), (1e10, "float32", "float16")],
    )
    def test_too_large_for_the_dtype(self, value, stored, dtype, change):
        def spoil(arrays):
            arrays["head/conv/g"] = np.full(40, value, stored)

        directory = change(spoil)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            Colorizer.from_preset(directory, dtype=dtype)
        (found,) = caught
        assert re.search(
            f"too large .*head/conv/g for {dtype}", str(found.message)
        )
        assert found.filename == __file__

    def test_of_another_model(self, make, tmp_path):
        ColorizerPIC(**{**CONFIG, "gated": False}).save_to_preset(
            tmp_path / "other"
        )
        other = (tmp_path / "other" / "model.safetensors").read_bytes()
        refused(make(**{"model.safetensors": other}), "has shape")

    @pytest.mark.parametrize("dtype", ["int32", "bool", "uint8", "int64"])
    def test_dtype(self, dtype, change):
        def spoil(arrays):
            arrays["head/conv/g"] = np.ones(40, dtype)

        refused(change(spoil), "dtype .*Expected one of F16")

    @pytest.mark.parametrize("dtype", ["float32", "int64", "int8"])
    def test_dtype_of_an_integer(self, dtype, change):
        def spoil(arrays):
            arrays["initialized"] = np.ones((), dtype)

        refused(change(spoil), "initialized .*Expected one of I32")

    def test_names_in_an_index(self, make):
        index = {"weight_map": {"\x1b[2J" + "x" * 10**6: "\x1b[2J"}}
        directory = make("sharded", index=index)
        with pytest.raises(ValueError, match="beside the index") as caught:
            Colorizer.from_preset(directory)
        assert "\x1b" not in str(caught.value)
        assert len(str(caught.value)) < 500

    def test_names_that_are_no_names(self, change):
        def spoil(arrays):
            arrays["\x1b[2J" + "x" * 1000] = np.ones(1)

        with pytest.raises(ValueError, match="1 left over") as caught:
            Colorizer.from_preset(change(spoil))
        assert "\x1b" not in str(caught.value)
        assert len(str(caught.value)) < 500
