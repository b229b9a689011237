import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

import keras
import numpy as np
import pytest
from PIL import Image

from keras_colorize.callbacks import BackupAndRestore
from tests.models.small import images
from tests.models.small import small_pic

ROOT = pathlib.Path(__file__).parents[1]


class Interrupt(keras.callbacks.Callback):
    """Stops a run after an epoch that was backed up."""

    def __init__(self, epoch):
        super().__init__()
        self.last = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.last:
            raise KeyboardInterrupt


class TestBackupAndRestore:
    @pytest.fixture
    def run(self, tmp_path):
        def run(*callbacks, epochs=5, **options):
            options = {"delete_checkpoint": False, **options}
            backup = BackupAndRestore(tmp_path / "backup", **options)
            keras.utils.set_random_seed(0)
            model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
            model.compile("adam", "mse")
            x = np.random.default_rng(0).normal(size=(12, 2))
            history = model.fit(
                x,
                x[:, ::-1].copy(),
                epochs=epochs,
                batch_size=4,
                shuffle=False,
                verbose=0,
                callbacks=[backup, *callbacks],
            )
            return history.epoch, model, backup

        return run

    def test_goes_on(self, run, tmp_path):
        """As if it had not been stopped, optimizer included."""
        with pytest.raises(KeyboardInterrupt):
            run(Interrupt(2))
        assert BackupAndRestore(tmp_path / "backup").epoch == 3
        epochs, model, _ = run()
        assert epochs == [3, 4]
        shutil.rmtree(tmp_path / "backup")
        _, other, _ = run()
        for ours, theirs in zip(model.get_weights(), other.get_weights()):
            np.testing.assert_allclose(ours, theirs, rtol=1e-6)
        iterations = [int(m.optimizer.iterations) for m in (model, other)]
        assert iterations == [15, 15]

    def test_two_generations(self, run, tmp_path):
        run()
        names = sorted(path.name for path in (tmp_path / "backup").iterdir())
        assert names == ["000004", "000005"]

    @pytest.mark.parametrize(
        "damage",
        [
            lambda path: (path / "training_metadata.json").write_text(""),
            lambda path: (path / "training_metadata.json").unlink(),
            lambda path: (path / "latest.weights.h5").unlink(),
            lambda path: os.truncate(path / "latest.weights.h5", 3000),
            lambda path: (path / "sha256").write_text(""),
            lambda path: (path / "sha256").unlink(),
        ],
    )
    def test_newest_is_damaged(self, damage, run, tmp_path):
        with pytest.raises(KeyboardInterrupt):
            run(Interrupt(2))
        damage(tmp_path / "backup" / "000003")
        epochs, _, backup = run()
        assert epochs == [2, 3, 4]
        assert backup.epoch == 5

    @pytest.mark.parametrize("after", ["weights", "metadata", "hash"])
    def test_killed_while_a_backup_is_written(self, after, run, monkeypatch):
        """The new backup has no name yet, so it does not count."""
        names = {
            "weights": (keras.Model, "save_weights"),
            "metadata": (keras.callbacks.BackupAndRestore, "on_epoch_end"),
            "hash": (pathlib.Path, "write_text"),
        }
        with pytest.raises(KeyboardInterrupt):
            run(Interrupt(1))
        owner, name = names[after]
        method = getattr(owner, name)

        def stop(*args, **kwargs):
            method(*args, **kwargs)
            raise KeyboardInterrupt

        with monkeypatch.context() as patch:
            patch.setattr(owner, name, stop)
            with pytest.raises(KeyboardInterrupt):
                run()
        epochs, _, backup = run()
        assert epochs == [2, 3, 4]
        assert not (backup.backup_dir / "new").exists()

    def test_every_batch(self, run, tmp_path):
        class Stop(keras.callbacks.Callback):
            def on_train_batch_end(self, batch, logs=None):
                if int(self.model.optimizer.iterations) == 8:
                    raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(Stop(), save_freq=1)
        epochs, model, _ = run()
        assert epochs == [2, 3, 4]
        # 8 steps, 2 of them of the epoch that begins again.
        assert int(model.optimizer.iterations) == 17

    def test_deletes(self, run, tmp_path):
        run(delete_checkpoint=True)
        assert not (tmp_path / "backup").exists()

    def test_backup_of_keras(self, run, tmp_path):
        """A run that began with the callback of Keras goes on."""
        model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(2)])
        model.compile("adam", "mse")
        keras_backup = keras.callbacks.BackupAndRestore(
            str(tmp_path / "backup"), delete_checkpoint=False
        )
        x = np.zeros((4, 2))
        model.fit(x, x, epochs=3, verbose=0, callbacks=[keras_backup])
        epochs, _, backup = run()
        assert epochs == [3, 4]
        assert backup.epoch == 5

    def test_colorizer(self, tmp_path):
        def run(*callbacks):
            model = small_pic()
            model.compile()
            backup = BackupAndRestore(tmp_path / "backup")
            history = model.fit(
                images(),
                epochs=3,
                batch_size=4,
                verbose=0,
                callbacks=[backup, *callbacks],
            )
            return model, history

        with pytest.raises(KeyboardInterrupt):
            run(Interrupt(0))
        model, history = run()
        assert history.epoch == [1, 2]
        assert int(model.optimizer.iterations) == 9


