"""A status of 200 is no answer yet: what is none fails, and is tried elsewhere while it can be."""

import json
import threading
from typing import Any

import httpx
import openai
import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.proxy import ASK, CHAT, Proxy, ask, recorded

_BOOM = {"error": {"message": "boom", "type": "server_error", "param": None, "code": "boom"}}
_ROLE = answers.event(answers.delta("", role="assistant"))
_ONE = answers.event(answers.delta("one "))
_TWO = answers.event(answers.delta("two "))
_FINISH = answers.event(answers.delta(finish="stop"))

_PLAIN = {
    "an error object": answers.plain(_BOOM),
    "an error string": answers.plain({"error": "boom"}),
    "nothing": answers.plain(b""),
    "no choices": answers.plain(answers.completion(choices=[])),
    "choices null": answers.plain(answers.completion(choices=None)),
    "another object": answers.plain({"status": "ok"}),
    "a list": answers.plain([answers.completion()]),
    "HTML": answers.plain(b"<html>Welcome</html>", content_type="text/html"),
    "half an object": answers.plain(json.dumps(answers.completion()).encode()[:-20]),
}
_STREAMED = {
    "an error event": answers.stream([answers.event(_BOOM)]),
    "an error event after the role": answers.stream([_ROLE, answers.event(_BOOM)]),
    "an error object": answers.plain(_BOOM),
    "nothing": answers.stream([]),
    "only comments": answers.stream([b": hello\n\n", b": hello\n\n"]),
    "only [DONE]": answers.stream([answers.DONE]),
    "only a role": answers.stream([_ROLE]),
    "only a role and [DONE]": answers.stream([_ROLE, answers.DONE]),
    "HTML": answers.plain(b"<html>Welcome</html>", content_type="text/html"),
    "no JSON in an event": answers.stream([b"data: <html>\n\n"]),
    "a break after the role": answers.stream([_ROLE], end=False),
}


def _text_of(text: str) -> str:
    events = [line[6:] for line in text.splitlines() if line.startswith("data: {")]
    chunks = [json.loads(event) for event in events]
    return "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if "choices" in c)


