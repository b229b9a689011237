"""Writes checkpoints as TensorFlow 1 programs do."""

import numpy as np
import tensorflow as tf


def train_and_save(shapes, prefix, seed=0):
    """What a training run leaves: variables, averages, Adam's state.

    The names are those that TensorFlow itself gives; the values are random.

    Args:
        shapes: dict of shapes, by the variables' names.
        prefix: str. Of the checkpoint.
        seed: int.

    Returns:
        A dictionary of arrays: all that has been saved.
    """
    v1 = tf.compat.v1
    rng = np.random.default_rng(seed)
    with tf.Graph().as_default(), v1.Session() as session:
        variables = [v1.get_variable(n, shape=s) for n, s in shapes.items()]
        averages = tf.train.ExponentialMovingAverage(0.999)
        averages.apply(variables)
        loss = v1.add_n([tf.reduce_sum(v) for v in variables])
        v1.train.AdamOptimizer().minimize(loss, var_list=variables)
        v1.get_variable("bpd_rec", initializer=tf.constant(0.0, tf.float64))
        values = {
            variable.op.name: random_value(
                variable.op.name, variable.shape, rng
            )
            for variable in v1.global_variables()
        }
        session.run(
            v1.global_variables_initializer(),
            # What each initializer assigns.
            {
                variable.initializer.inputs[1]: values[variable.op.name]
                for variable in v1.global_variables()
            },
        )
        v1.train.Saver().save(session, prefix, write_meta_graph=False)
    return values


def random_value(name, shape, rng):
    """A value such that signals neither vanish nor explode."""
    noise = rng.normal(size=shape)
    if "/g" in name:
        noise = 0.6 + 0.2 * noise
    elif "/b" in name:
        noise *= 0.2
        if "conv_last" in name:
            # Log scales: narrow, so that it matters how tails are computed.
            noise.reshape(8, -1)[[5, 7]] -= 4.5
    return np.asarray(noise, "float64" if name == "bpd_rec" else "float32")


def write(prefix, values):
    """Writes arrays, by name, to a checkpoint."""
    names = sorted(values)
    tf.raw_ops.SaveV2(
        prefix=str(prefix),
        tensor_names=names,
        shape_and_slices=[""] * len(names),
        tensors=[tf.constant(values[name]) for name in names],
    )
