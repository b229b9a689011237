import huggingface_hub
import pytest

from tests.models.small import images
from tests.models.small import small_pic
from tests.presets.hub_server import HubServer


@pytest.fixture
def model():
    model = small_pic()
    model.prepare(images())
    return model


@pytest.fixture
def preset(model, tmp_path):
    model.save_to_preset(tmp_path / "preset")
    return tmp_path / "preset"


@pytest.fixture
def hub(tmp_path, monkeypatch):
    """A hub on loopback, which huggingface_hub takes for the only one.

    huggingface_hub reads its environment when it is imported; so here its
    constants are set. Tests of the environment itself start processes.
    """
    with HubServer() as server:
        settings = {
            "ENDPOINT": server.url,
            "HUGGINGFACE_CO_URL_TEMPLATE": (
                server.url + "/{repo_id}/resolve/{revision}/{filename}"
            ),
            "HF_HUB_OFFLINE": False,
            "HF_HUB_CACHE": str(tmp_path / "hub_cache"),
            "HF_TOKEN_PATH": str(tmp_path / "token"),
        }
        for name, value in settings.items():
            monkeypatch.setattr(huggingface_hub.constants, name, value)
        for name in ("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"):
            monkeypatch.delenv(name, raising=False)
        monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
        # A client keeps connections, and what it read of proxies.
        huggingface_hub.close_session()
        yield server
        huggingface_hub.close_session()
