"""What all colorers share."""

import keras
import numpy as np
from keras import ops

from keras_colorize.color import downsample
from keras_colorize.color import normalize_lab
from keras_colorize.color import rgb_to_lab
from keras_colorize.color.pixels import check_rgb
from keras_colorize.color.resample import DOWNSAMPLING
from keras_colorize.layers import data_dependent_initialization
from keras_colorize.models import data
from keras_colorize.models import generation
from keras_colorize.presets import PresetsProperty
from keras_colorize.presets import load_preset
from keras_colorize.presets import push_model
from keras_colorize.presets import save_preset
from keras_colorize.sampling import SAMPLERS
from keras_colorize.sampling import compiled


class Colorizer(keras.Model):
    """Base class of colorers: distributions over the colors of a gray image.

    A colorer is fitted on RGB images alone; luminance and chroma are taken
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

    presets = PresetsProperty()
    supports = frozenset({"hints", "likelihood", "temperature"})

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

    # === Presets ===

    @classmethod
    def from_preset(
        cls,
        preset,
        load_weights=True,
        revision=None,
        token=None,
        dtype=None,
        cache_dir=None,
        local_files_only=None,
        compile=True,
        **config_overrides,
    ):
        """Makes a model from a preset.

        Nothing in a preset is executed: its config names a class of this
        package and gives arguments of plain types, and its weights are
        safetensors. Files from the Hub are kept in huggingface_hub's cache,
        and their hashes are compared whenever they are used: with those in
        this package for a built-in preset, and with the Hub's for others.
        Without network, or with HF_HUB_OFFLINE=1, files in the cache load.
        HF_ENDPOINT and HF_HOME are heeded.

        Args:
            preset: str or path. A name of `presets`; `"hf://owner/name"`, a
                repository on the Hugging Face Hub; or a preset's directory.
            load_weights: bool. Whether to load the weights. Otherwise they
                are random, and there may be at most 10^9.
            revision: str or None. Branch, tag or commit of `"hf://owner/name"`.
                None is the branch main. All files are of one commit.
            token: str or None. A token of the Hub, for repositories that are
                private or gated. None is that of HF_TOKEN or `hf auth login`.
            dtype: str or policy or None. Dtype policy; Keras's own by default.
            cache_dir: path or None. Where files from the Hub are kept; by
                default where huggingface_hub keeps them.
            local_files_only: bool or None. Whether to use the cache alone and
                not ask the Hub.
            compile: bool. Whether to call `compile()`, so that the model can
                be evaluated and trained at once.
            **config_overrides: Arguments of the class to replace.

        Returns:
            A model of the preset's class, or of `cls` if `cls` is a subclass
            of that class.

        Raises:
            FileNotFoundError: If a file of the preset is missing; if there is
                no such repository or revision, or none that the token may
                read; if a file is not in the cache and the Hub is not asked.
            PermissionError: If the repository is gated, or the Hub refuses
                access to it.
            ConnectionError: If the Hub or the network fails.
            TypeError: If the token or revision is no str.
            ValueError: If the preset is unknown, has no weights yet, or is of
                another class or none of this package; if a file is damaged or
                has another hash; if an argument is unknown, missing or not
                plain data, or the class refuses it; if the weights are not
                those of the model, in names, shapes or dtypes. This is found
                before memory is taken for the weights.
        """
        return load_preset(
            cls,
            preset,
            load_weights,
            revision,
            dtype,
            compile,
            config_overrides,
            token=token,
            cache_dir=cache_dir,
            local_files_only=local_files_only,
        )

    def save_to_preset(self, path, dtype=None, max_shard_size="5GB", card=None):
        """Saves the model as a preset: a directory to share.

        Args:
            path: str or path. Must not exist yet.
            dtype: str or None. Storage of float weights: `"float32"`,
                `"float16"`, `"bfloat16"`, or None for each as it is.
            max_shard_size: int, in bytes, or str such as `"500MB"`. Larger
                weights are split into several files.
            card: dict or None. What only you know of the model, for its card,
                such as `license`, `training_data`, `metrics` and `sheet`: see
                `keras_colorize.presets.CardFacts`.

        Raises:
            FileExistsError: If there is something at `path`.
            TypeError, ValueError: If an argument is none of these.
        """
        save_preset(self, path, dtype, max_shard_size, card)

    def push_to_hub(
        self,
        repo_id,
        private=None,
        token=None,
        commit_message=None,
        create_pr=False,
        dtype=None,
        max_shard_size="5GB",
        card=None,
    ):
        """Publishes the model on the Hugging Face Hub, in one commit.

        `from_preset("hf://owner/name")` loads it from there. Weights that an
        earlier commit stored in other files are removed.

        Args:
            repo_id: str. `"owner/name"`; made if it does not exist.
            private: bool or None. Whether a new repository is private; None
                leaves it to the owner's settings. A repository that exists
                and is not as `private` says is left alone, with an error.
            token: str or None. A token with write permission. None is that of
                `HF_TOKEN` or `hf auth login`.
            commit_message: str or None.
            create_pr: bool. Whether to propose the commit as a pull request,
                which needs no write permission.
            dtype: As in `save_to_preset`.
            max_shard_size: As in `save_to_preset`.
            card: As in `save_to_preset`.

        Returns:
            A `huggingface_hub.CommitInfo`: `commit_url`, `oid` (which
            `from_preset` takes as `revision`), and `pr_url`.

        Raises:
            ConnectionError: If the Hub cannot be reached or fails.
            PermissionError: If there is no token or it may not do this.
            TypeError, ValueError: If an argument is none of these.
        """
        return push_model(
            self,
            repo_id,
            private,
            token,
            commit_message,
            create_pr,
            dtype=dtype,
            max_shard_size=max_shard_size,
            card=card,
        )

    # === Images in ===

    def split(self, images):
        """Splits RGB images into what is given and what is to be modeled.

        Args:
            images: `(B, H, W, 3)`, uint8, or float in [0, 1] or (as Keras
                reads files) in [0, 255].

        Returns:
            gray `(B, H, W, 1)` and the target `(B, h, w, 3)`, L and chroma at
            the chroma's resolution; float32, normalized to [-1, 1].
        """
        check_rgb(images)
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
        return self.log_likelihoods(images, batch_size)["model"]

    def log_likelihoods(self, images, batch_size=32):
        """The log-likelihoods of images under the model and its parts.

        Args:
            images: As in `log_likelihood`.
            batch_size: int. Images at a time, for arrays.

        Returns:
            A dictionary of NumPy arrays `(N,)`, as `log_likelihood` gives them,
            by the names of `distributions`.
        """
        bits = {}
        for batch in data.batches(images, batch_size):
            outputs = super().predict_on_batch(data.checked(batch))
            _, target = self.split(batch)
            for name, parameters in self.distributions(outputs).items():
                bits.setdefault(name, []).append(
                    self.log_likelihood_of(parameters, target)
                )
        return {name: np.concatenate(parts) for name, parts in bits.items()}

    def distributions(self, outputs):
        """The distributions of chroma among the model's outputs.

        Args:
            outputs: dict. What the model gives.

        Returns:
            A dictionary of parameters `(B, h, w, outputs)`: `"model"` and, by
            name, parts of it that are trained to be models by themselves.
        """
        return {"model": outputs["parameters"]}

    def log_likelihood_of(self, parameters, target):
        """The log-likelihood of each target under given parameters.

        Args:
            parameters: Tensor `(B, h, w, outputs)`.
            target: Tensor `(B, h, w, 3)`, as from `split`.

        Returns:
            A NumPy array `(B,)`: see `log_likelihood`.
        """
        per_dim = self.bits_per_dim(parameters, target)
        height, width = target.shape[1:3]
        dimensions = height * width * self.head.channels
        return -dimensions * ops.convert_to_numpy(per_dim)

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
                or any Keras loss of `y_true` `(B, h, w, 3)`, the normalized
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
        """Whether data-dependent initialization ran or weights were loaded."""
        return bool(ops.convert_to_numpy(self.initialized))

    def initialize(self, images):
        """Runs the data-dependent initialization on one batch of images.

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

        The first `fit` of a new model runs the data-dependent initialization
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
                    "Data-dependent initialization ran on the first batch "
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
        """As in Keras, on RGB images alone; initializes a new model first."""
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

    # === Coloring ===

    def encode(self, gray):
        """What sampling needs of gray images, computed once for each.

        Args:
            gray: `(B, H, W, 1)`, normalized to [-1, 1].

        Returns:
            A tensor `(B, ...)`.
        """
        raise NotImplementedError

    def sampling_inputs(self, context, luminance):
        """The inputs of the network that is sampled, by name.

        Args:
            context: From `encode`, `(B, ...)`.
            luminance: `(B, h, w, 1)`, normalized, at the chroma's resolution.

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
        hints=None,
        return_log_likelihood=False,
    ):
        """Colors gray photographs.

        The model draws chroma on its own grid, of about `image_size` squared
        pixels in the photograph's proportions; the chroma is enlarged and
        joined with the photograph's untouched luminance. Where that gives a
        color outside the sRGB gamut, it is mixed with the gray of its own
        luminance, just enough: L stays as it is, within the rounding of
        `dtype`, and colors fade towards white and black.

        Args:
            images: One photograph: an array (H, W), (H, W, 1) or (H, W, 3), a
                PIL image or a path; a batch of equal sizes: an array
                (N, H, W), (N, H, W, 1) or (N, H, W, 3); or a list of
                photographs of any sizes and kinds. Arrays are uint8, uint16,
                or float in [0, 1]; of RGB, the luminance is used. An array
                whose last dimension is 1 or 3 has it for channels.
            num_samples: int. Colorings of each photograph.
            temperature: float, or one for each channel (a, b). 1 draws from
                the model's distribution; lower values draw likelier, less
                varied colors; 0 the likeliest. What both channels share, the
                choice of the mixture's component, takes their mean.
            seed: int or None. With the same seed, sample k of photograph i is
                the same image whatever else is asked for.
            batch_size: int or None. Colorings drawn at a time. They are drawn
                in groups of 5 of one photograph (32 on a GPU), which one alone
                costs as well: so each is the same, bit for bit, in any
                company. Groups run on threads, by default one for each core.
            upsampling: str. `"guided"` or `"bilinear"` (see
                `keras_colorize.color.upsample_chroma`).
            verbose: `"auto"`, 0 or 1. Whether to show a progress bar.
            dtype: str. `"uint8"`, `"uint16"` or `"float32"` (in [0, 1]).
            progress: Function of (rows done, rows in all), called as rows of
                chroma are drawn, instead of the progress bar.
            sampler: str. `"cached"`, which computes every activation once, or
                `"full"`, the reference: the whole network for every pixel,
                hundreds of times slower. Both draw the same, up to rounding.
            hints: None, or (mask, chroma): chroma that is known, kept while
                the rest is drawn. A bool array (H, W), True where it is known,
                and a and b of CIE Lab, (H, W, 2), in [-128, 128] (see
                `keras_colorize.color.rgb_to_lab`). For a batch (N, H, W) and
                (N, H, W, 2), for a list of photographs a list of such pairs or
                None. Pixels are drawn in raster order, each from those before
                it: so a hint informs only what is below it, or right of it in
                its row; what comes before does not know of it.
            return_log_likelihood: bool. Whether to return the log-likelihood
                of each coloring under the model (whatever the temperature).

        Returns:
            RGB at each photograph's own resolution: `(num_samples, H, W, 3)`
            for one photograph, `(N, num_samples, H, W, 3)` for a batch, and a
            list of `(num_samples, H, W, 3)` for a list.

            With `return_log_likelihood` a pair: that, and a NumPy array
            `(num_samples,)`, or `(N, num_samples)` for a batch or a list:
            log2 p of the chroma on the model's grid, hints included, in bits
            as `log_likelihood` gives them.

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
            hints=hints,
            return_log_likelihood=return_log_likelihood,
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
