"""Rules decide in the running proxy."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, pools_config, running_proxy

_TOOL = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object"}}}
_RULES = [
    {"name": "no-logprobs", "when": {"needs": "logprobs"}, "deny": "Nobody needs logprobs."},
    {"name": "agents", "when": {"kind": ["agent", "tool_loop"]}, "models": ["strong"]},
    {"name": "long", "when": {"input_tokens": {"above": 300}}, "models": ["wide", "strong"]},
]


@pytest.fixture(scope="module")
def ruled(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    names = ["weak", "strong", "wide"]
    route = {"models": names, "strategy": {"name": "rules", "rules": _RULES}}
    config = pools_config({name: [shared_upstream.url] for name in names}, routes={"auto": route})
    with running_proxy(config, tmp_path_factory.mktemp("ruled")) as proxy:
        yield proxy


def model_of(proxy: Proxy, **body: Any) -> str:
    answer = proxy.http.post(
        "/v1/chat/completions", json={"model": "auto", "messages": ASK, **body}
    )
    assert answer.status_code == 200, answer.text
    return answer.headers["x-wrp-model"]


def test_the_rule_that_holds_chooses_the_model(ruled: Proxy) -> None:
    long = [{"role": "user", "content": "the sea is wide " * 500}]

    assert model_of(ruled) == "weak"
    assert model_of(ruled, tools=[_TOOL]) == "strong"
    assert model_of(ruled, messages=long) == "wide"


@pytest.mark.parametrize("stream", [False, True])
def test_a_denied_request_gets_the_operators_words_as_an_openai_error(
    ruled: Proxy, stream: bool
) -> None:
    with pytest.raises(openai.PermissionDeniedError) as caught:
        ruled.openai.chat.completions.create(
            model="auto", messages=ASK, logprobs=True, stream=stream
        )

    assert caught.value.code == "request_denied"
    assert caught.value.type == "invalid_request_error"
    assert "Nobody needs logprobs. (rule 'no-logprobs')" in caught.value.message
