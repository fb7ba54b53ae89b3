"""Providers that could never be reached, or that say more than their type knows, are refused."""

from pathlib import Path
from typing import Any

import pytest

from tests.settings.loading import UPSTREAM_KEY, changed, load, refused


def test_a_provider_of_no_known_vendor_needs_a_base_url() -> None:
    problem = refused(changed("providers.house", {"type": "openai"})).at("providers.house")

    assert problem.message == "has no base_url"
    assert problem.remedy == "add base_url, such as http://127.0.0.1:8000/v1"


@pytest.mark.parametrize("vendor", ["azure", "ollama", "vllm"])
def test_a_vendor_without_a_usual_address_needs_a_base_url(vendor: str) -> None:
    problem = refused(changed("providers.house", {"type": "openai", "vendor": vendor})).at(
        "providers.house"
    )

    assert problem.message == "has no base_url"


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:9100/v1",
        "localhost/v1",
        "ftp://127.0.0.1/v1",
        "http://",
        "http:///v1",
        "http://my host/v1",
        "http://127.0.0.1:port/v1",
        "http://127.0.0.1:99999/v1",
        "http://[::1/v1",
        "http://127.0.0.1/v1\n",
        "http://127.0.0.1\t/v1",
    ],
)
def test_a_bad_base_url_is_refused(url: str) -> None:
    problem = refused(changed("providers.lab.base_url", url)).at("providers.lab.base_url")

    assert repr(url) in problem.message
    assert "http" in problem.remedy


@pytest.mark.parametrize("more", ["?version=1", "#top"])
def test_a_base_url_that_no_path_could_follow_is_refused(more: str) -> None:
    problem = refused(changed("providers.lab.base_url", f"http://127.0.0.1/v1{more}")).at(
        "providers.lab.base_url"
    )

    assert "http://127.0.0.1/v1" in problem.message
    assert "http" in problem.remedy


def test_an_empty_base_url_is_refused() -> None:
    refusal = refused(changed("providers.lab.base_url", ""))

    assert any(path.startswith("providers.lab") for path in refusal.paths)
    assert "add base_url, such as http://127.0.0.1:8000/v1" in refusal.text


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9100/v1", "https://api.example.org", "http://[::1]:8000/v1/"]
)
def test_a_good_base_url_is_taken(url: str) -> None:
    settings = load(changed("providers.lab.base_url", url))

    assert settings.providers["lab"].base_url == url


@pytest.mark.parametrize("key", ["two\nlines", "carriage\rreturn"])
def test_a_key_that_no_header_can_carry_is_refused_without_showing_it(key: str) -> None:
    refusal = refused(changed("providers.lab.api_key", key))

    assert refusal.paths == ["providers.lab.api_key"]
    assert key not in refusal.text


@pytest.mark.parametrize(
    ("key", "value"), [("path", "/models/m.gguf"), ("context_window", 4096), ("threads", 2)]
)
def test_a_key_of_a_local_model_on_a_server_is_refused(key: str, value: Any) -> None:
    problem = refused(changed(f"providers.lab.{key}", value)).at(f"providers.lab.{key}")

    assert problem.message == "does nothing for type: openai"
    assert problem.remedy == "remove it"


@pytest.mark.usefixtures("local_extra")
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("base_url", "http://127.0.0.1:9100/v1"),
        ("api_key", UPSTREAM_KEY),
        ("vendor", "openai"),
        ("stream_usage", False),
        ("discover", True),
    ],
)
def test_a_key_of_a_server_on_a_local_model_is_refused(key: str, value: Any) -> None:
    refusal = refused(changed("providers.here", {"type": "local", key: value}))

    problem = refusal.at(f"providers.here.{key}")
    assert problem.message == "does nothing for type: local"
    assert problem.remedy == "remove it"
    assert UPSTREAM_KEY not in refusal.text


@pytest.mark.usefixtures("local_extra")
def test_a_local_model_without_a_path_has_the_weights_of_the_extra() -> None:
    settings = load(changed("providers.here", {"type": "local"}))

    assert settings.providers["here"].path is None


@pytest.mark.usefixtures("local_extra")
def test_a_local_model_takes_its_file_window_and_threads(tmp_path: Path) -> None:
    weights = tmp_path / "m.gguf"
    weights.touch()
    here = {"type": "local", "path": str(weights), "context_window": 4096, "threads": 2}

    provider = load(changed("providers.here", here)).providers["here"]

    assert (provider.path, provider.context_window, provider.threads) == (weights, 4096, 2)


@pytest.mark.usefixtures("local_extra")
@pytest.mark.parametrize("folder", [True, False])
def test_a_missing_gguf_file_is_refused(tmp_path: Path, *, folder: bool) -> None:
    path = tmp_path if folder else tmp_path / "m.gguf"

    problem = refused(changed("providers.here", {"type": "local", "path": str(path)})).at(
        "providers.here.path"
    )

    assert problem.message == f"there is no file '{path}'"
    assert problem.remedy == "give the path of a GGUF file"


@pytest.mark.usefixtures("no_local_extra")
def test_a_local_model_without_the_extra_is_refused_with_the_way_to_install_it(
    tmp_path: Path,
) -> None:
    weights = tmp_path / "m.gguf"
    weights.touch()

    problem = refused(changed("providers.here", {"type": "local", "path": str(weights)})).at(
        "providers.here"
    )

    assert problem.message == "needs the extra `local`"
    assert "wrp-proxy[local]" in problem.remedy


def test_a_provider_with_a_slash_in_its_name_is_refused() -> None:
    lab = {"type": "openai", "base_url": "http://127.0.0.1:9100/v1"}

    problem = refused(changed("providers.lab/eu", lab)).at("providers.lab/eu")

    assert problem.message == "has a '/' in its name"
    assert problem.remedy == "clients write provider/model; leave it out"
