"""Local models: from WRP_LOCAL_MODELS, from the extra, from an Ollama that runs here."""

import socket
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.settings.loading import load, refused
from wrp_proxy.providers.discovery import is_listening


@pytest.fixture
def gguf(tmp_path: Path) -> Path:
    path = tmp_path / "tiny.gguf"
    path.touch()
    return path


@pytest.fixture
def ollama_port() -> Iterator[int]:
    """Let something listen where Ollama does, be it Ollama itself."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with suppress(OSError):
            server.bind(("127.0.0.1", 11434))
            server.listen()
        yield 11434


@pytest.mark.usefixtures("local_extra")
def test_nothing_at_all_gives_the_demonstration_model() -> None:
    settings = load(None, {})

    assert list(settings.models) == ["smollm2-135m"]
    [provider] = settings.providers.values()
    assert (provider.type, provider.path) == ("local", None)


@pytest.mark.usefixtures("local_extra")
def test_a_key_that_is_set_leaves_no_room_for_the_demonstration_model() -> None:
    settings = load(None, {"OPENAI_API_KEY": "k"})

    assert list(settings.providers) == ["openai"]


@pytest.mark.usefixtures("no_local_extra")
def test_nothing_at_all_without_the_extra_is_a_proxy_without_models() -> None:
    settings = load(None, {})

    assert (settings.providers, settings.models) == ({}, {})


@pytest.mark.usefixtures("local_extra")
def test_local_models_are_served_under_the_names_given(gguf: Path) -> None:
    settings = load(None, {"WRP_LOCAL_MODELS": f"tiny={gguf}, twin={gguf}"})

    assert list(settings.models) == ["tiny", "twin"]
    [endpoint] = settings.models["tiny"].endpoints
    assert settings.providers[endpoint.provider].path == gguf


@pytest.mark.usefixtures("local_extra")
def test_local_models_stand_beside_those_of_vendors(gguf: Path) -> None:
    settings = load(None, {"WRP_LOCAL_MODELS": f"tiny={gguf}", "DEEPSEEK_API_KEY": "k"})

    assert list(settings.models) == ["deepseek-flash", "deepseek-v4-pro", "tiny"]


@pytest.mark.parametrize("entry", ["tiny", "=/tiny.gguf", "tiny=", "="])
def test_a_broken_entry_is_refused_with_the_shape_it_should_have(entry: str) -> None:
    problem = refused(None, {"WRP_LOCAL_MODELS": entry}).at("WRP_LOCAL_MODELS")

    assert problem.message == f"'{entry}' is not name=path.gguf"
    assert problem.remedy == "write name=path"


@pytest.mark.usefixtures("local_extra")
def test_every_broken_entry_is_reported(gguf: Path) -> None:
    refusal = refused(None, {"WRP_LOCAL_MODELS": f"one,tiny={gguf},=two,tiny={gguf}"})

    assert [problem.message for problem in refusal.problems] == [
        "'one' is not name=path.gguf",
        "'=two' is not name=path.gguf",
        "'tiny' is taken already",
    ]


@pytest.mark.usefixtures("local_extra")
def test_a_local_model_with_the_name_of_a_vendors_is_refused(gguf: Path) -> None:
    environment = {"WRP_LOCAL_MODELS": f"deepseek-flash={gguf}", "DEEPSEEK_API_KEY": "k"}

    problem = refused(None, environment).at("WRP_LOCAL_MODELS")

    assert problem.message == "'deepseek-flash' is taken already"
    assert problem.remedy == "use another name"


@pytest.mark.usefixtures("local_extra")
def test_a_local_model_with_the_name_of_the_route_that_always_exists_is_refused(
    gguf: Path,
) -> None:
    refusal = refused(None, {"WRP_LOCAL_MODELS": f"auto={gguf}"})

    assert "'auto'" in refusal.text or "auto:" in refusal.text


@pytest.mark.usefixtures("local_extra")
def test_a_local_model_without_its_file_is_refused_with_the_path(tmp_path: Path) -> None:
    path = tmp_path / "missing.gguf"

    refusal = refused(None, {"WRP_LOCAL_MODELS": f"tiny={path}"})

    assert f"there is no file '{path}'" in refusal.text
    assert "give the path of a GGUF file" in refusal.text


@pytest.mark.usefixtures("no_local_extra")
def test_a_local_model_without_the_extra_is_refused_with_the_way_to_install_it(gguf: Path) -> None:
    refusal = refused(None, {"WRP_LOCAL_MODELS": f"tiny={gguf}"})

    assert "wrp-proxy[local]" in refusal.text


def test_an_open_port_is_found_and_a_closed_one_is_not() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        while_open = is_listening("127.0.0.1", port)
    after = is_listening("127.0.0.1", port)

    assert while_open
    assert not after


@pytest.mark.usefixtures("local_extra")
def test_an_ollama_that_runs_here_is_found_when_nothing_is_configured(ollama_port: int) -> None:
    settings = load(None, {}, find_ollama=True)

    [(name, provider)] = settings.providers.items()
    assert (name, provider.base_url) == ("ollama", f"http://127.0.0.1:{ollama_port}/v1")
    assert provider.discover
    assert settings.models == {}


@pytest.mark.usefixtures("ollama_port", "local_extra")
def test_an_ollama_that_runs_here_is_left_alone_when_it_is_not_to_be_found() -> None:
    settings = load(None, {}, find_ollama=False)

    assert list(settings.models) == ["smollm2-135m"]


@pytest.mark.usefixtures("ollama_port")
def test_an_ollama_that_runs_here_is_left_alone_when_something_is_configured() -> None:
    settings = load(None, {"OPENAI_API_KEY": "k"}, find_ollama=True)

    assert list(settings.providers) == ["openai"]
