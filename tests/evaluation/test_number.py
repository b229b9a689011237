import pytest

from keras_colorize.evaluation.number import with_error


@pytest.mark.parametrize(
    "value, error, text",
    [
        (2.33540, 0.08068, "2.335 ± 0.081"),
        (17.791, 0.612, "17.79 ± 0.61"),
        (23.9, 11.7, "24 ± 12"),
        (0.01532, 0.00149, "0.0153 ± 0.0015"),
        (8.0, None, "8"),
        (1.23456, None, "1.235"),
        (1.0, 0.0, "1 ± 0"),
        (None, None, "not finite"),
    ],
)
def test_with_error(value, error, text):
    assert with_error(value, error) == text
