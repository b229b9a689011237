"""Models that color gray photographs."""

import math

import numpy as np
from keras import ops

from keras_colorize import generation
from keras_colorize import transfer
from keras_colorize.color import downsample
from keras_colorize.color.pixels import check_rgb
from keras_colorize.color.resample import DOWNSAMPLING
from keras_colorize.color.resample import ChromaUpsampling
from keras_colorize.color.resample import resize
from keras_colorize.generation.photographs import photographs_of
from keras_colorize.generation.rendering import Luminance
from keras_colorize.models import rgb_data
from keras_colorize.models.rgb_model import RGBModel
from keras_colorize.presets import PresetsProperty
from keras_colorize.presets import load_preset
from keras_colorize.presets import push_model
from keras_colorize.presets import save_preset

# Height over width of the gray pictures that models look at.
_PROPORTIONS = (1.0, 3 / 2, 2 / 3)


class Colorizer(RGBModel):
    """Base class of colorizers: models that color gray photographs.

    A colorizer is fitted on RGB images. `generate` colors photographs of any
    size: the model sees a gray picture of about `image_size` squared pixels,
    of the proportions 1:1, 3:2 or 2:3, and draws chroma on a grid
    `chroma_factor` times smaller.

    A subclass builds `network` and defines `losses_of` (see `RGBModel`),
    `encode`, `noise_shape` and `draw`.

    Args:
        color_space: `keras_colorize.color.ColorSpace`. The space of gray and
            chroma.
        loss_weights: See `RGBModel`.
        chroma_factor: int or None. The resolution of gray divided by the
            resolution of chroma. None if the subclass defines `targets`,
            `grid_of` and `gray_picture`.
        image_size: int. The side of the gray images that the model is made
            for.
        chroma_method: str. How chroma is shrunk: `"area"` or `"subsample"`
            (see `keras_colorize.color.downsample`).
        value_range: See `RGBModel`.

    Attributes:
        supports: frozenset of str. The options of `generate` that the model
            supports: `"hints"`, `"temperature"`, `"readout"`, `"likelihood"`,
            `"uncertainty"`.
        readouts: tuple of str. Ways to choose chroma. The first is the default
            (see also `default_readout`).
        temperatures: int. The most temperatures that `generate` takes.
        histogram_shape: tuple of ints. The shape of `color_histogram`.
    """

    presets = PresetsProperty()
    supports = frozenset()
    readouts = ("sample",)
    temperatures = 1
    histogram_shape = transfer.HISTOGRAM_SHAPE

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

        Nothing in a preset is executed. Its config names a registered class
        and arguments of plain types, and its weights are safetensors. Files
        from the Hub are kept in the cache of huggingface_hub. Their hashes are
        checked at each use, against this package for a built-in preset and
        against the Hub for others. Without network, or with HF_HUB_OFFLINE=1,
        files are loaded from the cache. HF_ENDPOINT and HF_HOME work as in
        huggingface_hub.

        Args:
            preset: str or path. A name of `presets`; `"default"`, the best of
                them for photographs; `"hf://owner/name"`, a repository on the
                Hugging Face Hub; or the directory of a preset.
            load_weights: bool. Whether to load the weights. False gives random
                weights, at most 10^9.
            revision: str or None. Branch, tag or commit of `"hf://owner/name"`.
                None is the branch main.
            token: str or None. A token of the Hub, for private and gated
                repositories. None takes HF_TOKEN or the token of `hf auth
                login`.
            dtype: str or policy or None. Dtype policy. None is the policy of
                Keras.
            cache_dir: path or None. The cache of files from the Hub. None is
                the cache of huggingface_hub.
            local_files_only: bool or None. Whether to use only the cache, and
                not the network.
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
            FileNotFoundError: If a file of the preset is missing; if the
                repository or revision does not exist, or the token may not
                read it; if a file is not in the cache and the network is not
                used.
            PermissionError: If the repository is gated, or the Hub refuses
                access to it.
            ConnectionError: If the Hub or the network fails.
            TypeError: If the token or the revision is not a str.
            ValueError: If the preset is unknown, has no weights yet, or has
                another class or an unregistered class; if a file is damaged
                or has another hash; if an argument is unknown, missing,
                invalid or not plain data; if the names, shapes or dtypes of
                the weights are not those of the model. All this is checked
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
                `"float16"` or `"bfloat16"`. None keeps the dtype of each.
            max_shard_size: int, in bytes, or str such as `"500MB"`. Larger
                weights are split into several files.
            card: dict or None. Facts for the model card, such as `license`,
                `training_data`, `metrics` and `sheet`: see
                `keras_colorize.presets.CardFacts`.

        Raises:
            FileExistsError: If `path` exists.
            TypeError, ValueError: If an argument is invalid.
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

        `from_preset("hf://owner/name")` loads it. Weight files of earlier
        commits with other names are removed.

        Args:
            repo_id: str. `"owner/name"`. The repository is created if it does
                not exist.
            private: bool or None. Whether a new repository is private. None
                follows the owner's settings. If an existing repository has
                another visibility, an error is raised and nothing changes.
            token: str or None. A token with write permission. None takes
                HF_TOKEN or the token of `hf auth login`.
            commit_message: str or None.
            create_pr: bool. Whether to open a pull request instead, which
                needs no write permission.
            dtype: As in `save_to_preset`.
            max_shard_size: As in `save_to_preset`.
            card: As in `save_to_preset`.

        Returns:
            A `huggingface_hub.CommitInfo` with `commit_url`, `pr_url` and
            `oid`, which `from_preset` takes as `revision`.

        Raises:
            ConnectionError: If the Hub cannot be reached or fails.
            PermissionError: If there is no token or it has no permission.
            TypeError, ValueError: If an argument is invalid.
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
        """Computes gray and chroma of RGB images.

        Args:
            images: `(B, H, W, 3)`: uint8, uint16, or float in `value_range`; H
                and W multiples of `chroma_factor`.
            training: bool. Unused.

        Returns:
            A dictionary of float32 tensors, normalized to [-1, 1]: `"gray"`
            `(B, H, W, 1)`; and, on the grid of chroma, `"luminance"`
            `(B, h, w, 1)` and `"chroma"` `(B, h, w, channels)`.
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

    def default_readout(self, drawn):
        """The readout of `generate` when the caller names none.

        Args:
            drawn: bool. Whether the caller asks for several colorings, hints,
                a temperature or log-likelihoods. A model whose best single
                coloring is not random returns a random readout then.
        """
        return self.readouts[0]

    def most_samples(self, readout):
        """The most colorings of a photograph that a readout gives, or None.

        Args:
            readout: str. One of `readouts`.
        """
        return None

    def gray_picture(self, luminance):
        """Makes the gray picture that the model looks at.

        The default method resizes the photograph to the grid of `grid_of`.

        Args:
            luminance: Array `(H, W, 1)`, or `generation.rendering.Luminance`,
                which `resize` takes. Of the photograph, in units of the color
                space.

        Returns:
            A float32 tensor `(1, height, width, 1)`, in the same units.
        """
        grid = self.grid_of(*luminance.shape[:2])
        sizes = (self.chroma_factor * x for x in grid)
        return resize(luminance, *sizes)[None]

    def encode(self, gray):
        """Computes what all samples of a photograph share.

        Args:
            gray: Float tensor `(1, H, W, 1)`, normalized to [-1, 1].

        Returns:
            The `context` of `draw`, of any type.
        """
        raise NotImplementedError

    def noise_shape(self, grid):
        """The shape of the noise of one sample, without a batch dimension.

        Args:
            grid: tuple of ints. Height and width of the chroma.
        """
        raise NotImplementedError

    def draw(self, context, noise, request):
        """Draws samples of a photograph's chroma. Several threads call it.

        Args:
            context: From `encode`.
            noise: Float tensor `(B, *noise_shape)`, uniform in [0, 1), for B
                samples.
            request: `keras_colorize.generation.Request`.

        Returns:
            Chroma `(B, h, w, channels)`, normalized to [-1, 1]; and, with
            `request.return_log_likelihood`, its log-likelihood in bits
            `(B,)`, else None.
        """
        raise NotImplementedError

    def refine(self, luminance, chroma, request):
        """Enlarges drawn chroma to the size of the photograph.

        The default method is `keras_colorize.color.upsample_chroma`.
        Luminance and chroma are in units of the color space.

        Args:
            luminance: Array `(H, W, 1)`, or `generation.rendering.Luminance`,
                which has slices of rows. Of the photograph.
            chroma: Float tensor `(B, h, w, channels)`.
            request: `keras_colorize.generation.Request`.

        Yields:
            For each sample, a function of a slice of rows that returns a float
            tensor `(rows, W, channels)`. Several threads call it.
        """
        if chroma.shape[1:3] == luminance.shape[:2]:
            yield from (sample.__getitem__ for sample in chroma)
            return
        offset = 0.5
        if self.chroma_method == "subsample":
            offset = 0.5 / self.chroma_factor
        enlarge = ChromaUpsampling(
            luminance,
            *chroma.shape[1:3],
            request.upsampling,
            offset,
            self.color_space.white,
        )
        for sample in chroma:
            yield enlarge.by_rows(sample)

    def histogram_of(self, rgb):
        """The color histogram of a photograph: see `color_histogram`.

        Override it together with `match` and `histogram_shape`.

        Args:
            rgb: Array `(H, W, 3)`: uint8, uint16, or float in [0, 1].

        Returns:
            An array of `histogram_shape` whose rows sum to 1.
        """
        return transfer.color_histogram(rgb)

    def match(self, context, histogram, grid):
        """Changes distributions of colors to match a histogram on average.

        Args:
            context: From `encode`.
            histogram: Array of `histogram_shape`. From `histogram_of`.
            grid: tuple of ints. From `grid_of` the photograph's size.

        Returns:
            The changed context. None, the default, leaves it as it is; then
            `generate` matches each finished coloring by quantiles.
        """
        return None

    def uncertainty_of(self, context):
        """Where the model does not know the color, for `uncertainty`.

        Args:
            context: From `encode`.

        Returns:
            A float tensor `(1, h, w)` in [0, 1], on the grid of chroma.
        """
        raise NotImplementedError

    def grid_of(self, height, width):
        """The height and width of the grid of chroma for a photograph.

        The gray picture, `chroma_factor` times larger, has about `image_size`
        squared pixels. It has the proportions 1:1, 3:2 or 2:3 that are nearest
        to the photograph's. So photographs of all sizes need three programs.

        Args:
            height: int. Height of the photograph.
            width: int. Width of the photograph.
        """
        ratio = min(
            _PROPORTIONS, key=lambda x: abs(math.log(height / width / x))
        )
        side = self.image_size / self.chroma_factor
        return tuple(
            max(1, round(side * math.sqrt(x))) for x in (ratio, 1.0 / ratio)
        )

    # === Drawing ===

    def color_histogram(self, images):
        """Counts the colors of reference photographs, for `generate(like=)`.

        Args:
            images: Photographs in color, as `generate` takes them.

        Returns:
            A float64 array of `histogram_shape`, the mean of the photographs'
            histograms. Each row sums to 1. Models that give pixels a
            histogram return theirs; others return that of
            `keras_colorize.transfer.color_histogram`.

        Raises:
            TypeError, ValueError: For images that `generate` refuses, and
                gray ones.
        """
        return generation.color_histogram(self, images)

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
        like=None,
        best_of=None,
        best_by="likelihood",
    ):
        """Colors gray photographs.

        The model draws chroma on its own grid. The chroma is enlarged and
        joined with the photograph's own luminance.

        The noise depends only on the seed, the luminance of the photograph and
        the number of the sample. So sample k of a photograph is the same image
        for any number of samples and photographs, and different photographs
        have different noise.

        Args:
            images: One photograph: an array (H, W), (H, W, 1) or (H, W, 3), a
                PIL image or a path; a batch of equal sizes: an array
                (N, H, W), (N, H, W, 1) or (N, H, W, 3); or a list of
                photographs of any sizes and kinds. Arrays are uint8, uint16,
                or float in [0, 1]. Only the luminance of RGB is used. A last
                dimension of 1 or 3 is always taken for channels.
            num_samples: int. Colorings of each photograph.
            temperature: float, or tuple of floats. 1 draws from the model's
                distribution; lower values draw likelier, less varied colors;
                0 draws the likeliest. A tuple has a number for each channel.
                PIC takes a third number, for the choice of the mixture's
                component, which both channels share. By default it is the
                mean of the other two.
            seed: int or None. None takes a random seed from Python's
                generator, which `keras.utils.set_random_seed` seeds.
            batch_size: int or None. Colorings drawn at a time. By default
                groups of 5 samples of a photograph (32 on a GPU) run on one
                thread per core. Groups have a fixed size, so one sample costs
                as much as five. A smaller `batch_size` makes smaller groups,
                whose samples differ in the last digits.
            upsampling: str. `"guided"`, `"bilinear"` or `"corners"` (see
                `keras_colorize.color.upsample_chroma`).
            verbose: `"auto"`, 0 or 1. Whether to show a progress bar.
            dtype: str. `"uint8"`, `"uint16"` or `"float32"` (in [0, 1]).
            progress: Function of (rows done, rows in all) or None. It is called
                while rows of chroma are drawn, instead of the progress bar.
            sampler: str. For autoregressive models. `"cached"` computes every
                activation once. `"full"` is the reference: it runs the whole
                network for every pixel and is hundreds of times slower. Both
                draw the same chroma, up to rounding.
            hints: None, or a pair (mask, chroma) of known chroma, which is
                kept while the rest is drawn. The mask is a bool array (H, W),
                True where chroma is known. The chroma (H, W, 2) is a and b of
                CIE Lab, in [-128, 128] (see `keras_colorize.color.rgb_to_lab`).
                For a batch, the shapes are (N, H, W) and (N, H, W, 2). For a
                list of photographs, hints are a list of pairs or None.
                Autoregressive models draw from the top left to the bottom
                right, so a hint only changes pixels after it.
            return_log_likelihood: bool. Whether to return the log-likelihood
                of each coloring, at temperature 1.
            return_chroma: bool. Whether to return the drawn chroma.
            readout: str or None. How chroma is chosen from the distribution:
                `"sample"`; autoregressive models also have `"mean"` and
                `"mode"` of each pixel, and `ColorizerHypercolumn` explains
                its own. None is the model's `default_readout`.
            gamut: str. How colors outside the sRGB gamut are handled.
                `"desaturate"` mixes each color with the gray of the same
                luminance until it is in the gamut, so luminance does not
                change but for rounding. `"clip"` clips R, G and B.
            like: None, or photographs in color whose colors the colorings
                take, or the histogram that `color_histogram` returns.
                Luminance does not change. `ColorizerHypercolumn` changes the
                histograms of its pixels, and the log-likelihood is that of
                the changed histograms. Other models change finished
                colorings, except at hints; the log-likelihood and the chroma
                are those before. See `keras_colorize.transfer`.
            best_of: int or None. Draws this many colorings of each photograph
                and returns the `num_samples` best, the best one first.
            best_by: str. What the best colorings have most of.
                `"likelihood"`: the log-likelihood that `return_log_likelihood`
                returns. `"colorfulness"`: the colorfulness of
                `keras_colorize.metrics.Colorfulness`, of the drawn chroma with
                the photograph's luminance shrunk to the grid of the chroma.

        Returns:
            RGB at each photograph's own resolution: `(num_samples, H, W, 3)`
            for one photograph, `(N, num_samples, H, W, 3)` for a batch, and a
            list of `(num_samples, H, W, 3)` for a list.

            With `return_log_likelihood` or `return_chroma`, a tuple of RGB and,
            as asked for:

            - the log-likelihood, an array `(num_samples,)`, or
              `(N, num_samples)` for a batch or a list: log2 p, in bits, of the
              chroma on the model's grid, with hints;
            - the chroma on this grid, `(num_samples, h, w, 2)`, or
              `(N, num_samples, h, w, 2)` for a batch, or a list: before colors
              are brought into the gamut, in units of the color space (a and b
              for CIE Lab).

        Raises:
            TypeError: For images of another type or dtype.
            ValueError: For images that are empty or have another shape, or
                values that are not finite or not in range; for files that
                cannot be read; for arguments that are out of range or that
                the model does not support. Errors are raised before anything
                is drawn.
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
            like=like,
            best_of=best_of,
            best_by=best_by,
        )
        return generation.generate(self, images, request, verbose, progress)

    def uncertainty(self, images):
        """Shows where the model does not know the color.

        The entropy of each pixel's histograms over the largest that they can
        have; of hue and chroma, this of the hue alone, times the expected
        chroma.

        Args:
            images: Photographs, as `generate` takes them.

        Returns:
            A float32 array `(H, W)` in [0, 1] for one photograph, `(N, H, W)`
            for a batch, and a list of `(H, W)` for a list.

        Raises:
            TypeError: For images that `generate` refuses.
            ValueError: Likewise, and if the model does not support
                `"uncertainty"`.
        """
        if "uncertainty" not in self.supports:
            raise ValueError(
                f"This {type(self).__name__} has no histograms of each pixel, "
                "and so no uncertainty. Expected a model that supports "
                "'uncertainty', such as the preset 'default'."
            )
        photographs, kind = photographs_of(images)
        maps = [self._uncertainty(photograph) for photograph in photographs]
        if kind == "list":
            return maps
        return maps[0] if kind == "one" else np.stack(maps)

    def _uncertainty(self, photograph):
        gray = self.gray_picture(Luminance(self.color_space, photograph))
        context = self.encode(self.color_space.normalize_luminance(gray))
        values = self.uncertainty_of(context)
        return ops.convert_to_numpy(self._enlarged(values, photograph))

    def _enlarged(self, values, photograph):
        """Values `(1, h, w)` of the grid at the photograph's pixels."""
        values = resize(values[..., None], *photograph.shape[:2])
        return values[0, ..., 0]

    def get_config(self):
        return {
            **super().get_config(),
            "image_size": self.image_size,
            "chroma_method": self.chroma_method,
        }
