"""The conditional VAE, a baseline."""

import keras
import numpy as np
from keras import ops

from keras_colorize.generation.drawing import uniform_noise
from keras_colorize.models.mdn.code_colorizer import CodeColorizer
from keras_colorize.models.mdn.code_mixture import standard_normal

# Codes decoded at a time.
_GROUP = 32


@keras.saving.register_keras_serializable(package="keras_colorize")
class ColorizerCVAE(CodeColorizer):
    """A conditional VAE, the baseline of Deshpande et al. (2017).

    Codes are drawn from a standard normal distribution, whatever the
    photograph is. The photograph is seen by the decoder alone, through the
    gray skip connections of the VAE. The authors' program does so. In their
    paper an embedding of gray features joins the inputs of both the encoder
    and the decoder.

    There is nothing to train but the VAE: call `fit` of the `ColorFieldVAE`.

    `generate` takes two readouts:

    - `"centers"`, the default and the paper's: `num_draws` codes are decoded,
      and k-means turns the fields into `num_samples` centers, the center of
      the largest cluster first. This needs scikit-learn. Sample k depends on
      `num_samples`.
    - `"sample"`: each coloring decodes one code.

    Args:
        vae: `ColorFieldVAE`, or a dict of its arguments. It is frozen.
        num_draws: int. Codes of a photograph for `"centers"`.
        **kwargs: As in `Colorizer` and `RGBModel`.
    """

    readouts = ("centers", "sample")

    def __init__(self, vae, num_draws=256, **kwargs):
        super().__init__(vae, **kwargs)
        self.num_draws = num_draws
        self.network = self.vae.network
        self.built = True

    def fit(self, *args, **kwargs):
        raise ValueError(
            "ColorizerCVAE has nothing to train but its VAE. Set "
            "model.vae.trainable = True, compile the VAE and call "
            "model.vae.fit."
        )

    def targets(self, images, training=False):
        """As `ColorFieldVAE.targets`, with the model's `value_range`."""
        self.vae.value_range = self.value_range
        return self.vae.targets(images, training)

    def losses_of(self, outputs, targets):
        return self.vae.losses_of(outputs, targets)

    # === Drawing ===

    def most_samples(self, readout):
        return self.num_draws if readout == "centers" else None

    def noise_shape(self, grid):
        return (self.vae.latents,)

    def context_of(self, gray):
        return {}

    def codes_of(self, context, noise, samples, readout):
        return standard_normal(noise)

    def code_log_prob(self, context, codes):
        terms = ops.square(codes) + np.log(2.0 * np.pi).astype("float32")
        return -0.5 * ops.sum(terms, axis=-1)

    def draw(self, context, noise, request):
        if request.readout == "sample":
            return super().draw(context, noise, request)
        centers = self._centers(context, request)
        numbers = np.minimum(request.samples, len(centers) - 1)
        return ops.convert_to_tensor(centers[numbers]), None

    def _centers(self, context, request):
        """The centers of `num_samples` clusters, of normalized chroma."""
        try:
            from sklearn.cluster import KMeans
        except ImportError as error:
            raise ImportError(
                "The readout 'centers' needs scikit-learn, which is not "
                "installed. Install it with pip install "
                "'keras-colorize[k-means]', or use readout='sample'."
            ) from error
        fields = []
        for start in range(0, self.num_draws, _GROUP):
            numbers = np.arange(start, start + _GROUP, dtype="int32")
            noise = np.stack(
                [
                    uniform_noise(
                        request.seed,
                        request.photograph_key,
                        int(k),
                        self.noise_shape(None),
                    )
                    for k in numbers
                ]
            )
            fields.append(
                ops.convert_to_numpy(
                    self._draw["sample"](
                        context, *map(ops.convert_to_tensor, (noise, numbers))
                    )
                )
            )
        fields = np.concatenate(fields)[: self.num_draws]
        means = KMeans(request.num_samples, n_init=10, random_state=0)
        means.fit(fields.reshape(len(fields), -1))
        sizes = np.bincount(means.labels_, minlength=request.num_samples)
        order = np.argsort(-sizes, kind="stable")
        centers = means.cluster_centers_[order].astype("float32")
        return centers.reshape(-1, *fields.shape[1:])

    def get_config(self):
        return {**super().get_config(), "num_draws": self.num_draws}