# The curve, the sheets and the backups are those of examples/train_pic.py.
# The network is no colorizer, so that it trains an epoch in a moment. Each line
# of the input starts a run in a process of its own: imports take seconds.
RUNS = """
import os
import pathlib
import sys
import traceback

sys.path.insert(0, "examples")
import keras
import numpy as np
from curve import keep_rows
from train_pic import Clock
from train_pic import Pictures

from keras_colorize.callbacks import BackupAndRestore

folder = pathlib.Path(sys.argv[1])


class Model(keras.Sequential):
    def generate(self, images, num_samples, **options):
        return np.repeat(images[:, None], num_samples, 1)


class Progress(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        print(epoch, flush=True)


def train(epochs):
    model = Model([keras.Input((700,)), keras.layers.Dense(700)])
    model.compile(
        keras.optimizers.Adam(use_ema=True),
        "mse",
        metrics=[keras.metrics.MeanSquaredError(name="bits_per_dim")],
        run_eagerly=True,
    )
    averages = keras.callbacks.SwapEMAWeights()
    pictures = np.zeros((2, 64, 64, 3), "uint8")
    backup = BackupAndRestore(folder / "backup", delete_checkpoint=False)
    keep_rows(folder / "curve.csv", backup.epoch)
    x = np.zeros((4, 700), "float32")
    model.fit(
        x,
        x,
        validation_data=(x, x),
        epochs=epochs,
        verbose=0,
        callbacks=[
            Progress(),
            Clock(0.0, None, 0.001),
            keras.callbacks.CSVLogger(folder / "curve.csv", append=True),
            averages,
            Pictures(folder, pictures, averages),
            backup,
        ],
    )


for line in sys.stdin:
    pid = os.fork()
    if pid == 0:
        print("pid", os.getpid(), flush=True)
        try:
            train(int(line))
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        os._exit(0)
    print("ended", os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)
"""


@pytest.mark.slow
def test_kills_lose_an_epoch_at_most(tmp_path):
    """kill -9 at 20 random times of a run."""
    rng = random.Random(0)
    begun, again = [], []

    def start(epochs):
        runs.stdin.write(f"{epochs}\n")
        runs.stdin.flush()
        word, pid = runs.stdout.readline().split()
        assert word == "pid"
        return int(pid)

    def end():
        """The epochs that began, and the exit code."""
        epochs = []
        while True:
            *ended, number = runs.stdout.readline().split()
            if ended:
                return epochs, int(number)
            epochs.append(int(number))

    with subprocess.Popen(
        [sys.executable, "-c", RUNS, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as runs:
        for _ in range(20):
            pid = start(100_000)
            first = int(runs.stdout.readline())
            if begun:
                # The epoch that was killed, or the next one if the kill came
                # after its backup.
                assert first in (begun[-1], begun[-1] + 1)
                again.append(first == begun[-1])
            time.sleep(rng.uniform(0, 5))
            os.kill(pid, signal.SIGKILL)
            epochs, code = end()
            assert code == -signal.SIGKILL
            begun.append([first, *epochs][-1])
        last = begun[-1] + 2
        start(last)
        assert end()[1] == 0
        runs.stdin.close()
    lines = (tmp_path / "curve.csv").read_text().splitlines()
    assert [line.split(",")[0] for line in lines[1:]] == [
        str(epoch) for epoch in range(last)
    ]
    for epoch in range(last):
        with Image.open(tmp_path / f"samples_{epoch + 1:03}.png") as sheet:
            sheet.load()
    names = sorted(path.name for path in (tmp_path / "backup").iterdir())
    assert len(names) == 2
    newest = tmp_path / "backup" / names[-1] / "training_metadata.json"
    assert json.loads(newest.read_text())["epoch"] == last
    print(f"{last} epochs, {sum(again)} of 19 begun again")
    assert last > 5
