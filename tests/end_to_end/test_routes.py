"""Which model is asked: capabilities, context windows, strategies, names."""

from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, Proxy, ask, lab_config, pools_config, running_proxy

_TOOL = {"type": "function", "function": {"name": "tide", "parameters": {"type": "object"}}}
_SCHEMA = {"type": "json_schema", "json_schema": {"name": "sea", "schema": {"type": "object"}}}
_LONG_ASK = [{"role": "user", "content": "the sea is wide " * 500}]

_MODELS: dict[str, dict[str, Any]] = {
    "second-in-name": {},
    "first-in-name": {},
    "blind": {"capabilities": ["reasoning"]},
    "seeing": {"capabilities": ["vision", "audio", "tools", "json_schema"]},
    "short": {"context_window": 400},
    "long": {"context_window": 20_000},
    "unpriced": {"price": None},
    "dear": {"price": {"input": 5, "output": 15}},
    "cheap": {"price": {"input": 0.1, "output": 0.4}},
    "cheap-to-read": {"price": {"input": 1, "output": 100}},
    "cheap-to-write": {"price": {"input": 10, "output": 1}},
}
_CHEAPEST = {"name": "cheapest"}
_ROUTES: dict[str, dict[str, Any]] = {
    "ordered": {"models": ["second-in-name", "first-in-name"]},
    "needs": {"models": ["blind", "seeing"]},
    "needs-reversed": {"models": ["seeing", "blind"]},
    "windows": {"models": ["short", "long"]},
    "thrifty": {"models": ["unpriced", "dear", "cheap"], "strategy": _CHEAPEST},
    "by-request": {"models": ["cheap-to-read", "cheap-to-write"], "strategy": "cheapest"},
    "standing-by": {
        "models": ["dear", "cheap"],
        "strategy": {"name": "weighted", "weights": {"dear": 0, "cheap": 3}, "seed": 1},
    },
    "even": {"models": ["dear", "cheap"], "strategy": {"name": "weighted", "seed": 7}},
}


@pytest.fixture(scope="module")
def routed(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    """A proxy with many models on one upstream."""
    config = pools_config({name: [shared_upstream.url] for name in _MODELS}, routes=_ROUTES)
    for name, settings in _MODELS.items():
        config["models"][name] |= settings
    config["resilience"] = {"cooldown_s": 0}
    with running_proxy(config, tmp_path_factory.mktemp("routed")) as proxy:
        yield proxy


@pytest.fixture
def asked(shared_upstream: FakeUpstream) -> FakeUpstream:
    """The upstream of `routed`, as if it were new."""
    shared_upstream.answer = answers.chat()
    shared_upstream.received.clear()
    return shared_upstream


def _model_of(proxy: Proxy, route: str, **fields: Any) -> str:
    return ask(proxy, model=route, **fields).headers["x-wrp-model"]


def _names_asked(upstream: FakeUpstream) -> list[str]:
    return [received.json["model"] for received in upstream.received]


def _with_part(part: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"role": "user", "content": [{"type": "text", "text": "What is this?"}, part]}]


