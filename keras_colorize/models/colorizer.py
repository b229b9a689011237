"""Models that color gray photographs."""

import math

from keras_colorize import generation
from keras_colorize.color import downsample
from keras_colorize.color.pixels import check_rgb
from keras_colorize.color.resample import DOWNSAMPLING
from keras_colorize.color.resample import ChromaUpsampling
from keras_colorize.models import rgb_data
from keras_colorize.models.rgb_model import RGBModel
from keras_colorize.presets import PresetsProperty
from keras_colorize.presets import load_preset
from keras_colorize.presets import push_model
from keras_colorize.presets import save_preset


class Colorizer(RGBModel):
    """Base class of colorizers: models that color gray photographs.

    A colorizer is fitted on RGB images alone. `generate` colors photographs of
    any size: the model looks at a gray picture of about `image_size` squared
    pixels, in the photograph's proportions, and draws chroma on a grid
    `chroma_factor` times smaller.

    A subclass builds `network` and defines `losses_of` (see `RGBModel`), and
    `encode`, `noise_shape` and `draw`.

    Args:
        color_space: `keras_colorize.color.ColorSpace`. What gray and chroma
            are.
        loss_weights: See `RGBModel`.
        chroma_factor: int. Resolution of gray over that of chroma.
        image_size: int. Side of the gray images that the model is meant for.
        chroma_method: str. How chroma is taken from an image: `"area"` or
            `"subsample"` (see `keras_colorize.color.downsample`).
        value_range: See `RGBModel`.

    Attributes:
        supports: frozenset of str. Options of `generate` that the model has:
            `"hints"`, `"temperature"`, `"readout"`, `"likelihood"` and
            `"uncertainty"`.
        readouts: tuple of str. Ways to choose chroma, the default first.
        temperatures: int. The most temperatures that `generate` takes.
    """

    presets = PresetsProperty()
    supports = frozenset()
    readouts = ("sample",)
    temperatures = 1

    def __init__(
        self,
        color_space,
        loss_weights,
        chroma_factor,
        image_size,
        chroma_method="area",
        **kwargs,
    ):
        if chroma_method not in DOWNSAMPLING:
            raise ValueError(
                f"chroma_method is {chroma_method!r}. Expected one of "
                f"{DOWNSAMPLING}."
            )
        if not 1 <= image_size <= 4096:
            raise ValueError(
                f"image_size is {image_size}. Expected 1 to 4096: photographs "
                "are larger, the gray picture that the model looks at is not."
            )
        super().__init__(loss_weights, **kwargs)
        self.color_space = color_space
        self.chroma_factor = chroma_factor
        self.image_size = image_size
        self.chroma_method = chroma_method

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
        ignore_unused_weights=False,
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
            ignore_unused_weights: bool. Whether weights that the model does
                not have may be left out, for overrides such as PIC's
                `num_blocks=0`. Otherwise they are an error.
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
            ignore_unused_weights,
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

    # === Training ===

    def targets(self, images, training=False):
        """Takes gray and chroma from RGB images.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in `value_range`; H
                and W multiples of `chroma_factor`.
            training: bool. Unused.

        Returns:
            A dictionary of float32 tensors, normalized to [-1, 1]: `"gray"`
            `(B, H, W, 1)`; `"luminance"` `(B, h, w, 1)` and `"chroma"`
            `(B, h, w, channels)`, at the chroma's resolution.
        """
        check_rgb(images)
        images = rgb_data.to_unit_range(images, self.value_range)
        gray, chroma = self.color_space.split(images)
        luminance, chroma = (
            downsample(x, self.chroma_factor, self.chroma_method)
            for x in (gray, chroma)
        )
        return {"gray": gray, "luminance": luminance, "chroma": chroma}

    # === Drawing: to override ===

    def encode(self, gray):
        """What drawing needs of a photograph, computed once.

        Args:
            gray: Float tensor `(1, H, W, 1)`, normalized to [-1, 1].

        Returns:
            Anything that `draw` takes as `context`.
        """
        raise NotImplementedError

    def noise_shape(self, grid):
        """The shape of the noise of a sample, without the batch.

        Args:
            grid: tuple of ints. Height and width of the chroma.
        """
        raise NotImplementedError

    def draw(self, context, noise, request):
        """Draws samples of a photograph's chroma. Threads call it.

        Args:
            context: From `encode`.
            noise: Float tensor `(B, *noise_shape)`, uniform in [0, 1). One
                entry a sample.
            request: `keras_colorize.generation.Request`.

        Returns:
            Chroma `(B, h, w, channels)`, normalized to [-1, 1]; and, with
            `request.return_log_likelihood`, its log-likelihood in bits
            `(B,)`, else None.
        """
        raise NotImplementedError

    def refine(self, luminance, chroma, request):
        """Enlarges drawn chroma to the photograph's size.

        By default along the edges of luminance: see
        `keras_colorize.color.upsample_chroma`.

        Args:
            luminance: Float tensor `(H, W, 1)`, the photograph's, in the color
                space's units.
            chroma: Float tensor `(B, h, w, channels)`, in these units.
            request: `keras_colorize.generation.Request`.

        Yields:
            A float tensor `(H, W, channels)` for each sample.
        """
        offset = 0.5
        if self.chroma_method == "subsample":
            offset = 0.5 / self.chroma_factor
        enlarge = ChromaUpsampling(
            luminance * (100.0 / self.color_space.white),
            *chroma.shape[1:3],
            request.upsampling,
            offset,
        )
        for sample in chroma:
            yield enlarge(sample)

    def grid_of(self, height, width):
        """The chroma's grid for a photograph: about `image_size` squared gray
        pixels, in its proportions.

        Args:
            height: int. Of the photograph.
            width: int. Of the photograph.

        Returns:
            The grid's height and width.
        """
        scale = self.image_size / math.sqrt(height * width)
        return tuple(
            max(1, round(size * scale / self.chroma_factor))
            for size in (height, width)
        )

    # === Drawing ===

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
        return_chroma=False,
        readout=None,
        gamut="desaturate",
    ):
        """Colors gray photographs.

        The model draws chroma on its own grid. The chroma is enlarged and
        joined with the photograph's own luminance.

        Noise depends on the seed, the photograph's luminance and the sample's
        number alone. So with one seed, sample k of a photograph is the same
        image whatever else is asked for, and different photographs get
        different noise.

        Args:
            images: One photograph: an array (H, W), (H, W, 1) or (H, W, 3), a
                PIL image or a path; a batch of equal sizes: an array
                (N, H, W), (N, H, W, 1) or (N, H, W, 3); or a list of
                photographs of any sizes and kinds. Arrays are uint8, uint16,
                or float in [0, 1]. Of RGB, the luminance is used. An array
                whose last dimension is 1 or 3 has it for channels.
            num_samples: int. Colorings of each photograph.
            temperature: float, or tuple of floats. 1 draws from the model's
                distribution; lower values draw likelier, less varied colors;
                0 draws the likeliest. Of a tuple, each channel takes its own.
                PIC takes a third number, for the choice of the mixture's
                component, which both channels share; without it the choice
                takes the mean of theirs.
            seed: int or None. None takes one of Python's generator, which
                `keras.utils.set_random_seed` seeds.
            batch_size: int or None. Colorings drawn at a time. By default
                groups of 5 samples of a photograph (32 on a GPU) run on a
                thread for each core. Groups have a fixed size, so one sample
                costs as much as five; with a smaller `batch_size` groups are
                of that size, and samples differ in the last digits.
            upsampling: str. `"guided"`, `"bilinear"` or `"corners"` (see
                `keras_colorize.color.upsample_chroma`).
            verbose: `"auto"`, 0 or 1. Whether to show a progress bar.
            dtype: str. `"uint8"`, `"uint16"` or `"float32"` (in [0, 1]).
            progress: Function of (rows done, rows in all), called as rows of
                chroma are drawn, instead of the progress bar.
            sampler: str. Of autoregressive models. `"cached"` computes every
                activation once. `"full"` is the reference: it runs the whole
                network for every pixel, hundreds of times slower. Both draw
                the same, up to rounding.
            hints: None, or (mask, chroma): known chroma, which is kept while
                the rest is drawn. A bool array (H, W), True where chroma is
                known, and a and b of CIE Lab, (H, W, 2), in [-128, 128] (see
                `keras_colorize.color.rgb_to_lab`). For a batch (N, H, W) and
                (N, H, W, 2); for a list of photographs a list of such pairs or
                None. Autoregressive models draw from the top left to the
                bottom right: a hint informs the pixels below it and right of
                it in its row, not those before it.
            return_log_likelihood: bool. Whether to return the log-likelihood
                of each coloring under the model, whatever the temperature.
            return_chroma: bool. Whether to return the drawn chroma.
            readout: str or None. How chroma is chosen from the model's
                distribution: `"sample"`, or, of an autoregressive model, each
                pixel's `"mean"` or `"mode"`. `ColorizerHypercolumn` explains
                its own. None is the model's default, the first of `readouts`.
            gamut: str. What is done with colors outside the sRGB gamut.
                `"desaturate"` mixes them with the gray of their own luminance,
                just enough: luminance stays as it is, within the rounding of
                `dtype`. `"clip"` clips R, G and B.

        Returns:
            RGB at each photograph's own resolution: `(num_samples, H, W, 3)`
            for one photograph, `(N, num_samples, H, W, 3)` for a batch, and a
            list of `(num_samples, H, W, 3)` for a list.

            With `return_log_likelihood` or `return_chroma` a tuple: these, a
            NumPy array `(num_samples,)` (`(N, num_samples)` for a batch or a
            list), and the chroma `(num_samples, h, w, 2)` (with N before it
            for a batch, a list of them for a list). The log-likelihood is
            log2 p of the chroma on the model's grid, hints included, in bits
            as `log_likelihood` gives them. The chroma is on this grid, before
            colors are brought into the gamut, in units of the color space: a
            and b for CIE Lab.

        Raises:
            TypeError: For images of another type or dtype.
            ValueError: For images of another shape, empty, or with values
                that are not finite or out of range; for files that cannot be
                read; for arguments out of range, or that the model does not
                support. All before any work is done.
        """
        request = generation.Request(
            num_samples=num_samples,
            temperature=temperature,
            readout=readout,
            seed=seed,
            batch_size=batch_size,
            upsampling=upsampling,
            gamut=gamut,
            dtype=dtype,
            sampler=sampler,
            return_log_likelihood=return_log_likelihood,
            return_chroma=return_chroma,
            hints=hints,
        )
        return generation.generate(self, images, request, verbose, progress)

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "chroma_method": self.chroma_method,
        }
