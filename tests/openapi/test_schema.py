"""schemathesis runs as a process of its own over the document that a running proxy serves."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.openapi.upstream import Failing, answer
from tests.proxy import Proxy

_HERE = Path(__file__).parent
_KEY = "client-key"
_NATIVE = {"MODEL": "native", "MESSAGES_MODEL": "native-messages"}
_TRANSLATED = {"MODEL": "translated", "MESSAGES_MODEL": "translated"}
_OF_MODELS = ("--include-tag", "models", "--phases", "fuzzing", "--max-examples", "10")


@pytest.fixture
def upstream() -> Iterator[FakeUpstream]:
    """An upstream that has every API."""
    with FakeUpstream(answer) as fake:
        yield fake
    assert [error for error in fake.failures if not isinstance(error, ConnectionError)] == []


def _config(url: str) -> dict[str, Any]:
    """Models whose upstreams have every API, one whose upstream only chats, and a key for all.

    They cost nothing, so that every limit of cost leaves them in.
    """
    lab = {"type": "openai", "base_url": url, "api_key": "upstream-secret"}
    providers = {"native": "lab", "native-messages": "messages-lab", "translated": "chat-lab"}
    return {
        "providers": {
            "lab": {**lab, "apis": ["chat", "completions", "embeddings", "responses"]},
            "messages-lab": {**lab, "type": "anthropic"},
            "chat-lab": lab,
        },
        "models": {
            name: {
                "endpoints": [{"provider": provider, "model": "mock-1"}],
                "price": {"input": 0, "output": 0},
            }
            for name, provider in providers.items()
        },
        "routes": {"auto": {"cache": {"scope": "global"}}},
        "server": {"api_keys": [{"key": _KEY, "admin": True, "publisher": True}]},
        "resilience": {"cooldown_s": 0},
    }


def _hold(proxy: Proxy, models: Mapping[str, str], *options: str) -> None:
    """Fail with what schemathesis prints about each request that went wrong."""
    command = (sys.executable, "-m", "schemathesis.cli")
    config = ("--config-file", str(_HERE / "schemathesis.toml"))
    header = ("--header", f"Authorization: Bearer {_KEY}")
    ran = subprocess.run(
        [*command, *config, "run", *header, *options, f"{proxy.url}/openapi.json"],
        env={**os.environ, **models, "PYTHONPATH": str(_HERE.parents[1])},
        cwd=proxy.state_dir,
        capture_output=True,
        text=True,
        check=False,
    )
    if ran.returncode != 0:
        pytest.fail(ran.stdout + ran.stderr, pytrace=False)


_RICHEST = "/(messages|responses)"
"""Their schemas have so many corners that they are tried at random."""


@pytest.mark.parametrize(
    "options",
    [
        ("--include-path-regex", _RICHEST, "--phases", "examples,fuzzing", "--max-examples", "12"),
        (
            *("--exclude-path-regex", _RICHEST),
            *("--phases", "examples,coverage,fuzzing", "--max-examples", "6"),
        ),
    ],
    ids=["richest", "others"],
)
def test_the_proxy_does_what_its_description_says(
    upstream: FakeUpstream, start_proxy: StartProxy, options: tuple[str, ...]
) -> None:
    """The richest requests have a time limit of their own."""
    proxy = start_proxy(_config(upstream.url))

    _hold(proxy, _NATIVE, *options)


def test_translated_requests_are_answered_as_described(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    """What has no words in chat completions is refused, valid as it is."""
    proxy = start_proxy(_config(upstream.url))

    _hold(proxy, _TRANSLATED, *_OF_MODELS, "--exclude-checks", "positive_data_acceptance")


def test_failures_of_upstreams_are_told_as_described(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    upstream.answer = Failing()
    proxy = start_proxy(_config(upstream.url))

    _hold(
        proxy,
        _NATIVE,
        *_OF_MODELS,
        "--exclude-checks",
        "not_a_server_error,positive_data_acceptance,negative_data_rejection",
    )