@pytest.mark.parametrize("kind", sorted(_PLAIN))
def test_a_plain_answer_that_is_none_fails(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    shared_upstream.answer = _PLAIN[kind]

    with pytest.raises(openai.InternalServerError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.status_code == 502
    (row,) = recorded(shared_proxy, request_id=caught.value.request_id)
    assert row["finish"] == "failed"


@pytest.mark.parametrize("kind", sorted(_PLAIN))
def test_a_plain_answer_that_is_none_is_asked_for_elsewhere(
    shared_pair: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    shared_upstream.answer = _PLAIN[kind]

    reply = ask(shared_pair)
    rows = recorded(shared_pair, 2, request_id=reply.headers["x-request-id"])

    assert reply.json()["choices"][0]["message"]["content"] == "From the second"
    assert [row["finish"] for row in rows] == ["failed", "complete"]


@pytest.mark.parametrize("kind", sorted(_STREAMED))
def test_a_streamed_answer_that_is_none_fails_before_it_begins(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    shared_upstream.answer = _STREAMED[kind]

    with pytest.raises(openai.InternalServerError) as caught:
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)

    assert caught.value.status_code == 502
    assert caught.value.response.headers["content-type"] == "application/json"
    (row,) = recorded(shared_proxy, request_id=caught.value.request_id)
    assert row["finish"] == "failed"


@pytest.mark.parametrize("kind", sorted(_STREAMED))
def test_a_streamed_answer_that_is_none_is_asked_for_elsewhere(
    shared_pair: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    shared_upstream.answer = _STREAMED[kind]

    reply = ask(shared_pair, stream=True)

    assert reply.status_code == 200
    assert _text_of(reply.text) == "From the second "
    assert reply.text.count('"role"') == 1
    assert reply.headers["x-wrp-attempts"] == "2"


@pytest.mark.parametrize(
    ("code", "status"), [(503, 503), (429, 429), ("boom", 502), (200, 502), (None, 502)]
)
def test_the_status_that_an_error_object_names_is_kept(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, code: object, status: int
) -> None:
    shared_upstream.answer = answers.plain({"error": {"message": "boom", "code": code}})

    reply = ask(shared_proxy)

    assert reply.status_code == status
    assert reply.json()["error"]["message"] == "boom"


def test_a_null_error_beside_choices_is_no_error(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    shared_upstream.answer = answers.plain(answers.completion("fine", error=None))

    reply = shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == "fine"


_BROKEN_OFF = "upstream_disconnected"
_MID_STREAM: dict[str, tuple[list[bytes], bool, str]] = {
    "an error event": ([answers.event(_BOOM)], True, "boom"),
    "an error event, then [DONE]": ([answers.event(_BOOM), answers.DONE], True, "boom"),
    "a break": ([b": about to break\n\n"], False, _BROKEN_OFF),
    "a break within an event": ([_TWO[:20]], False, _BROKEN_OFF),
    "an end without a finish": ([b": about to end\n\n"], True, _BROKEN_OFF),
    "[DONE] without a finish": ([answers.DONE], True, _BROKEN_OFF),
    "nonsense": ([b'data: {"error"\n\n'], True, _BROKEN_OFF),
}
"""What follows after the first content, whether the body then ends properly, and the code."""


def _ask_and_read_on(
    proxy: Proxy, upstream: FakeUpstream, rest: list[bytes], *, end: bool
) -> tuple[httpx.Response, str]:
    """Let the upstream send the rest when the client has got the first content."""
    steps = threading.Semaphore(2)
    upstream.answer = answers.stepwise_stream([_ROLE, _ONE, *rest], steps, end=end)
    body = {"model": "auto", "messages": ASK, "stream": True}
    with proxy.http as client, client.stream("POST", CHAT, json=body) as reply:
        pieces = reply.iter_bytes()
        seen = next(pieces)
        steps.release(len(rest))
        return reply, b"".join([seen, *pieces]).decode()


@pytest.mark.parametrize("kind", sorted(_MID_STREAM))
def test_a_stream_that_fails_half_way_ends_with_an_error_event(
    shared_pair: Proxy, shared_upstream: FakeUpstream, shared_second: FakeUpstream, kind: str
) -> None:
    rest, end, code = _MID_STREAM[kind]
    shared_second.received.clear()

    reply, text = _ask_and_read_on(shared_pair, shared_upstream, rest, end=end)

    last = json.loads(text.rstrip().rpartition("data: ")[2])
    assert reply.status_code == 200
    assert _text_of(text) == "one "
    assert last.keys() == {"error"}
    assert last["error"].keys() == {"message", "type", "param", "code"}
    assert last["error"]["code"] == code
    assert "[DONE]" not in text
    assert '"stop"' not in text
    assert shared_second.received == []


@pytest.mark.parametrize("kind", sorted(_MID_STREAM))
def test_a_stream_that_fails_half_way_is_on_record_with_an_estimate(
    shared_pair: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    rest, end, code = _MID_STREAM[kind]

    reply, _ = _ask_and_read_on(shared_pair, shared_upstream, rest, end=end)
    (row,) = recorded(shared_pair, request_id=reply.headers["x-request-id"])

    assert (row["finish"], row["error"], row["attempt"]) == ("failed", code, 1)
    assert row["completion_tokens"] >= 1
    assert row["usage_estimated"] == 1
    assert row["cost_usd"] > 0


@pytest.mark.parametrize("kind", sorted(_MID_STREAM))
def test_the_stock_client_notices_a_stream_that_fails_half_way(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    rest, end, code = _MID_STREAM[kind]
    steps = threading.Semaphore(2)
    shared_upstream.answer = answers.stepwise_stream([_ROLE, _ONE, *rest], steps, end=end)
    stream = shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    seen = [next(stream), next(stream)]

    steps.release(len(rest))
    with pytest.raises(openai.APIError) as caught:
        seen.extend(stream)

    assert [chunk.choices[0].delta.content for chunk in seen] == ["", "one "]
    assert caught.value.code == code


def test_what_came_together_with_an_error_still_reaches_the_client(
    shared_pair: Proxy, shared_upstream: FakeUpstream
) -> None:
    together = [_TWO + answers.event(_BOOM)]

    _, text = _ask_and_read_on(shared_pair, shared_upstream, together, end=True)

    assert _text_of(text) == "one two "
    assert '"boom"' in text


@pytest.mark.parametrize(
    "ending", [pytest.param([_FINISH], id="alone"), pytest.param([_FINISH, b": bye\n\n"], id="bye")]
)
def test_a_finished_stream_without_done_is_complete(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, ending: list[bytes]
) -> None:
    shared_upstream.answer = answers.stream([_ROLE, _ONE, *ending])

    stream = shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    chunks = list(stream)

    assert "".join(c.choices[0].delta.content or "" for c in chunks) == "one "
    assert chunks[-1].choices[0].finish_reason == "stop"
    (row,) = recorded(shared_proxy, request_id=stream.response.headers["x-request-id"])
    assert row["finish"] == "complete"


def test_every_choice_must_finish(shared_proxy: Proxy, shared_upstream: FakeUpstream) -> None:
    def of(index: int, chunk: dict[str, Any]) -> bytes:
        return answers.event({**chunk, "choices": [{**chunk["choices"][0], "index": index}]})

    both = [
        of(0, answers.delta("a")),
        of(1, answers.delta("b")),
        of(0, answers.delta(finish="stop")),
    ]
    last = of(1, answers.delta(finish="length"))
    shared_upstream.answer = answers.in_turn(
        answers.stream([*both, last, answers.DONE]), answers.stream([*both, answers.DONE])
    )

    whole, half = ask(shared_proxy, n=2, stream=True), ask(shared_proxy, n=2, stream=True)

    assert whole.text.endswith("data: [DONE]\n\n")
    assert '"error"' not in whole.text
    assert '"error"' in half.text
    assert "[DONE]" not in half.text


@pytest.mark.parametrize(
    "delta",
    [
        pytest.param({"tool_calls": [{"index": 0, "id": "call_1", "type": "function"}]}, id="tool"),
        pytest.param({"reasoning_content": "Hm."}, id="reasoning"),
        pytest.param({"refusal": "No."}, id="refusal"),
        pytest.param({"audio": {"id": "audio_1"}}, id="audio"),
    ],
)
def test_output_other_than_text_is_output(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, delta: dict[str, Any]
) -> None:
    pieces = [_ROLE, answers.event(answers.delta(**delta))]
    shared_upstream.answer = answers.stream(pieces)

    reply = ask(shared_proxy, stream=True)

    assert reply.status_code == 200
    assert reply.content.startswith(b"".join(pieces))
    assert '"upstream_disconnected"' in reply.text
