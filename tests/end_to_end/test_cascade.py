"""Cascades: the cheap model's answer is held, and given only if it passes."""

import json
import secrets
from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests import answers
from tests.conftest import StartProxy
from tests.end_to_end.held import SCHEMA, TOOL, called, held_config, leave
from tests.end_to_end.wire_answers import (
    message,
    message_events,
    messages,
    response,
    response_events,
    responses,
)
from tests.fake_upstream import Answer, FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, recorded, running_proxy
from wrp_proxy.errors import ConfigError

_RIGHT = called("weather", '{"city": "Oslo"}')
_WRONG = called("forecast", "{}")
_USAGE = b'"choices": []'


@pytest.fixture(scope="module")
def shared_cascade(
    shared_upstream: FakeUpstream,
    shared_second: FakeUpstream,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Proxy]:
    """A cheap model before the first upstream, a dear one before the second."""
    config = held_config("cascade", shared_upstream.url, shared_second.url)
    config["resilience"] = {"cooldown_s": 0}
    with running_proxy(config, tmp_path_factory.mktemp("cascade")) as proxy:
        yield proxy


@pytest.fixture
def upstream(shared_upstream: FakeUpstream) -> FakeUpstream:
    shared_upstream.received.clear()
    shared_upstream.answer = answers.chat()
    return shared_upstream


@pytest.fixture
def second(shared_second: FakeUpstream) -> FakeUpstream:
    shared_second.received.clear()
    shared_second.answer = answers.chat("From the second")
    return shared_second


@pytest.fixture
def pair(shared_cascade: Proxy, upstream: FakeUpstream, second: FakeUpstream) -> Proxy:
    return shared_cascade


def _summary(rows: list[dict[str, Any]]) -> list[tuple[object, ...]]:
    return [(row["attempt"], row["model"], row["finish"]) for row in rows]