_IMAGE = _with_part({"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA"}})
_SOUND = _with_part({"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}})


def test_the_first_model_of_a_route_is_asked(routed: Proxy, asked: FakeUpstream) -> None:
    models = [_model_of(routed, "ordered") for _ in range(3)]

    assert models == ["second-in-name"] * 3


@pytest.mark.parametrize(
    ("fields", "capability"),
    [
        pytest.param({"messages": _IMAGE}, "vision", id="image"),
        pytest.param({"messages": _SOUND}, "audio", id="sound"),
        pytest.param({"tools": [_TOOL]}, "tools", id="tools"),
        pytest.param({"response_format": _SCHEMA}, "json_schema", id="schema"),
    ],
)
def test_a_model_that_lacks_what_is_needed_is_skipped(
    routed: Proxy, asked: FakeUpstream, fields: dict[str, Any], capability: str
) -> None:
    plain, needing = _model_of(routed, "needs"), _model_of(routed, "needs", **fields)
    refused = ask(routed, model="blind", **fields)

    assert (plain, needing) == ("blind", "seeing")
    assert refused.status_code == 400
    assert refused.json()["error"]["type"] == "invalid_request_error"
    assert capability in refused.json()["error"]["message"]
    assert "seeing" in refused.json()["error"]["message"]


def test_a_need_that_no_model_of_the_route_meets_is_named(
    routed: Proxy, asked: FakeUpstream
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        routed.openai.chat.completions.create(model="needs", messages=ASK, logprobs=True)

    assert caught.value.code == "unsupported_capability"
    assert "logprobs" in caught.value.message
    assert "long" in caught.value.message
    assert asked.received == []


def test_a_model_without_what_is_needed_is_no_refuge_either(
    routed: Proxy, asked: FakeUpstream
) -> None:
    asked.answer = answers.error(500)

    reply = ask(routed, model="needs-reversed", messages=_IMAGE)

    assert reply.status_code == 500
    assert _names_asked(asked) == ["mock-seeing"]


def test_a_long_prompt_goes_to_the_longer_window(routed: Proxy, asked: FakeUpstream) -> None:
    models = [_model_of(routed, "windows"), _model_of(routed, "windows", messages=_LONG_ASK)]

    assert models == ["short", "long"]


def test_the_output_asked_for_needs_room_too(routed: Proxy, asked: FakeUpstream) -> None:
    models = [
        _model_of(routed, "windows", max_tokens=300),
        _model_of(routed, "windows", max_completion_tokens=600),
    ]

    assert models == ["short", "long"]


@pytest.mark.parametrize("stream", [False, True])
def test_a_prompt_that_no_window_holds_is_too_long(
    routed: Proxy, asked: FakeUpstream, stream: bool
) -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        routed.openai.chat.completions.create(
            model="windows", messages=ASK, max_tokens=50_000, stream=stream
        )

    assert caught.value.code == "context_length_exceeded"
    assert caught.value.param == "messages"
    assert "20000" in caught.value.message
    assert asked.received == []


def test_an_endpoint_with_a_shorter_window_than_its_model_is_skipped(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = pools_config({"small": [upstream.url, second.url]})
    config["models"]["small"]["endpoints"][0]["context_window"] = 300
    config["models"]["small"]["endpoints"][1]["context_window"] = 20_000
    proxy = start_proxy(config)

    endpoints = {ask(proxy, messages=_LONG_ASK).headers["x-wrp-provider"] for _ in range(3)}

    assert endpoints == {"lab-2"}


def test_the_cheapest_model_is_asked_first_and_one_of_unknown_price_last(
    routed: Proxy, asked: FakeUpstream
) -> None:
    asked.answer = answers.in_turn(answers.error(500), answers.error(500), answers.chat())

    reply = ask(routed, model="thrifty")

    assert _names_asked(asked) == ["mock-cheap", "mock-dear", "mock-unpriced"]
    assert reply.headers["x-wrp-reason"].startswith("cheapest able model")


def test_what_is_cheapest_depends_on_the_request(routed: Proxy, asked: FakeUpstream) -> None:
    chosen = [
        _model_of(routed, "by-request", messages=_LONG_ASK, max_tokens=1),
        _model_of(routed, "by-request", max_tokens=500),
    ]

    assert chosen == ["cheap-to-read", "cheap-to-write"]


def test_weights_decide_and_a_model_of_no_weight_only_stands_by(
    routed: Proxy, asked: FakeUpstream
) -> None:
    chosen = {_model_of(routed, "standing-by") for _ in range(10)}
    asked.answer = answers.in_turn(answers.error(500), answers.chat())
    refuge = _model_of(routed, "standing-by")

    assert chosen == {"cheap"}
    assert refuge == "dear"


def test_equal_weights_share_the_requests(routed: Proxy, asked: FakeUpstream) -> None:
    replies = [ask(routed, model="even") for _ in range(20)]

    models = [reply.headers["x-wrp-model"] for reply in replies]
    assert 4 <= models.count("cheap") <= 16
    assert {reply.headers["x-wrp-reason"] for reply in replies} == {"drawn with a chance of 0.50"}


def test_an_upstream_model_may_be_named_by_its_provider(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    raw = proxy.openai.chat.completions.with_raw_response.create(
        model="lab/org/mock-7b", messages=ASK
    )

    assert raw.parse().choices[0].message.content == "Hello there"
    assert upstream.last.json["model"] == "org/mock-7b"
    assert raw.headers["x-wrp-model"] == "lab/org/mock-7b"
    assert raw.headers["x-wrp-provider"] == "lab"
    assert raw.headers["x-wrp-route"] == "direct"
    assert [usage["model"] for usage in proxy.usage()] == ["lab/org/mock-7b"]


def test_the_name_of_a_model_smuggles_in_no_header(proxy: Proxy) -> None:
    reply = ask(proxy, model="lab/a\r\nset-cookie: b=c\r\n\r\n\u00e9\u2028")

    assert reply.status_code == 200
    assert "set-cookie" not in reply.headers
    assert reply.headers["x-wrp-model"].startswith("lab/a")


def test_routes_and_models_are_served_and_listed_by_their_names(
    routed: Proxy, asked: FakeUpstream
) -> None:
    replies = [ask(routed, model=name) for name in ("windows", "long", "auto")]
    listed = {model.id for model in routed.openai.models.list()}

    assert [reply.headers["x-wrp-route"] for reply in replies] == ["windows", "direct", "auto"]
    assert listed == {"auto", *_ROUTES, *_MODELS}


def test_auto_covers_all_chat_models_by_itself(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = lab_config(upstream.url)
    config["models"]["an-embedder"] = {
        "endpoints": [{"provider": "lab", "model": "mock-embedder"}],
        "capabilities": ["embeddings"],
    }
    proxy = start_proxy(config)

    reply = ask(proxy)

    assert reply.headers["x-wrp-model"] == "small"


def test_a_full_pool_flows_over_to_the_next_model(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = pools_config({"small": [upstream.url], "large": [second.url]})
    config["models"]["small"]["endpoints"][0]["max_concurrency"] = 1
    pieces = answers.chunks_of(["one "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    proxy = start_proxy(config)

    stream = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    beside = ask(proxy)
    upstream.release()
    stream.close()

    assert stream.response.headers["x-wrp-model"] == "small"
    assert beside.headers["x-wrp-model"] == "large"
    assert beside.headers["x-wrp-attempts"] == "1"


def test_a_full_pool_says_when_to_come_back(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    config = lab_config(upstream.url, resilience={"max_wait_s": 0})
    config["models"]["small"]["endpoints"][0]["max_concurrency"] = 1
    pieces = answers.chunks_of(["one ", "two "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    proxy = start_proxy(config)

    stream = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    with pytest.raises(openai.RateLimitError) as caught:
        proxy.openai.chat.completions.create(model="auto", messages=ASK)
    upstream.release()
    texts = [chunk.choices[0].delta.content for chunk in stream]
    upstream.answer = answers.chat()
    afterwards = ask(proxy)

    assert caught.value.code == "pool_full"
    assert caught.value.response.headers["retry-after"] == "1"
    assert texts == ["", "one ", "two ", None]
    assert afterwards.status_code == 200
