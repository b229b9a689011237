"""The `keras-colorize` command. Thin: all it does is calls a user could make.

Keras and its backend are imported only once every argument has been checked.
"""
