"""What the program of Royer et al. (2017) calls the weights of PIC."""

# Presets whose networks it has.
RELEASED = ("pic_cifar10", "pic_imagenet128")

_SCOPE = "picolor_template"
_WEIGHTS = {"v": "V", "g": "g", "bias": "b"}


def released_names(embedding_blocks, num_blocks):
    """Their name of each weight, by its path in a `ColorizerPIC`.

    Args:
        embedding_blocks: tuple of ints. As for `ColorizerPIC`.
        num_blocks: int. As for `ColorizerPIC`.

    Returns:
        A dictionary of str. Each name is also that of a moving average, with
        `/ExponentialMovingAverage` behind it.
    """
    convolutions = {
        "embedding_0_conv": "conv_leak",
        "first_u": "conv_down",
        "first_ul_above": "conv_down_2",
        "first_ul_left": "conv_down_right",
        "head/conv": "conv_last",
    }
    block = 0
    for stage, blocks in enumerate(embedding_blocks):
        if stage > 0:
            convolutions[f"embedding_{stage}_conv"] = f"downscale_leak_{stage}"
        for i in range(blocks):
            # They count blocks from 1, through all stages.
            block += 1
            for part in ("conv1", "conv2"):
                ours = f"embedding_{stage}_block_{i}/{part}"
                convolutions[ours] = f"down_leak_{block}/{part}"
    for i in range(num_blocks):
        for part in ("conv1", "conv_aux", "conv2"):
            for ours, theirs in (("u", "down"), ("ul", "down_right")):
                convolutions[f"{ours}_block_{i}/{part}"] = (
                    f"shortrange_{theirs}_{i}/{part}"
                )
    return {
        f"{ours}/{weight}": f"{_SCOPE}/{theirs}/{name}"
        for ours, theirs in convolutions.items()
        for weight, name in _WEIGHTS.items()
    }
