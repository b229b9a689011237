"""The page of `keras-colorize demo` as a Space of the Hugging Face Hub."""

import sys

from keras_colorize_cli.main import main

if __name__ == "__main__":
    address = ["--host", "0.0.0.0", "--port", "7860", "--no-browser"]
    sys.exit(main(["demo", *address, *sys.argv[1:]]))
