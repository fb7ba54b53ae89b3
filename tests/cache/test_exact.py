"""The exact tier, from a client's side: the same request, the same answer."""

import json
from typing import Any

import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import ASK, Proxy, ask, lab_config, recorded, running_proxy

COLD: dict[str, Any] = {"temperature": 0}


@pytest.fixture
def proxy(upstream: FakeUpstream, start_proxy: StartProxy) -> Proxy:
    return start_proxy(lab_config(upstream.url))


def cached(reply: Any) -> str:
    return str(reply.headers["x-wrp-cache"])


def test_without_configuration_the_same_request_at_temperature_0_is_answered_once(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    first, second = ask(proxy, **COLD), ask(proxy, **COLD)

    assert (cached(first), cached(second)) == ("miss", "exact")
    assert second.content == first.content
    assert len(upstream.received) == 1
    assert second.headers["x-wrp-model"] == "small"
    assert second.headers["age"] == "0"
    assert "the same request" in second.headers["x-wrp-reason"]


def test_key_order_and_the_way_a_number_is_written_are_no_difference(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    one = {"model": "auto", "messages": ASK, "temperature": 0, "top_p": 1}
    other = json.dumps(dict(reversed(one.items()))).replace('"temperature": 0', '"temperature":0.0')

    proxy.http.post("/v1/chat/completions", json=one)
    reply = proxy.http.post("/v1/chat/completions", content=other)

    assert cached(reply) == "exact"


def test_at_other_temperatures_nothing_is_given_again(proxy: Proxy) -> None:
    assert [cached(ask(proxy)) for _ in range(2)] == ["bypass", "bypass"]
    assert [cached(ask(proxy, temperature=0.7)) for _ in range(2)] == ["bypass", "bypass"]


def test_who_asks_for_the_cache_has_it(proxy: Proxy, upstream: FakeUpstream) -> None:
    replies = [ask(proxy, cache={"ttl": 60}) for _ in range(2)]
    by_header = ask(proxy, headers={"x-wrp-cache-ttl": "60"})

    assert [cached(reply) for reply in [*replies, by_header]] == ["miss", "exact", "exact"]
    assert "cache" not in upstream.last.json


def test_a_hit_is_recorded_as_free_with_what_it_saved(proxy: Proxy) -> None:
    ask(proxy, **COLD)
    ask(proxy, **COLD)

    missed, hit = recorded(proxy, 2)
    assert (hit["cached"], hit["cost_usd"], hit["endpoint"]) == ("exact", 0.0, None)
    assert hit["saved_usd"] == missed["cost_usd"] > 0
    assert hit["entry_id"] == missed["entry_id"]
    assert hit["input_tokens"] == missed["input_tokens"]
    usage = proxy.usage()[0]
    assert (usage["cache_hits"], usage["saved_usd"]) == (1, hit["saved_usd"])


@pytest.mark.parametrize("first_streams", [True, False])
def test_stream_and_plain_share_an_answer_that_the_stock_client_reads(
    proxy: Proxy, upstream: FakeUpstream, first_streams: bool
) -> None:
    def plain() -> tuple[Any, ...]:
        said = proxy.openai.chat.completions.create(model="auto", messages=ASK, temperature=0)
        choice = said.choices[0]
        return choice.message.content, choice.finish_reason, said.id, said.usage

    def streamed() -> tuple[Any, ...]:
        chunks = list(
            proxy.openai.chat.completions.create(
                model="auto",
                messages=ASK,
                temperature=0,
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        *said, last = chunks
        assert last.choices == []
        assert all(chunk.choices for chunk in said)
        assert not any(chunk.choices[0].delta.tool_calls for chunk in said)
        text = "".join(chunk.choices[0].delta.content or "" for chunk in said)
        finishes = [c.choices[0].finish_reason for c in said if c.choices[0].finish_reason]
        return text, finishes[0] if len(finishes) == 1 else finishes, last.id, last.usage

    upstream.answer = answers.chat("Hello there you ")
    first, second = (streamed(), plain()) if first_streams else (plain(), streamed())

    assert str(first[0]).strip() == str(second[0]).strip() == "Hello there you"
    assert first[1:] == second[1:]
    assert len(upstream.received) == 1


def test_a_replayed_stream_has_a_usage_chunk_only_where_it_was_asked_for(proxy: Proxy) -> None:
    ask(proxy, **COLD, stream=True)
    without = ask(proxy, **COLD, stream=True)
    given = ask(proxy, **COLD, stream=True, stream_options={"include_usage": True})

    assert (cached(without), cached(given)) == ("exact", "exact")
    assert '"usage"' not in without.text
    assert given.text.count('"choices":[]') == 1
    for reply in (without, given):
        assert reply.text.endswith("data: [DONE]\n\n")
        assert reply.headers["content-type"] == "text/event-stream; charset=utf-8"


@pytest.mark.parametrize(
    "answer",
    [
        answers.error(500),
        answers.error(400),
        answers.plain(
            answers.completion(
                choices=[
                    {
                        "index": 0,
                        "message": {"role": "assistant", "content": "Hel"},
                        "finish_reason": "length",
                    }
                ]
            )
        ),
        answers.plain({**answers.completion(), "choices": []}),
        answers.plain(
            answers.completion(message={"role": "assistant", "content": None, "refusal": "No."})
        ),
        answers.plain(
            answers.completion(
                message={
                    "role": "assistant",
                    "content": None,
                    "tool_calls": [{"id": "1", "type": "function", "function": {"name": "f"}}],
                }
            )
        ),
    ],
)
def test_what_is_no_good_answer_is_not_kept(
    proxy: Proxy, upstream: FakeUpstream, answer: Any
) -> None:
    good, upstream.answer = upstream.answer, answer
    ask(proxy, **COLD)

    upstream.answer = good
    reply = ask(proxy, **COLD)

    assert (reply.status_code, cached(reply)) == (200, "miss")


def test_a_stream_that_broke_is_not_kept(proxy: Proxy, upstream: FakeUpstream) -> None:
    good = upstream.answer
    upstream.answer = answers.stream(answers.chunks_of(["Hel", "lo"])[:2])
    broken = ask(proxy, **COLD, stream=True)
    assert "error" in broken.text

    upstream.answer = good

    assert cached(ask(proxy, **COLD, stream=True)) == "miss"


def test_a_stream_that_the_client_left_is_not_kept(proxy: Proxy, upstream: FakeUpstream) -> None:
    good = upstream.answer

    async def half(received: Received, wire: Wire) -> None:
        await wire.begin_stream()
        await wire.piece(answers.event(answers.delta("Hel", role="assistant")))
        await wire.release.wait()

    upstream.answer = half
    body = {"model": "auto", "messages": ASK, "stream": True, **COLD}
    with proxy.http.stream("POST", "/v1/chat/completions", json=body) as reply:
        next(reply.iter_bytes())
    assert upstream.last.client_left.wait(10)

    upstream.answer = good

    assert cached(ask(proxy, **COLD, stream=True)) == "miss"


@pytest.mark.parametrize(
    "more",
    [
        {"tools": [{"type": "function", "function": {"name": "f"}}]},
        {"n": 2},
        {"store": True},
        {"messages": [{"role": "system", "content": "Relevant memories: tea."}, *ASK]},
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "image_url", "image_url": {"url": "data:,x"}}],
                }
            ]
        },
    ],
)
def test_what_must_not_be_kept_passes_by_and_says_why(proxy: Proxy, more: dict[str, Any]) -> None:
    body: dict[str, Any] = {**COLD, **more}

    replies = [ask(proxy, headers={"x-wrp-debug": "1"}, **body) for _ in range(2)]

    assert [cached(reply) for reply in replies] == ["bypass", "bypass"]
    assert replies[0].headers["x-wrp-cache-bypass"]


