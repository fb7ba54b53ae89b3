"""Many at once, large ones, and small ones that must not wait for each other."""

import asyncio
import threading
from hashlib import sha256

import openai
import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import ASK, CHAT, Proxy, eventually, recorded

_STREAMS = 64


async def _say_it_again(received: Received, wire: Wire) -> None:
    """Stream the question's own words; the second half when all have asked."""
    words = [f"{word} " for word in received.json["messages"][-1]["content"].split()]
    pieces = answers.chunks_of(words)
    await wire.begin_stream()
    for piece in pieces[: len(pieces) // 2]:
        await wire.piece(piece)
    await wire.release.wait()
    for piece in pieces[len(pieces) // 2 :]:
        await wire.piece(piece)
    await wire.end_stream()


async def _read(client: openai.AsyncOpenAI, text: str) -> str:
    stream = await client.chat.completions.create(
        model="auto", messages=[{"role": "user", "content": text}], stream=True
    )
    return "".join([chunk.choices[0].delta.content or "" async for chunk in stream])


@pytest.mark.anyio
async def test_of_many_concurrent_streams_each_gets_its_own_text_whole(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    upstream.answer = _say_it_again
    texts = [" ".join(f"{number}-{word}" for word in range(40)) for number in range(_STREAMS)]

    async with openai.AsyncOpenAI(base_url=f"{proxy.url}/v1", api_key="any") as client:
        reading = [asyncio.ensure_future(_read(client, text)) for text in texts]
        await asyncio.to_thread(eventually, lambda: len(upstream.received) == _STREAMS)
        upstream.release()
        read = await asyncio.gather(*reading)

    assert read == [f"{text} " for text in texts]
    rows = await asyncio.to_thread(recorded, proxy, _STREAMS)
    assert {row["finish"] for row in rows} == {"complete"}
    assert sum(row["completion_tokens"] for row in rows) == 7 * _STREAMS


@pytest.mark.parametrize("stream", [False, True])
def test_a_large_body_arrives_byte_for_byte(
    shared_proxy: Proxy, shared_upstream: FakeUpstream, stream: bool
) -> None:
    shared_upstream.answer = answers.chat()
    text = "caf\\u00e9 \u2028 \U0001f30a \\n " * 240_000
    body = (
        f'{{"model":"lab/mock","odd": [1e3, 1.10,  -0.0],"stream":{str(stream).lower()},'
        f'"messages":[{{"role":"user", "content":"{text}"}}],"seed":12345678901234567890123}}'
    )
    expected = body.replace('"lab/mock"', '"mock"').replace('"odd": ', '"odd":')
    if stream:
        expected = f'{expected[:-1]},"stream_options":{{"include_usage":true}}}}'

    reply = shared_proxy.http.post(CHAT, content=body.encode())

    sent = shared_upstream.last.body
    assert reply.status_code == 200
    assert len(sent) > 5_000_000
    assert len(sent) == len(expected.encode())
    assert sha256(sent).digest() == sha256(expected.encode()).digest()


def test_a_large_answer_arrives_whole(shared_proxy: Proxy, shared_upstream: FakeUpstream) -> None:
    text = "The sea \u2028 is wide. " * 100_000
    shared_upstream.answer = answers.plain(answers.completion(text))

    reply = shared_proxy.openai.chat.completions.create(model="auto", messages=ASK)

    assert reply.choices[0].message.content == text


def test_a_large_event_arrives_whole(shared_proxy: Proxy, shared_upstream: FakeUpstream) -> None:
    text = "The sea \u2028 is wide. " * 50_000
    shared_upstream.answer = answers.stream(answers.chunks_of([text, "end"]))

    chunks = list(
        shared_proxy.openai.chat.completions.create(model="auto", messages=ASK, stream=True)
    )

    assert [chunk.choices[0].delta.content for chunk in chunks] == ["", text, "end", None]


def test_every_chunk_goes_out_on_its_own(
    shared_proxy: Proxy, shared_upstream: FakeUpstream
) -> None:
    role, *words = answers.chunks_of([f"{number} " for number in range(20)])[:21]
    rest = [answers.event(answers.delta(finish="stop")), answers.DONE]
    steps = threading.Semaphore(2)
    shared_upstream.answer = answers.stepwise_stream([role, *words, *rest], steps)
    body = {"model": "auto", "messages": ASK, "stream": True}

    with shared_proxy.http as client, client.stream("POST", CHAT, json=body) as reply:
        pieces = reply.iter_raw()
        seen = [next(pieces)]
        for _ in words[1:]:
            steps.release()
            seen.append(next(pieces))
        steps.release(2)
        last = b"".join(pieces)

    assert seen == [role + words[0], *words[1:]]
    assert last == b"".join(rest)


def test_chunks_go_out_at_once_also_to_a_client_that_would_take_gzip(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    whole = answers.chunks_of(["one ", "two "])
    upstream.answer = answers.paused_stream(whole[:2], whole[2:])
    body = {"model": "auto", "messages": ASK, "stream": True}

    with (
        proxy.http as client,
        client.stream("POST", CHAT, json=body, headers={"accept-encoding": "gzip"}) as reply,
    ):
        pieces = reply.iter_raw()
        first = next(pieces)
        upstream.release()
        rest = b"".join(pieces)

    assert "content-encoding" not in reply.headers
    assert first == whole[0] + whole[1]
    assert rest.endswith(answers.DONE)


def test_one_connection_serves_many_requests(proxy: Proxy, upstream: FakeUpstream) -> None:
    client = proxy.http

    texts = [
        client.post(CHAT, json={"model": "auto", "messages": ASK, "stream": number % 2 == 0}).text
        for number in range(20)
    ]

    assert all("Hello" in text for text in texts)
    assert len(upstream.received) == 20
    assert len(recorded(proxy, 20)) == 20
