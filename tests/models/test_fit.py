import keras
import numpy as np
import pytest
from keras import ops
from PIL import Image

from keras_colorize import ColorizerPIC
from tests.models.small import images
from tests.models.small import small_pic


class Batches(keras.utils.PyDataset):
    def __init__(self, rgb):
        super().__init__()
        self.rgb = rgb

    def __len__(self):
        return len(self.rgb) // 4

    def __getitem__(self, index):
        return self.rgb[4 * index : 4 * index + 4]


def generator(rgb):
    # Keras wants tuples of generators.
    while True:
        for start in range(0, len(rgb), 4):
            yield (rgb[start : start + 4],)


def tf_data(rgb, labels=False):
    tf = pytest.importorskip("tensorflow")
    data = (rgb, np.arange(len(rgb))) if labels else rgb
    return tf.data.Dataset.from_tensor_slices(data).batch(4)


def data_loader(rgb):
    torch = pytest.importorskip("torch")
    data = torch.utils.data.TensorDataset(torch.from_numpy(rgb))
    return torch.utils.data.DataLoader(data, batch_size=4)


def fitted_weights(x, **kwargs):
    """The weights after a step on each batch of 4 of `images()`."""
    keras.utils.set_random_seed(0)
    # No dropout: on torch a DataLoader moves the generator that it draws from.
    model = small_pic(dropout=0.0)
    # Not Adam, whose steps turn rounding of a zero gradient into its sign.
    model.compile(keras.optimizers.SGD(0.001))
    history = model.fit(x, verbose=0, shuffle=False, **kwargs)
    assert np.isfinite(history.history["bits_per_dim"]).all()
    return model.get_weights()


@pytest.fixture(scope="module")
def expected():
    return fitted_weights(images(), batch_size=4)


class TestDataSources:
    """All sources of the same batches give the same weights."""

    @pytest.mark.parametrize(
        "source",
        [tf_data, lambda rgb: tf_data(rgb, labels=True), Batches, data_loader],
        ids=["tf.data", "tf.data with labels", "PyDataset", "DataLoader"],
    )
    def test_source(self, source, expected):
        found = fitted_weights(source(images()))
        for ours, theirs in zip(found, expected):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)

    def test_generator(self, expected):
        found = fitted_weights(generator(images()), steps_per_epoch=3)
        for ours, theirs in zip(found, expected):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)

    def test_labels_are_ignored(self, expected):
        found = fitted_weights(images(), y=np.arange(12), batch_size=4)
        for ours, theirs in zip(found, expected):
            np.testing.assert_allclose(ours, theirs, atol=1e-4)

    @pytest.mark.parametrize("labels", [None, "inferred"])
    def test_image_dataset_from_directory(self, labels, tmp_path):
        pytest.importorskip("tensorflow")
        for i, rgb in enumerate(images(8)):
            folder = tmp_path / f"class{i % 2}"
            folder.mkdir(exist_ok=True)
            Image.fromarray(rgb).save(folder / f"{i}.png")
        files = keras.utils.image_dataset_from_directory(
            tmp_path, labels=labels, image_size=(8, 8), batch_size=8, verbose=0
        )
        model = small_pic(value_range=(0, 255))
        model.prepare(images())
        model.compile()
        # The same bits as of the uint8 images.
        np.testing.assert_allclose(
            model.evaluate(files, verbose=0),
            model.evaluate(images(8), batch_size=8, verbose=0),
            rtol=1e-5,
        )
        model.fit(files, verbose=0)
        undeclared = small_pic()
        undeclared.compile()
        with pytest.raises(ValueError, match="value_range=\\(0, 255\\)"):
            undeclared.fit(files, verbose=0)

    def test_evaluate_and_predict_and_log_likelihood(self):
        model = small_pic()
        model.prepare(images())
        model.compile()
        for source in (tf_data(images()), Batches(images())):
            np.testing.assert_allclose(
                model.log_likelihood(source),
                model.log_likelihood(images()),
                rtol=1e-5,
            )
            assert model.predict(source, verbose=0).shape == (12, 4, 4, 40)

    def test_uint16(self):
        model = small_pic()
        model.prepare(images())
        model.compile()
        deep = images().astype("uint16") * 257
        expected = model.evaluate(images(), verbose=0)
        for source in (deep, Batches(deep)):
            found = model.evaluate(source, verbose=0)
            np.testing.assert_allclose(found, expected, rtol=1e-4)
        model.fit(deep, verbose=0)

    @pytest.mark.parametrize("method", ["fit", "evaluate"])
    def test_started_iterator_keeps_its_first_batch(self, method):
        model = small_pic(dropout=0.0)
        model.prepare(images())
        model.compile(keras.optimizers.SGD(0.0))
        expected = model.evaluate(images(), verbose=0, return_dict=True)
        batches = iter([(images()[i : i + 4],) for i in (0, 4, 8)])
        found = getattr(model, method)(batches, verbose=0)
        bits = found.history["bits_per_dim"][0] if method == "fit" else found[1]
        assert bits == pytest.approx(expected["bits_per_dim"], rel=1e-5)


