"""Upstreams that keep the proxy waiting."""

import json
import socket
from collections.abc import Iterator
from typing import Any

import openai
import pytest

from tests import answers
from tests.conftest import StartProxy
from tests.fake_upstream import Answer, FakeUpstream
from tests.proxy import ASK, Proxy, ask, lab_config, pools_config, recorded, running_proxy

_ROLE = answers.event(answers.delta("", role="assistant"))
_ONE = answers.event(answers.delta("one "))
_IMPATIENT = {
    "first_content_timeout_s": 0.3,
    "stall_timeout_s": 0.3,
    "answer_timeout_s": 0.3,
    "connect_timeout_s": 0.3,
}


def _silent_after(*pieces: bytes) -> Answer:
    return answers.paused_stream(pieces, [])


_SILENCES = {
    "no head": answers.hang,
    "head only": answers.head_only,
    "half an answer": _silent_after(b'{"id": "chatcmpl-1", "choices"'),
}
_SILENT_STREAMS = {
    "no head": answers.hang,
    "head only": answers.head_only,
    "comments": answers.comments_after([]),
    "a role, then comments": answers.comments_after([_ROLE]),
    "a role": _silent_after(_ROLE),
    "half an event": _silent_after(_ROLE, _ONE[:20]),
}


@pytest.fixture(scope="module")
def impatient(
    shared_upstream: FakeUpstream, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Proxy]:
    config = lab_config(shared_upstream.url, resilience={**_IMPATIENT, "cooldown_s": 0})
    with running_proxy(config, tmp_path_factory.mktemp("impatient")) as proxy:
        yield proxy


@pytest.mark.parametrize("kind", sorted(_SILENCES))
def test_a_plain_answer_that_does_not_come_times_out(
    impatient: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    shared_upstream.answer = _SILENCES[kind]

    with pytest.raises(openai.InternalServerError) as caught:
        impatient.openai.chat.completions.create(model="auto", messages=ASK)

    assert caught.value.status_code == 504
    assert caught.value.code == "upstream_timeout"
    assert shared_upstream.last.client_left.wait(10)


@pytest.mark.parametrize("kind", sorted(_SILENT_STREAMS))
def test_a_stream_whose_first_content_does_not_come_times_out(
    impatient: Proxy, shared_upstream: FakeUpstream, kind: str
) -> None:
    shared_upstream.answer = _SILENT_STREAMS[kind]

    with pytest.raises(openai.InternalServerError) as caught:
        impatient.openai.chat.completions.create(model="auto", messages=ASK, stream=True)

    assert caught.value.status_code == 504
    assert caught.value.code == "upstream_timeout"
    assert shared_upstream.last.client_left.wait(10)


@pytest.mark.parametrize("stream", [False, True])
def test_a_silent_endpoint_is_made_up_for(
    upstream: FakeUpstream, second: FakeUpstream, start_proxy: StartProxy, stream: bool
) -> None:
    upstream.answer = answers.hang
    pools = {"small": [upstream.url, second.url]}
    proxy = start_proxy(pools_config(pools, resilience=_IMPATIENT))

    reply = ask(proxy, stream=stream)
    rows = recorded(proxy, 2)

    assert reply.status_code == 200
    assert "From" in reply.text
    assert [(row["finish"], row["error"]) for row in rows] == [
        ("failed", "upstream_timeout"),
        ("complete", None),
    ]


@pytest.mark.parametrize(
    "stalling",
    [
        pytest.param(_silent_after(_ROLE, _ONE), id="silence"),
        pytest.param(_silent_after(_ROLE, _ONE, _ONE[:20]), id="half an event"),
        pytest.param(answers.comments_after([_ROLE, _ONE]), id="comments"),
    ],
)
def test_a_stream_that_stalls_half_way_ends_with_an_error_event(
    impatient: Proxy, shared_upstream: FakeUpstream, stalling: Answer
) -> None:
    shared_upstream.answer = stalling

    reply = ask(impatient, stream=True)
    (row,) = recorded(impatient, request_id=reply.headers["x-request-id"])

    events = [line[6:] for line in reply.text.splitlines() if line.startswith("data: ")]
    assert reply.status_code == 200
    assert json.loads(events[1])["choices"][0]["delta"]["content"] == "one "
    assert json.loads(events[-1])["error"]["code"] == "upstream_timeout"
    assert "[DONE]" not in reply.text
    assert (row["finish"], row["error"]) == ("failed", "upstream_timeout")
    assert shared_upstream.last.client_left.wait(10)


def test_a_stream_may_take_longer_than_any_limit_while_it_makes_progress(
    upstream: FakeUpstream, start_proxy: StartProxy
) -> None:
    proxy = start_proxy(
        lab_config(upstream.url, resilience={**_IMPATIENT, "stall_timeout_s": 60.0})
    )
    pieces = answers.chunks_of(["one ", "two "])
    upstream.answer = answers.paused_stream(pieces[:2], pieces[2:])
    stream = proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    seen = [next(stream), next(stream)]

    # A second request runs into its limit, hence the first has outlasted all but that on stalls.
    late = ask(proxy)
    upstream.release()
    seen.extend(stream)

    assert late.status_code == 504
    assert [chunk.choices[0].delta.content for chunk in seen] == ["", "one ", "two ", None]


def test_a_client_that_reads_slowly_is_no_upstream_that_stalls(
    impatient: Proxy, shared_upstream: FakeUpstream
) -> None:
    sea = "sea " * 25_000
    whole = answers.stream(answers.chunks_of([sea] * 200))
    shared_upstream.answer = answers.in_turn(whole, answers.hang)
    stream = impatient.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    seen = [next(stream)]

    # While a second request runs into its limit, the first fills every buffer on its way.
    late = ask(impatient)
    seen.extend(stream)

    texts = [chunk.choices[0].delta.content for chunk in seen]
    assert late.status_code == 504
    assert texts == ["", *[sea] * 200, None]


@pytest.fixture
def busy_url() -> Iterator[str]:
    """An address whose queue of connections is full: connecting takes for ever."""
    with socket.socket() as server, socket.socket() as first, socket.socket() as late:
        server.bind(("127.0.0.1", 0))
        server.listen(0)
        first.connect(server.getsockname())
        late.setblocking(False)
        late.connect_ex(server.getsockname())
        yield f"http://127.0.0.1:{server.getsockname()[1]}/v1"


def test_an_endpoint_that_accepts_no_connection_is_made_up_for(
    upstream: FakeUpstream, start_proxy: StartProxy, busy_url: str
) -> None:
    pools: dict[str, Any] = {"small": [busy_url, upstream.url]}
    limits = {"connect_timeout_s": 0.3}
    proxy = start_proxy(pools_config(pools, resilience=limits))

    reply = ask(proxy)
    rows = recorded(proxy, 2)

    assert reply.status_code == 200
    assert rows[0]["error"] == "upstream_timeout"