def test_any_other_parameter_is_another_request(proxy: Proxy) -> None:
    ask(proxy, **COLD)
    others: list[dict[str, Any]] = [
        {"max_tokens": 5},
        {"seed": 1},
        {"user": "ada"},
        {"response_format": {"type": "json_object"}},
        {"model": "small"},
        {"messages": [{"role": "system", "content": "Be brief."}, *ASK]},
        {"unheard_of": [1]},
    ]

    assert [cached(ask(proxy, **{**COLD, **more})) for more in others] == ["miss"] * len(others)


def test_embeddings_are_given_again(proxy: Proxy, upstream: FakeUpstream) -> None:
    vector = {"object": "embedding", "index": 0, "embedding": [0.5, 0.25]}
    listing = {"object": "list", "data": [vector], "model": "e", "usage": {"prompt_tokens": 2}}
    upstream.answer = answers.plain(listing)
    body = {"model": "lab/embed-small", "input": "tea"}

    replies = [proxy.http.post("/v1/embeddings", json=body) for _ in range(2)]
    other = proxy.http.post("/v1/embeddings", json={**body, "input": "coffee"})

    assert [cached(reply) for reply in [*replies, other]] == ["miss", "exact", "miss"]
    assert replies[0].content == replies[1].content


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/messages", {"max_tokens": 20, "messages": ASK}),
        ("/v1/responses", {"input": "Hi", "store": False}),
        ("/v1/completions", {"prompt": "Hi"}),
    ],
)
def test_every_api_gets_its_own_answers_again(
    upstream: FakeUpstream,
    start_proxy: StartProxy,
    path: str,
    body: dict[str, Any],
    stream: bool,
) -> None:
    config = lab_config(upstream.url)
    config["providers"]["lab"]["apis"] = ["chat"]
    proxy = start_proxy(config)
    whole = {"model": "auto", "temperature": 0, "stream": stream, **body}

    first = proxy.http.post(path, json=whole)
    second = proxy.http.post(path, json=whole)

    assert (first.status_code, cached(first), cached(second)) == (200, "miss", "exact")
    assert len(upstream.received) == 1
    if path != "/v1/completions" or not stream:
        assert second.content == first.content