def test_an_answer_that_passes_is_the_cheap_models(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    reply = _ask(pair, headers={"x-wrp-debug": "1"})

    assert reply.json()["choices"][0]["message"]["content"] == "Hello there"
    assert reply.headers["x-wrp-model"] == "small"
    assert reply.headers["x-wrp-reason"].startswith("small accepted (the cheapest first")
    assert int(reply.headers["x-wrp-held-ms"]) >= 0
    assert "small: finish_reason passed, non_empty passed" in reply.headers["x-wrp-verdicts"]
    assert (len(upstream.received), len(second.received)) == (1, 0)


@pytest.mark.parametrize("stream", [False, True])
def test_a_call_of_an_unknown_tool_is_left_to_the_better_model(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream, stream: bool
) -> None:
    upstream.answer = _calling(_WRONG)
    second.answer = _calling(_RIGHT)

    with pair.openai.chat.completions.with_streaming_response.create(
        model="auto", messages=ASK, tools=[TOOL], stream=stream, extra_headers=_session()
    ) as reply:
        headers, said = reply.headers, b"".join(reply.iter_bytes()).decode()

    assert "weather" in said
    assert "forecast" not in said
    assert headers["x-wrp-model"] == "large"
    assert headers["x-wrp-attempts"] == "2"
    assert headers["x-wrp-reason"].startswith("small refused: tools; large accepted")
    assert "x-wrp-held-ms" in headers


def test_the_client_library_gets_the_accepted_tool_call(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = _calling(called("weather", '{"town": "Oslo"}'))
    second.answer = _calling(_RIGHT)

    reply = pair.openai.chat.completions.create(
        model="auto", messages=ASK, tools=[TOOL], extra_headers=_session()
    )
    chunks = pair.openai.chat.completions.create(
        model="auto", messages=ASK, tools=[TOOL], stream=True, extra_headers=_session()
    )
    calls = reply.choices[0].message.tool_calls or []
    deltas = [delta for chunk in chunks for delta in chunk.choices[0].delta.tool_calls or []]

    assert [call.to_dict()["function"] for call in calls] == [_RIGHT["tool_calls"][0]["function"]]
    assert [delta.function and delta.function.arguments for delta in deltas] == ['{"city": "Oslo"}']


def test_every_call_is_billed_and_recorded(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = _calling(_WRONG)
    second.answer = _calling(_RIGHT)

    reply = _ask(pair, tools=[TOOL])
    rows = recorded(pair, 2, request_id=reply.headers["x-request-id"])

    assert _summary(rows) == [(1, "small", "complete"), (2, "large", "complete")]
    assert [row["cost_usd"] for row in rows] == pytest.approx([25e-6, 250e-6])


def test_nothing_is_streamed_before_it_is_accepted(pair: Proxy, upstream: FakeUpstream) -> None:
    upstream.answer = answers.paused_stream([answers.event(answers.delta("word"))], [])

    with pair.http as client, pytest.raises(httpx.ReadTimeout):
        client.post(
            CHAT,
            json={"model": "auto", "messages": ASK, "stream": True},
            timeout=0.3,
            headers=_session(),
        )


@pytest.mark.parametrize("stream", [False, True])
def test_of_refused_answers_the_one_that_passed_most_is_given(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream, stream: bool
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    second.answer = answers.chat("I'm sorry, but I can't help with that.")

    reply = _ask(pair, response_format=SCHEMA, stream=stream)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "small"
    assert reply.headers["x-wrp-reason"].startswith(
        "small refused: json_schema; large refused: no_refusal, json_schema; "
        "small given, for none was accepted"
    )
    assert b"JSON" in reply.content


def test_of_equally_refused_answers_the_last_is_given(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = second.answer = answers.chat("no JSON at all")

    reply = _ask(pair, response_format=SCHEMA)

    assert reply.headers["x-wrp-model"] == "large"


def test_a_refused_answer_is_given_where_the_better_model_is_dead(
    upstream: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    proxy = start_proxy(held_config("cascade", upstream.url, dead_url))

    reply = _ask(proxy, response_format=SCHEMA)
    rows = recorded(proxy, 2)

    assert reply.json()["choices"][0]["message"]["content"] == "no JSON at all"
    assert "small refused: json_schema; large failed" in reply.headers["x-wrp-reason"]
    assert _summary(rows) == [(1, "small", "complete"), (2, "large", "failed")]


@pytest.mark.parametrize("status", [400, 500])
def test_a_refused_answer_is_given_where_the_better_model_refuses_the_request(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream, status: int
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    second.answer = answers.error(status)

    reply = _ask(pair, response_format=SCHEMA)

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "small"


def test_a_cheap_model_that_is_dead_is_made_up_for(
    second: FakeUpstream, start_proxy: StartProxy, dead_url: str
) -> None:
    proxy = start_proxy(held_config("cascade", dead_url, second.url))

    reply = _ask(proxy)

    assert reply.headers["x-wrp-model"] == "large"
    assert "small failed: " in reply.headers["x-wrp-reason"]


def test_an_answer_that_breaks_off_is_replaced_unnoticed(
    pair: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = answers.stream([answers.event(answers.delta("half"))], end=False)

    reply = _ask(pair, stream=True)

    assert b"half" not in reply.content
    assert reply.content.endswith(answers.DONE)
    assert reply.headers["x-wrp-model"] == "large"


def test_a_request_that_no_model_can_mend_fails_at_once(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.error(400)

    reply = _ask(pair)

    assert reply.status_code == 400
    assert second.received == []


def test_all_failing_is_the_last_ones_failure(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.error(500)
    second.answer = answers.error(503)

    reply = _ask(pair)

    assert reply.status_code == 503
    assert reply.headers["x-wrp-attempts"] == "2"
    assert "small failed" in reply.headers["x-wrp-reason"]


def test_a_client_that_leaves_while_the_better_model_is_asked_cancels_it(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    second.answer = answers.hang

    rows = leave(pair, second, 2, response_format=SCHEMA)

    assert second.last.client_left.wait(10)
    assert _summary(rows) == [(1, "small", "complete"), (2, "large", "cancelled")]


def test_a_client_that_leaves_while_an_answer_is_held_cancels_it(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.paused_stream([answers.event(answers.delta("word"))], [])

    rows = leave(pair, upstream, 1, stream=True)

    assert upstream.last.client_left.wait(10)
    assert _summary(rows) == [(1, "small", "cancelled")]
    assert second.received == []


def test_the_held_answer_is_given_in_time(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    second.answer = answers.hang

    reply = _ask(pair, response_format=SCHEMA, headers={"x-wrp-timeout-ms": "1500"})

    assert reply.status_code == 200
    assert reply.headers["x-wrp-model"] == "small"
    assert "large failed: deadline_exceeded" in reply.headers["x-wrp-reason"]


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/chat/completions", {"messages": ASK}),
        ("/v1/messages", {"messages": ASK, "max_tokens": 100}),
        ("/v1/responses", {"input": "Hi"}),
        ("/v1/completions", {"prompt": "Hi"}),
    ],
)
def test_answers_of_every_api_are_held(
    pair: Proxy, upstream: FakeUpstream, path: str, body: dict[str, Any], stream: bool
) -> None:
    upstream.answer = answers.chat("I'm sorry, but I can't help with that.")

    reply = pair.http.post(
        path, json={"model": "auto", "stream": stream, **body}, headers=_session()
    )

    assert reply.headers["x-wrp-model"] == "large"
    assert "small refused: no_refusal; large accepted" in reply.headers["x-wrp-reason"]
    assert b"sorry" not in reply.content
    assert b"second" in reply.content


def test_a_session_whose_cheap_answers_failed_twice_goes_to_the_better_model(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    second.answer = answers.chat('{"sum": 2}')
    session = _session()

    replies = [_ask(pair, response_format=SCHEMA, headers=session) for _ in range(3)]
    other = _ask(pair, response_format=SCHEMA)

    assert [reply.headers["x-wrp-attempts"] for reply in replies] == ["2", "2", "1"]
    assert "failed twice" in replies[2].headers["x-wrp-reason"]
    assert "x-wrp-held-ms" not in replies[2].headers
    assert other.headers["x-wrp-attempts"] == "2"


def test_a_doubtful_answer_is_not_cached(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = second.answer = answers.chat("no JSON at all")

    replies = [_ask(pair, response_format=SCHEMA, temperature=0, seed=1) for _ in range(2)]

    assert [reply.headers["x-wrp-cache"] for reply in replies] == ["miss", "miss"]


def test_an_accepted_answer_is_cached(
    pair: Proxy, upstream: FakeUpstream, second: FakeUpstream
) -> None:
    upstream.answer = answers.chat("no JSON at all")
    second.answer = answers.chat('{"sum": 2}')

    replies = [_ask(pair, response_format=SCHEMA, temperature=0, seed=2) for _ in range(2)]

    assert [reply.headers["x-wrp-cache"] for reply in replies] == ["miss", "exact"]
    assert replies[1].headers["x-wrp-model"] == "large"


@pytest.mark.parametrize("stream", [False, True])
def test_answers_of_upstreams_with_the_messages_api_are_held(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, stream: bool
) -> None:
    upstream.answer, second.answer = messages("Sorry, I can't help with that."), messages("Yes")
    config = held_config("cascade", upstream.url, second.url)
    for provider in config["providers"].values():
        provider["type"] = "anthropic"
    body = {"model": "auto", "messages": ASK, "max_tokens": 50, "stream": stream}

    reply = start_proxy(config).http.post("/v1/messages", json=body)

    assert reply.headers["x-wrp-model"] == "large"
    expected = b"".join(message_events("Yes")) if stream else json.dumps(message("Yes")).encode()
    assert reply.content == expected


@pytest.mark.parametrize("stream", [False, True])
def test_answers_of_upstreams_with_the_responses_api_are_held(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, stream: bool
) -> None:
    upstream.answer, second.answer = responses("Sorry, I can't help with that."), responses("Yes")
    config = held_config("cascade", upstream.url, second.url)
    for provider in config["providers"].values():
        provider["apis"] = ["chat", "responses"]
    body = {"model": "auto", "input": "Hi", "stream": stream}

    reply = start_proxy(config).http.post("/v1/responses", json=body)

    assert reply.headers["x-wrp-model"] == "large"
    expected = b"".join(response_events("Yes")) if stream else json.dumps(response("Yes")).encode()
    assert reply.content == expected


def test_a_cascade_is_configured_in_the_route(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy
) -> None:
    strategy = {
        "name": "cascade",
        "inner": "fixed_order",
        "tiers": ["large", "small"],
        "verifiers": ["logprob", "non_empty"],
        "thresholds": {"logprob": -0.5},
        "escalations": 2,
        "latch_s": 60,
    }
    logprobs = {"content": [{"token": "Hi", "logprob": -0.7, "bytes": None, "top_logprobs": []}]}
    said = answers.completion("Hi")
    said["choices"][0]["logprobs"] = logprobs
    second.answer = answers.plain(said)

    reply = ask(
        start_proxy(held_config(strategy, upstream.url, second.url)),
        headers={"x-wrp-debug": "1"},
        logprobs=True,
    )

    assert reply.headers["x-wrp-router"] == "cascade(fixed_order)"
    assert reply.headers["x-wrp-reason"].startswith("large refused: logprob; small accepted")
    assert "logprob refused -0.70 (unsure)" in reply.headers["x-wrp-verdicts"]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"verifiers": ["grammar"]}, "grammar"),
        ({"escalations": 3}, "escalations"),
        ({"tiers": "small"}, "tiers"),
        ({"inner": "no_such"}, "no_such"),
    ],
)
def test_a_wrong_configuration_is_refused_with_its_place(
    start_proxy: StartProxy, wrong: dict[str, object], said: str
) -> None:
    config = held_config({"name": "cascade", **wrong}, "http://127.0.0.1:9/v1")

    with pytest.raises(ConfigError, match=said):
        start_proxy(config)


@settings(max_examples=25, deadline=None)
@given(
    texts=st.lists(st.text(st.characters(codec="utf-8"), max_size=20), min_size=1, max_size=8),
    cut=st.integers(1, 60),
    is_refused=st.booleans(),
)
def test_the_bytes_given_are_those_of_the_accepted_answer(
    shared_cascade: Proxy,
    shared_upstream: FakeUpstream,
    shared_second: FakeUpstream,
    texts: list[str],
    cut: int,
    is_refused: bool,
) -> None:
    events = [event for event in answers.chunks_of(["word ", *texts]) if _USAGE not in event]
    whole = b"".join(events)
    accepted = answers.stream([whole[i : i + cut] for i in range(0, len(whole), cut)])
    shared_upstream.answer = answers.stream(answers.chunks_of([])) if is_refused else accepted
    shared_second.answer = accepted

    reply = _ask(shared_cascade, stream=True)

    assert reply.content == whole
    assert reply.headers["x-wrp-model"] == ("large" if is_refused else "small")


def _ask(
    proxy: Proxy, *, headers: Mapping[str, str] | None = None, **fields: Any
) -> httpx.Response:
    """Ask in a session of its own."""
    return ask(proxy, headers={**_session(), **(headers or {})}, **fields)


def _session() -> dict[str, str]:
    return {"x-session-id": secrets.token_hex()}


def _calling(message: dict[str, Any]) -> Answer:
    """Answer by a tool call, plain or streamed, as asked."""

    async def answer(received: Any, wire: Any) -> None:
        choice = {"index": 0, "message": message, "finish_reason": "tool_calls"}
        if not received.json.get("stream"):
            said = answers.completion(choices=[choice])
            await wire.whole(200, json.dumps(said).encode())
            return
        calls = [{"index": 0, **message["tool_calls"][0]}]
        pieces = [
            answers.event(answers.delta(role="assistant", tool_calls=calls)),
            answers.event(answers.delta(finish="tool_calls")),
            answers.DONE,
        ]
        await answers.stream(pieces)(received, wire)

    return answer
