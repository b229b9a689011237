"""Models whose new weights depend on their first images."""

from keras import ops

from keras_colorize.layers import data_dependent_initialization


class InitializedOnData:
    """Mixin of an `RGBModel` with layers of weight normalization.

    Before training, `prepare` scales these layers on the first images. The
    constructor of a model calls `add_initialized`.
    """

    def add_initialized(self):
        """Adds the weight that says whether `prepare` has run."""
        self.initialized = self.add_weight(
            name="initialized",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
        )

    @property
    def is_prepared(self):
        """Whether `prepare` has run, or weights were loaded."""
        return bool(ops.convert_to_numpy(self.initialized))

    def prepare(self, images):
        """Runs the data-dependent initialization on one batch of images.

        It is that of Salimans and Kingma (2016, section 3). The released
        program of PIC takes 100 images.
        """
        with data_dependent_initialization():
            self(ops.convert_to_tensor(images), training=False)
        self.initialized.assign(1)
