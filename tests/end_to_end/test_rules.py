"""Rules decide in the running proxy."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, pools_config, running_proxy

StartShared = Callable[..., tuple[Proxy, Proxy]]

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


_CAST = {"ada": "key-of-ada", "bob": "key-of-bob"}


@pytest.fixture
def start_shared(upstream: FakeUpstream, start_proxy: StartProxy) -> StartShared:
    """Start a proxy on whose route Ada and Bob share answers; give it as each of them sees it."""
    keys = [{"key": key, "name": name, "team": "t"} for name, key in _CAST.items()]

    def start(**action: str) -> tuple[Proxy, Proxy]:
        rule = {"name": "not-bob", "when": {"tenant": "bob"}, **action}
        config = pools_config({"small": [upstream.url]}, server={"api_keys": keys})
        config["routes"]["auto"] |= {
            "strategy": {"name": "rules", "rules": [rule]},
            "cache": {"preset": "exact-only", "scope": "team"},
        }
        proxy = start_proxy(config)
        return replace(proxy, key=_CAST["ada"]), replace(proxy, key=_CAST["bob"])

    return start


def test_what_a_rule_denies_is_not_given_from_the_cache_either(start_shared: StartShared) -> None:
    ada, bob = start_shared(deny="Not you, Bob.")

    tiers = [ask(ada, temperature=0).headers["x-wrp-cache"] for _ in range(2)]
    denied = ask(bob, temperature=0)

    assert tiers == ["miss", "exact"]
    assert (denied.status_code, denied.json()["error"]["code"]) == (403, "request_denied")


def test_a_rule_that_turns_the_cache_off_keeps_known_answers_out(start_shared: StartShared) -> None:
    ada, bob = start_shared(cache="off")

    tiers = [ask(one, temperature=0).headers["x-wrp-cache"] for one in (ada, ada, bob, ada)]

    assert tiers == ["miss", "exact", "bypass", "exact"]


def test_who_is_denied_does_not_join_others_who_ask_the_same(
    start_shared: StartShared, upstream: FakeUpstream
) -> None:
    pieces = answers.chunks_of(["one "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    ada, bob = start_shared(deny="Not you, Bob.")

    with ada.openai.chat.completions.create(
        model="auto", messages=ASK, temperature=0, stream=True
    ) as stream:
        next(stream)
        denied = ask(bob, temperature=0, stream=True)
        upstream.release()

    assert denied.status_code == 403


@pytest.mark.parametrize("stream", [False, True])
def test_a_rule_sets_parameters(
    upstream: FakeUpstream, start_proxy: StartProxy, stream: bool
) -> None:
    rule = {"name": "calm", "when": {"kind": "chat"}, "parameters": {"temperature": 0, "seed": 7}}
    config = pools_config({"small": [upstream.url]})
    config["routes"]["auto"]["strategy"] = {"name": "rules", "rules": [rule]}

    reply = ask(start_proxy(config), temperature=1, stream=stream)

    assert reply.status_code == 200
    sent = upstream.last.json
    assert (sent["temperature"], sent["seed"], sent["messages"]) == (0, 7, ASK)
