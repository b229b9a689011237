"""What all colourers share."""

import keras
import numpy as np
from keras import ops

from keras_colorize.color import downsample
from keras_colorize.color import normalize_lab
from keras_colorize.color import rgb_to_lab
from keras_colorize.color.resample import DOWNSAMPLING
from keras_colorize.layers import data_dependent_initialization
from keras_colorize.models import data
from keras_colorize.models import generation
from keras_colorize.models import preset_loading
from keras_colorize.sampling import SAMPLERS
from keras_colorize.sampling import compiled


class Colorizer(keras.Model):
    """Base class of colourers: distributions over the colours of a gray image.

    A colourer is fitted on RGB images alone; luminance and chroma are taken
    from them on the device, inside the compiled step.

    Calling it on RGB `(batch, H, W, 3)` gives a dictionary: `"parameters"`,
    what `predict` returns, and what else its loss needs. H and W are multiples
    of `chroma_factor`.

    A subclass builds `self.network`, a functional model of (gray, chroma), and
    `self.head`, the distribution.

    Args:
        chroma_factor: int. Resolution of gray over that of chroma.
        image_size: int. Side of the gray images it is meant for.
        chroma_method: str. How chroma is taken from an image: `"area"` or
            `"subsample"` (see `keras_colorize.color.downsample`).
    """

    presets = {}

    def __init__(self, chroma_factor, image_size, chroma_method, **kwargs):
        if chroma_method not in DOWNSAMPLING:
            raise ValueError(
                f"chroma_method {chroma_method!r} is unknown. Expected one of "
                f"{DOWNSAMPLING}."
            )
        # Images arrive as they are: casting them to bfloat16 would cost more
        # than half of their 8 bits.
        super().__init__(autocast=False, **kwargs)
        self.chroma_factor = chroma_factor
        self.image_size = image_size
        self.chroma_method = chroma_method
        self.initialized = self.add_weight(
            name="initialized",
            shape=(),
            dtype="int32",
            initializer="zeros",
            trainable=False,
        )
        self._has_own_loss = False
        self._compiled_functions = {}
        self._samplers = {}
        self.bits_tracker = keras.metrics.Mean(name="bits_per_dim")

    def build(self, input_shape=None):
        self.built = True

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        Colorizer.presets.update(cls.__dict__.get("presets", {}))

    # === Presets ===

    @classmethod
    def from_preset(
        cls, preset, load_weights=True, dtype=None, **config_overrides
    ):
        """Makes a model from a preset.

        Args:
            preset: str or path. A name of `presets`, or a preset's directory.
            load_weights: bool. Whether to load its weights; otherwise the
                architecture is returned with random ones.
            dtype: str or policy or None. Dtype policy; Keras's own by default.
            **config_overrides: Arguments of the class to replace.

        Returns:
            A model of the preset's class.

        Raises:
            ValueError: If the preset is unknown, has no weights yet, or is a
                model of another class; if its weights do not fit.
        """
        return preset_loading.from_preset(
            cls, Colorizer, preset, load_weights, dtype, config_overrides
        )

    def save_to_preset(self, path, dtype=None, card=None):
        """Saves the model as a preset: a directory to share.

        Args:
            path: Where; must not exist yet.
            dtype: str or None. Storage of float weights: `"float32"`,
                `"float16"`, `"bfloat16"`, or None for each as it is.
            card: str or None. The model card, Markdown; None for a short one.

        Raises:
            FileExistsError: If there is something already.
        """
        preset_loading.save_to_preset(self, path, dtype, card)

    # === Images in ===

    def split(self, images):
        """Splits RGB images into what is given and what is to be modelled.

        Args:
            images: `(B, H, W, 3)`, uint8, or float in [0, 1] or (as Keras
                reads files) in [0, 255].

        Returns:
            gray `(B, H, W, 1)` and the target `(B, h, w, 3)`, L and chroma at
            the chroma's resolution; float32, normalised to [-1, 1].
        """
        shape = tuple(images.shape)
        if len(shape) != 4 or shape[-1] != 3:
            raise ValueError(
                f"Images have shape {shape}. Expected RGB images, (batch, "
                "height, width, 3)."
            )
        images = data.to_unit_range(ops.convert_to_tensor(images))
        lab = normalize_lab(rgb_to_lab(images))
        target = downsample(lab, self.chroma_factor, self.chroma_method)
        return lab[..., :1], target

    def call(self, images, training=False):
        gray, target = self.split(images)
        return self.network([gray, target[..., 1:]], training=training)

    # === Likelihood ===

    def bits_per_dim(self, parameters, target):
        """Bits per dimension of each image: -log2 p / (h w channels).

        Args:
            parameters: Tensor `(B, h, w, outputs)`.
            target: Tensor `(B, h, w, 3)`, from `split`.

        Returns:
            A float32 tensor `(B,)`.
        """
        log_prob = self.head.log_prob(
            parameters, target[..., 1:], target[..., :1]
        )
        nats = -ops.mean(log_prob, axis=(1, 2)) / self.head.channels
        return nats / np.log(2.0).astype("float32")

    def log_likelihood(self, images, batch_size=32):
        """The log-likelihood of each image's chroma given its luminance.

        Args:
            images: `(N, H, W, 3)`, uint8 or float in [0, 1]; or any data
                source that `predict` takes, of batches of such images.
            batch_size: int. Images at a time, for arrays.

        Returns:
            A NumPy array `(N,)`: log2 p, in bits an image, all pixels and
            channels together. At most 0; -(h w channels) times the bits per
            dimension.
        """
        bits = []
        for batch in data.batches(images, batch_size):
            parameters = self.predict_on_batch(batch)
            _, target = self.split(batch)
            per_dim = self.bits_per_dim(parameters, target)
            height, width = target.shape[1:3]
            dimensions = height * width * self.head.channels
            bits.append(-dimensions * ops.convert_to_numpy(per_dim))
        return np.concatenate(bits)

    # === Training ===

    def compile(
        self,
        optimizer="auto",
        loss=None,
        *,
        jit_compile="auto",
        **kwargs,
    ):
        """Configures training; `compile()` alone gives the paper's.

        Args:
            optimizer: `"auto"`, for the paper's Adam (beta_1 0.95, beta_2
                0.9995, epsilon 1e-6, learning rate 0.001 times 0.99995 each
                step) with Polyak averaging (0.999), or any Keras optimizer.
            loss: None, for the negative log-likelihood in bits per dimension,
                or any Keras loss of `y_true` `(B, h, w, 3)`, the normalised
                luminance and chroma, and `y_pred`, the mixture's parameters.
            jit_compile: As in Keras, but that `"auto"` leaves XLA out on
                tensorflow without a GPU, where it makes training slower.
            **kwargs: As in Keras. `metrics` get what a custom loss gets and
                are reported beside `bits_per_dim`.
        """
        if optimizer == "auto":
            optimizer = _paper_optimizer()
        self._has_own_loss = loss is not None
        if jit_compile == "auto" and not _xla_pays():
            jit_compile = False
        super().compile(optimizer, loss=loss, jit_compile=jit_compile, **kwargs)

    def compile_from_config(self, config):
        self.compile(**keras.saving.deserialize_keras_object(config))
        self.optimizer.build(self.trainable_variables)

    def compute_loss(
        self, x=None, y=None, y_pred=None, sample_weight=None, training=True
    ):
        """The loss of a batch of RGB images `x`; labels `y` are ignored."""
        _, target = self.split(x)
        bits = self.bits_per_dim(y_pred["parameters"], target)
        self.bits_tracker.update_state(bits, sample_weight)
        bits = bits + self.extra_loss(y_pred, target, sample_weight)
        if self._has_own_loss:
            return super().compute_loss(
                x, target, y_pred["parameters"], sample_weight, training
            )
        loss = MeanOverImages()(bits, bits, sample_weight)
        return loss + sum(self.losses)

    def extra_loss(self, outputs, target, sample_weight):
        """What a model adds to its bits per dimension, for each image."""
        return 0.0

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        _, target = self.split(x)
        return super().compute_metrics(
            x, target, y_pred["parameters"], sample_weight
        )

    @property
    def is_initialized(self):
        """Whether data-dependent initialisation ran or weights were loaded."""
        return bool(ops.convert_to_numpy(self.initialized))

    def initialize(self, images):
        """Runs the data-dependent initialisation on one batch of images.

        Args:
            images: `(B, H, W, 3)`, uint8 or float in [0, 1]; the paper takes
                100 images.
        """
        with data_dependent_initialization():
            self(ops.convert_to_tensor(images), training=False)
        self.initialized.assign(1)

    def fit(
        self,
        x=None,
        y=None,
        batch_size=None,
        epochs=1,
        verbose="auto",
        **kwargs,
    ):
        """As in Keras, on RGB images alone; labels, if any, are ignored.

        The first `fit` of a new model runs the data-dependent initialisation
        of Salimans and Kingma (2016) on its first batch, once, and says so.

        Args:
            x: RGB images `(N, H, W, 3)`, uint8, or float in [0, 1] or (as
                `keras.utils.image_dataset_from_directory` gives) [0, 255]; or
                any data source that Keras takes, of batches of such images.
            y: Ignored.
            batch_size: As in Keras.
            epochs: As in Keras.
            verbose: As in Keras.
            **kwargs: As in Keras.

        Returns:
            A Keras `History`.
        """
        x = data.checked(x)
        if not self.is_initialized:
            images, x = data.peek(x, batch_size or 32)
            self.initialize(images)
            if verbose:
                print(
                    "Data-dependent initialisation ran on the first batch "
                    f"({len(images)} images)."
                )
        history = super().fit(
            x,
            data.labels(x, y, kwargs.get("sample_weight")),
            batch_size,
            epochs,
            verbose=verbose,
            **kwargs,
        )
        self._own_averages()
        return history

    def _own_averages(self):
        """Parts the model's weights from the optimizer's averages on jax.

        At the end of `fit` Keras sets the weights to the averages, and on jax
        the two then share buffers, which `evaluate` and `predict` give away.
        """
        if keras.backend.backend() == "jax":
            for variable in self.trainable_variables:
                variable.assign(ops.copy(variable.value))

    def evaluate(self, x=None, y=None, sample_weight=None, **kwargs):
        """As in Keras, on RGB images alone; labels, if any, are ignored."""
        x = data.checked(x)
        y = data.labels(x, y, sample_weight)
        return super().evaluate(x, y, sample_weight=sample_weight, **kwargs)

    def train_on_batch(self, x, *args, **kwargs):
        """As in Keras, on RGB images alone; initialises a new model first."""
        x = data.checked(x)
        if not self.is_initialized:
            self.initialize(x)
        return super().train_on_batch(x, *args, **kwargs)

    def predict(self, x, *args, **kwargs):
        """The mixture's parameters `(N, h, w, outputs)` of RGB images."""
        x = data.checked(x)
        return super().predict(x, *args, **kwargs)["parameters"]

    def predict_on_batch(self, x):
        """The mixture's parameters `(N, h, w, outputs)` of RGB images."""
        return super().predict_on_batch(data.checked(x))["parameters"]

    # === Colouring ===

    def encode(self, gray):
        """What sampling needs of gray images, computed once for each.

        Args:
            gray: `(B, H, W, 1)`, normalised to [-1, 1].

        Returns:
            A tensor `(B, ...)`.
        """
        raise NotImplementedError

    def sampling_inputs(self, context, luminance):
        """The inputs of the network that is sampled, by name.

        Args:
            context: From `encode`, `(B, ...)`.
            luminance: `(B, h, w, 1)`, normalised, at the chroma's resolution.

        Returns:
            A dictionary: all inputs but the chroma.
        """
        raise NotImplementedError

    def make_sampler(self, kind):
        """Makes a sampler of the network that draws chroma.

        Args:
            kind: Class. `CachedSampler` or `FullSampler`.

        Returns:
            An instance of it.
        """
        raise NotImplementedError

    def sampler(self, name="cached"):
        """The model's sampler of a name, made once a model.

        Args:
            name: str. `"cached"` or `"full"` (see `generate`).
        """
        if name not in self._samplers:
            self._samplers[name] = self.make_sampler(SAMPLERS[name])
        return self._samplers[name]

    def generate(
        self,
        images,
        num_samples=1,
        temperature=1.0,
        seed=None,
        batch_size=None,
        upsampling="guided",
        verbose="auto",
        dtype="uint8",
        progress=None,
        sampler="cached",
    ):
        """Colours gray photographs.

        The model draws chroma on its own grid, of about `image_size` squared
        pixels in the photograph's proportions; the chroma is enlarged and
        joined with the photograph's untouched luminance. Where that gives a
        colour outside the sRGB gamut, it is mixed with the gray of its own
        luminance, just enough: L stays as it is, within the rounding of
        `dtype`, and colours fade towards white and black.

        Args:
            images: One photograph: an array (H, W), (H, W, 1) or (H, W, 3), a
                PIL image or a path; a batch of equal sizes: an array
                (N, H, W), (N, H, W, 1) or (N, H, W, 3); or a list of
                photographs of any sizes and kinds. Arrays are uint8, uint16,
                or float in [0, 1]; of RGB, the luminance is used. An array
                whose last dimension is 1 or 3 has it for channels.
            num_samples: int. Colourings of each photograph.
            temperature: float. 1 draws from the model's distribution; lower
                values draw likelier, less varied colours; 0 the likeliest.
            seed: int or None. With the same seed, sample k of photograph i is
                the same image whatever else is asked for.
            batch_size: int or None. Colourings drawn at a time. They are drawn
                in groups of 5 of one photograph, which one alone costs as
                well: so each is the same, bit for bit, in any company. From
                10 on, groups of a photograph run on several threads.
            upsampling: str. `"guided"` or `"bilinear"` (see
                `keras_colorize.color.upsample_chroma`).
            verbose: `"auto"`, 0 or 1. Whether to show a progress bar.
            dtype: str. `"uint8"`, `"uint16"` or `"float32"` (in [0, 1]).
            progress: Function of (rows done, rows in all), called as rows of
                chroma are drawn, instead of the progress bar.
            sampler: str. `"cached"`, which computes every activation once, or
                `"full"`, the reference: the whole network for every pixel,
                hundreds of times slower. Both draw the same, up to rounding.

        Returns:
            RGB at each photograph's own resolution: `(num_samples, H, W, 3)`
            for one photograph, `(N, num_samples, H, W, 3)` for a batch, and a
            list of `(num_samples, H, W, 3)` for a list.

        Raises:
            TypeError: For images of another type or dtype.
            ValueError: For images of another shape, empty, or with values
                that are not finite or out of range; for files that cannot be
                read; for arguments out of range. Before any work is done.
        """
        return generation.generate(
            self,
            images,
            num_samples=num_samples,
            temperature=temperature,
            seed=seed,
            batch_size=batch_size,
            upsampling=upsampling,
            verbose=verbose,
            dtype=dtype,
            progress=progress,
            sampler=sampler,
        )

    def _compiled(self, name, function, layer):
        """Compiles `function` once a model, under a name."""
        if name not in self._compiled_functions:
            self._compiled_functions[name] = compiled(function, layer)
        return self._compiled_functions[name]

    def get_config(self):
        config = super().get_config()
        config.update(
            name=self.name,
            trainable=self.trainable,
            dtype=keras.saving.serialize_keras_object(self.dtype_policy),
            image_size=self.image_size,
            chroma_method=self.chroma_method,
        )
        return config


class MeanOverImages(keras.losses.Loss):
    """Weighs and averages values that are losses already."""

    def call(self, y_true, y_pred):
        return y_pred


def _paper_optimizer():
    """Adam as Royer et al. (2017), section 4, with Polyak averaging."""
    return keras.optimizers.Adam(
        keras.optimizers.schedules.ExponentialDecay(1e-3, 1, 0.99995),
        beta_1=0.95,
        beta_2=0.9995,
        epsilon=1e-6,
        use_ema=True,
        ema_momentum=0.999,
    )


def _xla_pays():
    if keras.backend.backend() != "tensorflow":
        return True
    import tensorflow as tf

    return bool(tf.config.list_physical_devices("GPU"))
