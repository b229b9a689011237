"""Keras callbacks."""

import hashlib
import json
import os
import pathlib
import shutil

import keras

_WEIGHTS = "latest.weights.h5"
_METADATA = "training_metadata.json"
_HASH = "sha256"


class BackupAndRestore(keras.callbacks.Callback):
    """Backs up training, so that a run that was killed at any time goes on.

    `keras.callbacks.BackupAndRestore` writes each backup over the last one: a
    run that is killed meanwhile can lose both. This callback writes the backup
    of Keras to a new folder, gives the folder its name once the backup is
    whole, and keeps the last two backups. `fit` goes on from the newest backup
    that is whole.

    Place this callback last. Then what other callbacks write of an epoch is
    there before the epoch counts as done.

    Args:
        backup_dir: str or path. The folder of the backups, of one run alone.
        save_freq: `"epoch"`, or an int: how many batches lie between two
            backups. `fit` always goes on with a whole epoch.
        delete_checkpoint: bool. Whether to remove the folder when training
            ends.

    Example:

    ```python
    backup = keras_colorize.callbacks.BackupAndRestore("runs/mine/backup")
    model.fit(images, epochs=20, callbacks=[backup])
    ```
    """

    def __init__(self, backup_dir, save_freq="epoch", delete_checkpoint=True):
        super().__init__()
        self.backup_dir = pathlib.Path(backup_dir)
        self.save_freq = save_freq
        self.delete_checkpoint = delete_checkpoint
        self._new = self.backup_dir / "new"
        self._writer = keras.callbacks.BackupAndRestore(
            str(self._new), save_freq, delete_checkpoint=False
        )

    @property
    def epoch(self):
        """The epoch from which `fit` goes on: 0 if there is no backup."""
        backup = self._newest()
        if backup is None:
            return 0
        return json.loads((backup / _METADATA).read_text())["epoch"]

    def set_model(self, model):
        super().set_model(model)
        self._writer.set_model(model)

    def on_train_begin(self, logs=None):
        # A run that was killed can have left a part of a backup.
        shutil.rmtree(self._new, ignore_errors=True)
        backup = self._newest()
        if backup is not None:
            reader = keras.callbacks.BackupAndRestore(str(backup))
            reader.set_model(self.model)
            reader.on_train_begin()

    def on_train_batch_end(self, batch, logs=None):
        self._writer.on_train_batch_end(batch, logs)
        self._keep()

    def on_epoch_end(self, epoch, logs=None):
        self._writer.on_epoch_end(epoch, logs)
        self._keep()

    def on_train_end(self, logs=None):
        if self.delete_checkpoint:
            shutil.rmtree(self.backup_dir, ignore_errors=True)

    def _keep(self):
        """Names a new backup, if there is one, and removes old backups."""
        if not self._new.is_dir():
            return
        (self._new / _HASH).write_text(_hash_of(self._new))
        backups = self._backups()
        number = int(backups[-1].name) + 1 if backups else 1
        os.replace(self._new, self.backup_dir / f"{number:06}")
        for old in backups[:-1]:
            shutil.rmtree(old)

    def _backups(self):
        """The backups, the newest last."""
        found = self.backup_dir.glob("[0-9]*")
        return sorted(found, key=lambda path: int(path.name))

    def _newest(self):
        """The folder of the newest whole backup, or None."""
        for backup in reversed(self._backups()):
            try:
                if (backup / _HASH).read_text() == _hash_of(backup):
                    return backup
            except FileNotFoundError:
                continue
        # The backup of the callback of Keras in the same folder.
        is_of_keras = (self.backup_dir / _WEIGHTS).is_file()
        return self.backup_dir if is_of_keras else None


def _hash_of(backup):
    """SHA-256 of a backup's weights and metadata."""
    with open(backup / _WEIGHTS, "rb") as file:
        found = hashlib.file_digest(file, "sha256")
    found.update((backup / _METADATA).read_bytes())
    return found.hexdigest()
