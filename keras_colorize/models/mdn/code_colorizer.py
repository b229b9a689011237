"""Colorizers that draw the code of a chroma field."""

import math

import numpy as np
from keras import ops

from keras_colorize.color import LabSpace
from keras_colorize.color import resize
from keras_colorize.models import rgb_data
from keras_colorize.models.colorizer import Colorizer
from keras_colorize.models.mdn.color_field_vae import ColorFieldVAE
from keras_colorize.models.mdn.fields import SCALE
from keras_colorize.models.mdn.fields import gray_for_field
from keras_colorize.models.mdn.fields import sized
from keras_colorize.presets.config import LOCAL
from keras_colorize.sampling import compiled


class CodeColorizer(Colorizer):
    """Base class of colorizers that draw the code of a chroma field.

    The decoder of a `ColorFieldVAE` turns the code into chroma. A photograph
    of any proportions becomes a square of `image_size` for the model, and its
    chroma is the square field.

    A subclass defines `context_of` and `codes_of`, and `code_log_prob` for
    lower bounds.

    Args:
        vae: `ColorFieldVAE`, or a dict of its arguments. It is frozen:
            `fit` does not change it.
        loss_weights: See `RGBModel`. None takes those of the VAE.
        image_size: int or None. Side of the gray picture that the model looks
            at. None takes that of the field.
        **kwargs: As in `Colorizer`.
    """

    supports = frozenset({"readout"})

    def __init__(self, vae, loss_weights=None, image_size=None, **kwargs):
        if isinstance(vae, dict):
            vae = ColorFieldVAE(**vae, dtype=kwargs.get("dtype"))
        if not isinstance(vae, ColorFieldVAE):
            raise TypeError(
                f"vae is a {type(vae).__name__}. Expected a ColorFieldVAE, or "
                "a dict of its arguments."
            )
        super().__init__(
            color_space=LabSpace(),
            loss_weights=loss_weights or vae.loss_weights,
            chroma_factor=None,
            image_size=image_size or vae.field_size,
            **kwargs,
        )
        vae.trainable = False
        self.vae = vae
        self._encode = self._draw = self._bound = None

    # === To override ===

    def context_of(self, gray):
        """What all samples of gray images `(B, S, S, 1)` share: a dict.

        Gray is normalized as (L - 50) / 50.
        """
        raise NotImplementedError

    def codes_of(self, context, noise, samples, readout):
        """The codes `(B, latents)` of samples of one photograph.

        Args:
            context: dict. From `context_of`.
            noise: Float tensor `(B, *noise_shape)`, uniform in [0, 1).
            samples: int32 tensor `(B,)`. The numbers of the samples.
            readout: str. One of `readouts`.
        """
        raise NotImplementedError

    def code_log_prob(self, context, codes):
        """The log-density of codes `(B, latents)`, in nats: `(B,)`."""
        raise NotImplementedError

    # === Drawing ===

    def grid_of(self, height, width):
        return self.vae.field_size, self.vae.field_size

    def gray_picture(self, luminance):
        return resize(luminance, self.image_size, self.image_size)[None]

    def encode(self, gray):
        if self._encode is None:
            self._draw = {
                readout: compiled(self._drawing(readout), self)
                for readout in self.readouts
            }
            # Last, because other threads may draw as soon as it is there.
            self._encode = compiled(self._context_of, self)
        return self._encode(gray)

    def _context_of(self, gray):
        return {
            **self.context_of(gray),
            "gray": gray_for_field(gray, self.vae.field_size),
        }

    def draw(self, context, noise, request):
        samples = ops.convert_to_tensor(np.array(request.samples, "int32"))
        draw = self._draw[request.readout]
        return draw(context, noise, samples), None

    def _drawing(self, readout):
        """A function of (context, noise, samples) that gives chroma."""

        def draw(context, noise, samples):
            codes = self.codes_of(context, noise, samples, readout)
            gray = ops.repeat(context["gray"], ops.shape(codes)[0], axis=0)
            return self.chroma_of(codes, gray)

        return draw

    def chroma_of(self, codes, gray):
        """Decodes codes to normalized chroma.

        Args:
            codes: Tensor `(B, latents)`.
            gray: Tensor `(B, S, S, 1)`, as `ColorFieldVAE.decode` takes it.
        """
        field = self.vae.decode(codes, gray)
        chroma = self.color_space.normalize(SCALE * field)
        return ops.clip(chroma, -1.0, 1.0)

    # === Lower bound ===

    def lower_bounds(self, images, batch_size=32, seed=0):
        """Lower bounds of the log-likelihoods of images (ELBO).

        The model has no likelihood that can be computed. For a code z that
        the encoder q draws for the chroma C, the mean of log p(C | z) +
        log p(z) - log q(z) is below log p(C) (Deshpande et al. 2017, equation
        1; p is given gray). p(C | z) is a normal distribution around the
        decoded field. Its variance, one for a and one for b, is the moving
        average of squared errors when the VAE was fitted. The bound is
        estimated with one code an image.

        Args:
            images: As in `log_likelihood`.
            batch_size: int. Images at a time, for arrays.
            seed: int. Of the codes.

        Returns:
            A NumPy array `(N,)`, in bits: of the density of a and b of all
            pixels of the field.
        """
        if self._bound is None:
            self._bound = compiled(self._lower_bound, self)
        rgb_data.check(images, self.value_range)
        generator, bits = np.random.default_rng(seed), []
        for batch in rgb_data.batches(images, batch_size):
            rgb_data.check(batch, self.value_range)
            batch = rgb_data.to_unit_range(batch, self.value_range)
            gray, _ = self.color_space.split(batch)
            gray = sized(gray, self.image_size)
            shape = (len(batch), self.vae.latents)
            noise = generator.standard_normal(shape, "float32")
            found = self._bound(
                gray,
                *self.vae.field_and_gray(batch),
                ops.convert_to_tensor(noise),
            )
            bits.append(ops.convert_to_numpy(found))
        return np.concatenate(bits)

    def _lower_bound(self, gray, field, field_gray, noise):
        mean, deviation = self.vae.encode(field)
        codes = mean + deviation * noise
        error = field - self.vae.decode(codes, field_gray)
        variance = ops.convert_to_tensor(self.vae.error_variance)
        # The density is that of a and b, not of a / 128 and b / 128.
        nats = ops.sum(
            _normal_log_prob(error, variance) - math.log(SCALE), axis=(1, 2, 3)
        )
        nats += self.code_log_prob(self.context_of(gray), codes)
        nats -= ops.sum(
            _normal_log_prob(deviation * noise, ops.square(deviation)), axis=-1
        )
        return nats / math.log(2.0)

    def get_config(self):
        config = super().get_config()
        del config["chroma_method"]
        vae = self.vae.get_config()
        return {
            **config,
            "vae": {k: v for k, v in vae.items() if k not in LOCAL},
        }


def _normal_log_prob(values, variance):
    return -0.5 * (
        values * values / variance + ops.log(2.0 * math.pi * variance)
    )