class TestBadData:
    @pytest.mark.parametrize(
        "x, error, message",
        [
            (np.zeros((2, 8, 8), "uint8"), ValueError, "shape"),
            (np.zeros((2, 8, 8, 4), "uint8"), ValueError, "shape"),
            (np.zeros((0, 8, 8, 3), "uint8"), ValueError, "no images"),
            (np.zeros((2, 8, 8, 3), "int64"), TypeError, "int64"),
            (np.full((2, 8, 8, 3), -0.5), ValueError, "-0.5"),
            (np.full((2, 8, 8, 3), np.nan), ValueError, "nan"),
            (np.full((2, 8, 8, 3), 1.5), ValueError, "0 to 1, all"),
        ],
    )
    @pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
    def test_is_refused(self, method, x, error, message):
        model = small_pic()
        model.compile()
        with pytest.raises(error, match=message):
            getattr(model, method)(x)
        assert not model.is_prepared

    @pytest.mark.parametrize("method", ["fit", "evaluate", "predict"])
    def test_first_batch_of_a_source_is_checked(self, method):
        model = small_pic()
        model.compile()
        with pytest.raises(ValueError, match="0 to 1, all"):
            getattr(model, method)(Batches(np.full((4, 8, 8, 3), 1.5)))

    @pytest.mark.skipif(
        keras.backend.backend() == "torch", reason="uint16 is int32 there"
    )
    def test_int32_is_not_taken_for_uint16(self):
        with pytest.raises(TypeError, match="int32"):
            small_pic().targets(np.zeros((1, 8, 8, 3), "int32"))


class TestInitialization:
    def test_runs_once_and_says_so(self, capsys):
        model = small_pic()
        model.compile()
        model.fit(images(), batch_size=5, verbose=2)
        said = capsys.readouterr().out
        assert said.count("initialized on its first batch") == 1
        assert "5 images" in said
        model.fit(images(), verbose=2)
        assert "initialized" not in capsys.readouterr().out

    def test_normalizes_what_each_convolution_gives(self):
        """Mean 0 and standard deviation 1 after the first convolution."""
        model = small_pic()
        model.prepare(images(32))
        gray = model.targets(images(32))["gray"]
        gray = ops.concatenate([gray, ops.ones_like(gray)], axis=-1)
        outputs = ops.convert_to_numpy(model.embedding_layers[0](gray))
        np.testing.assert_allclose(outputs.mean((0, 1, 2)), 0, atol=1e-4)
        np.testing.assert_allclose(outputs.std((0, 1, 2)), 1, rtol=1e-3)

    def test_train_on_batch_initializes(self):
        model = small_pic()
        model.compile()
        logs = model.train_on_batch(images(), return_dict=True)
        assert model.is_prepared
        assert {"loss", "bits_per_dim", "embedding_bits_per_dim"} <= set(logs)


