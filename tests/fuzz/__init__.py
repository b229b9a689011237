"""Files of strangers: mutated images and presets, made by hypothesis.

Every outcome must be a result or a clear error: no crash, no other error, no
file that is half written. By default the tests take about two minutes. Any
length by hand, such as 100 times as long:

    FUZZ_TIMES=100 pytest -n 0 tests/fuzz

hypothesis prints the mutations that fail, as small as it can make them. Keep
them as an `@example` of the test. If the process dies, the file that it read
last is in pytest's temporary folder.
"""
