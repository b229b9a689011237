"""The `keras-colorize` command: calls of `keras_colorize` that you could make.

The command is a package of its own, because `import keras_colorize` imports
Keras and its backend, which takes seconds. The command gives help and checks
its arguments first, so its modules import `keras_colorize` inside functions.
"""
