from tests.sampling.conftest import uncompiled as uncompiled