def test_a_restart_keeps_what_was_answered(upstream: FakeUpstream, tmp_path: Any) -> None:
    with running_proxy(lab_config(upstream.url), tmp_path) as before:
        ask(before, **COLD)
    with running_proxy(lab_config(upstream.url), tmp_path) as after:
        reply = ask(after, **COLD)

    assert cached(reply) == "exact"
    assert (tmp_path / "state" / "cache.snapshot").stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "state" / "cache.secret").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "block",
    [
        {"type": "document", "source": {"type": "text", "media_type": "text/plain", "data": "x"}},
        {"type": "search_result", "source": "x", "title": "x", "content": []},
    ],
)
def test_documents_in_anthropics_words_pass_by(proxy: Proxy, block: dict[str, Any]) -> None:
    content = [block, {"type": "text", "text": "Sum it up."}]
    body = {
        "model": "auto",
        "max_tokens": 20,
        "temperature": 0,
        "messages": [{"role": "user", "content": content}],
    }

    reply = proxy.http.post("/v1/messages", json=body)

    assert (reply.status_code, cached(reply)) == (200, "bypass")


def test_answers_longer_than_the_limit_are_not_kept(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(lab_config(upstream.url, cache={"max_answer_bytes": 300}))

    assert cached(ask(proxy, **COLD)) == "miss"
    upstream.answer = answers.chat("word " * 200)
    assert [cached(ask(proxy, **COLD, seed=1)) for _ in range(2)] == ["miss", "miss"]
    assert [cached(ask(proxy, **COLD, seed=2, stream=True)) for _ in range(2)] == ["miss", "miss"]