class TestCompile:
    def test_default_is_the_papers(self):
        model = small_pic()
        model.compile()
        optimizer = model.optimizer
        config = optimizer.get_config()
        assert config["beta_1"] == 0.95
        assert config["beta_2"] == 0.9995
        assert config["epsilon"] == 1e-6
        assert config["use_ema"] and config["ema_momentum"] == 0.999
        model.train_on_batch(images())
        model.train_on_batch(images())
        rate = float(ops.convert_to_numpy(optimizer.learning_rate))
        assert rate == pytest.approx(1e-3 * 0.99995**2, rel=1e-6)

    def test_default_leaves_xla_out_on_tensorflow_cpus(self):
        if keras.backend.backend() != "tensorflow":
            pytest.skip("about tensorflow")
        import tensorflow as tf

        model = small_pic()
        model.compile()
        assert model.jit_compile == bool(tf.config.list_physical_devices("GPU"))
        model.compile(jit_compile=True)
        assert model.jit_compile

    def test_decay_is_the_networks(self):
        model = small_pic(learning_rate_decay=0.99999)
        model.compile()
        schedule = model.optimizer.get_config()["learning_rate"]["config"]
        assert schedule["decay_rate"] == 0.99999

    def test_decay_of_each_preset(self):
        """Sections 4.1 and 4.2 of the paper. 0.99995 is the default."""
        for name, preset in ColorizerPIC.presets.items():
            decay = preset["config"].get("learning_rate_decay")
            assert decay == (0.99999 if "imagenet128" in name else None)

    def test_saves_what_was_asked_of_xla(self):
        model = small_pic()
        for asked in ("auto", True, False):
            model.compile(jit_compile=asked)
            assert model.get_compile_config()["jit_compile"] == asked

    def test_arguments_of_evaluate_are_in_the_order_of_keras(self):
        model = small_pic()
        model.prepare(images())
        model.compile()
        np.testing.assert_allclose(
            model.evaluate(images(), None, 5, 0),
            model.evaluate(images(), batch_size=12, verbose=0),
            rtol=1e-5,
        )

    def test_loss_is_the_sum_of_both_bits(self):
        model = small_pic(embedding_loss_weight=0.5)
        model.prepare(images())
        model.compile()
        logs = model.evaluate(images(), verbose=0, return_dict=True)
        assert logs["loss"] == pytest.approx(
            logs["bits_per_dim"] + 0.5 * logs["embedding_bits_per_dim"],
            rel=1e-5,
        )

    def test_sample_weight(self):
        model = small_pic(embedding_loss_weight=0)
        model.prepare(images())
        model.compile()
        weights = np.r_[np.ones(4), np.zeros(8)]
        logs = model.evaluate(
            images(), sample_weight=weights, verbose=0, return_dict=True
        )
        # Keras divides the loss by the images, a metric by the weights.
        bits = -model.log_likelihood(images()) / 32
        assert logs["bits_per_dim"] == pytest.approx(bits[:4].mean(), rel=1e-5)
        assert logs["loss"] == pytest.approx(bits[:4].sum() / 12, rel=1e-5)

    def test_weights_of_validation_images(self):
        model = small_pic(embedding_loss_weight=0)
        model.prepare(images())
        model.compile(keras.optimizers.SGD(0.0))
        weights = np.r_[np.ones(4), np.zeros(8)].astype("float32")
        history = model.fit(
            images(), validation_data=(images(), None, weights), verbose=0
        ).history
        bits = -model.log_likelihood(images()) / 32
        assert history["val_bits_per_dim"][0] == pytest.approx(
            bits[:4].mean(), rel=1e-5
        )

    def test_own_optimizer_loss_and_metrics(self):
        def own_loss(y_true, y_pred):
            assert y_true.shape[1:] == (4, 4, 3)
            assert y_pred.shape[1:] == (4, 4, 40)
            return ops.mean(ops.square(y_pred), axis=(1, 2, 3))

        def largest(y_true, y_pred):
            return ops.max(y_true, axis=(1, 2, 3))

        model = small_pic()
        model.prepare(images())
        model.compile("sgd", loss=own_loss, metrics=[largest])
        assert isinstance(model.optimizer, keras.optimizers.SGD)
        logs = model.evaluate(images(), verbose=0, return_dict=True)
        parameters = model.predict(images(), verbose=0)
        targets = model.targets(images())
        target = np.concatenate(
            [ops.convert_to_numpy(targets[k]) for k in ("luminance", "chroma")],
            axis=-1,
        )
        # In place of the model's bits; the embedding's loss stays.
        assert logs["loss"] == pytest.approx(
            (parameters**2).mean() + logs["embedding_bits_per_dim"], rel=1e-4
        )
        assert logs["largest"] == pytest.approx(
            target.max((1, 2, 3)).mean(), rel=1e-4
        )
        model.fit(images(), verbose=0)

    @pytest.mark.parametrize(
        "policy", ["bfloat16", "mixed_bfloat16", "mixed_float16"]
    )
    def test_low_precision(self, policy):
        model = small_pic(dtype=policy)
        model.compile()
        model.fit(images(), verbose=0)
        exact = small_pic()
        exact.set_weights(model.get_weights())
        assert model.log_likelihood(images()).dtype == "float32"
        np.testing.assert_allclose(
            model.log_likelihood(images()),
            exact.log_likelihood(images()),
            rtol=0.05,
        )

    @pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16"])
    def test_mixed_precision_leaves_the_autoregressive_network_exact(
        self, policy
    ):
        exact, mixed = small_pic(), small_pic(dtype=policy)
        exact.prepare(images())
        mixed.set_weights(exact.get_weights())
        targets = exact.targets(images())
        embedding = mixed.embedding_network(targets["gray"])
        assert keras.backend.standardize_dtype(embedding.dtype) == policy[6:]
        inputs = [embedding, targets["luminance"], targets["chroma"]]
        found, expected = (
            ops.convert_to_numpy(m.autoregressive_network(inputs))
            for m in (mixed, exact)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


class TestTraining:
    def test_learns(self):
        """Images of one color: far fewer bits than the 8 of a uniform one."""
        keras.utils.set_random_seed(0)
        rgb = np.zeros((32, 8, 8, 3), "uint8") + np.uint8([200, 120, 40])
        model = small_pic(dropout=0.0)
        model.compile(keras.optimizers.Adam(0.01))
        history = model.fit(rgb, epochs=40, batch_size=16, verbose=0).history
        assert history["bits_per_dim"][-1] < 5 < 8 < history["bits_per_dim"][0]

    def test_weights_are_the_averages_after_fit(self):
        model = small_pic()
        model.compile()
        model.fit(images(), batch_size=4, verbose=0)
        averages = model.optimizer._model_variables_moving_average
        for weight, average in zip(model.trainable_variables, averages):
            np.testing.assert_array_equal(
                ops.convert_to_numpy(weight), ops.convert_to_numpy(average)
            )
        # On jax they must not share buffers, which `evaluate` gives away.
        model.evaluate(images(), verbose=0)
        model.fit(images(), batch_size=4, verbose=0)

    def test_callbacks(self, tmp_path):
        model = small_pic()
        model.compile()
        model.fit(
            images(),
            validation_data=images(4, seed=1),
            epochs=2,
            verbose=0,
            callbacks=[
                keras.callbacks.ModelCheckpoint(
                    tmp_path / "best.keras",
                    monitor="val_bits_per_dim",
                    mode="min",
                    save_best_only=True,
                ),
                keras.callbacks.EarlyStopping("val_bits_per_dim", mode="min"),
                keras.callbacks.SwapEMAWeights(),
                keras.callbacks.CSVLogger(tmp_path / "log.csv"),
            ],
        )
        best = keras.saving.load_model(tmp_path / "best.keras")
        assert best.is_prepared
        assert "val_bits_per_dim" in (tmp_path / "log.csv").read_text()

    def test_backup_and_restore(self, tmp_path):
        class Interrupt(keras.callbacks.Callback):
            def on_epoch_end(self, epoch, logs=None):
                raise KeyboardInterrupt

        def run(model, *callbacks):
            backup = keras.callbacks.BackupAndRestore(tmp_path / "backup")
            model.compile()
            return model.fit(
                images(),
                epochs=3,
                batch_size=4,
                verbose=0,
                callbacks=[backup, *callbacks],
            )

        with pytest.raises(KeyboardInterrupt):
            run(small_pic(), Interrupt())
        model = small_pic()
        history = run(model)
        assert history.epoch == [1, 2]
        assert int(model.optimizer.iterations) == 9
