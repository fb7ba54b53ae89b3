"""Where each type of provider is asked, and under which names it gives its key."""

from typing import Any

import pytest

from tests.settings.loading import changed, load, refused
from tests.unit.nouns import chat_request, endpoint
from wrp_proxy.provider_maker import make_provider, make_upstream
from wrp_proxy.providers.upstream import Call

DEPLOYMENT = endpoint("gpt 6")


def call_of(settings: dict[str, Any], name: str = "lab") -> Call:
    config = {"providers": {name: settings}, "models": {}}
    provider = make_provider(name, load(config).providers[name], "wrp-proxy/test")
    return provider.encode(chat_request(), DEPLOYMENT)


@pytest.mark.parametrize(
    ("more", "url"),
    [
        ({}, "https://x.openai.azure.com/openai/v1/chat/completions"),
        (
            {"api_version": "2024-10-21"},
            "https://x.openai.azure.com/openai/deployments/gpt%206/chat/completions"
            "?api-version=2024-10-21",
        ),
    ],
)
def test_azure_has_deployments_or_its_newer_api(more: dict[str, str], url: str) -> None:
    azure = {"type": "azure", "base_url": "https://x.openai.azure.com", "api_key": "k", **more}

    call = call_of(azure)

    assert call.url == url
    assert dict(call.headers)[b"api-key"] == b"k"


@pytest.mark.parametrize("root", ["https://house.example/openai/v1", "https://house.example/v1/"])
def test_azure_may_stand_at_an_address_of_ones_own(root: str) -> None:
    call = call_of({"type": "azure", "base_url": root, "api_key": "k"})

    assert call.url == f"{root.rstrip('/')}/chat/completions"


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        (None, "https://api.anthropic.com/v1"),
        ("https://api.anthropic.com", "https://api.anthropic.com/v1"),
        ("https://house.example/", "https://house.example/v1"),
        ("https://house.example/claude/v1", "https://house.example/claude/v1"),
    ],
)
def test_anthropic_is_asked_natively(base_url: str | None, root: str) -> None:
    claude = {"type": "anthropic", "api_key": "k", **({"base_url": base_url} if base_url else {})}

    call = call_of(claude)

    assert call.url == f"{root}/messages"
    assert dict(call.headers)[b"x-api-key"] == b"k"
    assert dict(call.headers)[b"anthropic-version"] == b"2023-06-01"


def test_anthropics_key_alone_serves_its_native_api() -> None:
    settings = load(None, {"ANTHROPIC_API_KEY": "k"})

    assert settings.providers["anthropic"].type == "anthropic"


@pytest.mark.parametrize(
    ("key", "value"),
    [("api_version", "1"), ("options", {"a": 1}), ("path", "/m.gguf"), ("threads", 1)],
)
def test_a_key_of_another_type_is_refused(key: str, value: Any) -> None:
    problem = refused(changed(f"providers.lab.{key}", value)).at(f"providers.lab.{key}")

    assert problem.message == "does nothing for type: openai"


@pytest.mark.anyio
@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]", "127.8.8.8"])
async def test_no_proxy_comes_between_the_proxy_and_its_own_machine(host: str) -> None:
    upstream = make_upstream(load(None, {}), {"HTTP_PROXY": "http://proxy.example:3128"})

    here = upstream.open(Call(url=f"http://{host}:9/v1", headers=()))
    elsewhere = upstream.open(Call(url="http://vendor.example/v1", headers=()))
    await upstream.close()

    assert (type(here).__name__, type(elsewhere).__name__) == ("Http1Exchange", "HttpxExchange")
