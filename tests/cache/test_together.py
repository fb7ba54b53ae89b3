"""Identical requests at the same time make one call."""

import asyncio
import json
from typing import Any

import httpx
import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream, Received, Wire
from tests.proxy import ASK, CHAT, Proxy, eventually, recorded, tls_context

pytestmark = pytest.mark.anyio

BODY: dict[str, Any] = {"model": "auto", "messages": ASK, "temperature": 0}


def waiting(upstream: FakeUpstream, *, failing: int = 0) -> None:
    """Let answers wait for the test; the first `failing` of them fail then."""
    good = upstream.answer

    async def answer(received: Received, wire: Wire) -> None:
        place = len(upstream.received)
        await wire.release.wait()
        await (answers.error(500) if place <= failing else good)(received, wire)

    upstream.answer = answer


async def asked(client: httpx.AsyncClient, *, stream: bool = False) -> httpx.Response:
    return await client.post(CHAT, json={**BODY, "stream": stream}, timeout=30)


def client_of(proxy: Proxy) -> httpx.AsyncClient:
    limits = httpx.Limits(max_connections=100)
    return httpx.AsyncClient(base_url=proxy.url, limits=limits, verify=tls_context())


async def all_arrived(proxy: Proxy, count: int) -> None:
    """Wait until so many requests are being answered."""

    def look() -> bool:
        metrics = httpx.get(f"{proxy.url}/v1/cache/stats", verify=tls_context()).json()
        return bool(metrics["in_flight"]["passengers"] >= count)

    await asyncio.to_thread(eventually, look)


@pytest.mark.parametrize("stream", [True, False])
async def test_fifty_identical_requests_make_one_call(
    proxy: Proxy, upstream: FakeUpstream, stream: bool
) -> None:
    waiting(upstream)
    async with client_of(proxy) as client:
        tasks = [asyncio.create_task(asked(client, stream=stream)) for _ in range(50)]
        await all_arrived(proxy, 50)
        upstream.release()
        replies = await asyncio.gather(*tasks)

    assert len(upstream.received) == 1
    assert {reply.status_code for reply in replies} == {200}
    assert len({reply.content for reply in replies}) == 1
    said = sorted(reply.headers["x-wrp-cache"] for reply in replies)
    assert said == ["miss", *["shared"] * 49]
    assert {reply.headers["x-wrp-model"] for reply in replies} == {"small"}
    rows = await asyncio.to_thread(recorded, proxy, 50)
    assert sum(row["cost_usd"] > 0 for row in rows) == 1
    assert sum(row["saved_usd"] or 0 for row in rows) == pytest.approx(
        49 * max(row["cost_usd"] for row in rows)
    )


async def test_the_first_may_leave(proxy: Proxy, upstream: FakeUpstream) -> None:
    waiting(upstream)
    async with client_of(proxy) as leaving, client_of(proxy) as staying:
        first = asyncio.create_task(asked(leaving))
        await all_arrived(proxy, 1)
        second = asyncio.create_task(asked(staying))
        await all_arrived(proxy, 2)
        first.cancel()
        await asyncio.gather(first, return_exceptions=True)
        upstream.release()
        reply = await second

    assert (reply.status_code, len(upstream.received)) == (200, 1)


async def test_when_all_leave_the_call_is_cancelled(proxy: Proxy, upstream: FakeUpstream) -> None:
    waiting(upstream)
    async with client_of(proxy) as client:
        tasks = [asyncio.create_task(asked(client)) for _ in range(2)]
        await all_arrived(proxy, 2)
        await asyncio.to_thread(eventually, lambda: len(upstream.received) == 1)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    assert await asyncio.to_thread(upstream.last.client_left.wait, 10)
    rows = await asyncio.to_thread(recorded, proxy, 1)
    assert "cancelled" in {row["finish"] for row in rows}


async def test_after_a_failure_one_of_those_who_wait_tries_again(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    waiting(upstream, failing=1)
    async with client_of(proxy) as client:
        first = asyncio.create_task(asked(client))
        await all_arrived(proxy, 1)
        others = [asyncio.create_task(asked(client)) for _ in range(10)]
        await all_arrived(proxy, 11)
        upstream.release()
        failed, *replies = await asyncio.gather(first, *others)

    assert failed.status_code == 500
    assert {reply.status_code for reply in replies} == {200}
    assert len(upstream.received) == 2


async def test_if_that_fails_too_all_are_told(proxy: Proxy, upstream: FakeUpstream) -> None:
    waiting(upstream, failing=9)
    async with client_of(proxy) as client:
        tasks = [asyncio.create_task(asked(client)) for _ in range(10)]
        await all_arrived(proxy, 10)
        upstream.release()
        replies = await asyncio.gather(*tasks)

    assert {reply.status_code for reply in replies} == {500}
    assert len(upstream.received) == 2


async def test_streams_follow_from_the_first_word_on(proxy: Proxy, upstream: FakeUpstream) -> None:
    async def two_words(received: Received, wire: Wire) -> None:
        first, second, *rest = answers.chunks_of(["Hel", "lo"])
        await wire.begin_stream()
        await wire.piece(first + second)
        await wire.release.wait()
        await wire.piece(b"".join(rest))
        await wire.end_stream()

    upstream.answer = two_words
    body = {**BODY, "stream": True}
    async with client_of(proxy) as client, client.stream("POST", CHAT, json=body) as one:
        heard = one.aiter_bytes()
        assert b"Hel" in await anext(heard)
        async with client.stream("POST", CHAT, json=body) as other:
            overheard = other.aiter_bytes()
            assert b"Hel" in await anext(overheard)
            upstream.release()
            rest = [b"".join([piece async for piece in ears]) for ears in (heard, overheard)]

    assert rest[0] == rest[1]
    assert rest[0].endswith(b"data: [DONE]\n\n")
    assert len(upstream.received) == 1


@pytest.mark.parametrize("wish", [{"cache-control": "max-age=0"}, {"x-wrp-cache-threshold": "1"}])
async def test_who_is_more_careful_flies_alone(
    proxy: Proxy, upstream: FakeUpstream, wish: dict[str, str]
) -> None:
    waiting(upstream)
    async with client_of(proxy) as client:
        post = client.post(CHAT, json=BODY, headers=wish, timeout=30)
        tasks = [asyncio.create_task(asked(client)), asyncio.create_task(post)]
        await asyncio.to_thread(eventually, lambda: len(upstream.received) == 2)
        upstream.release()
        replies = await asyncio.gather(*tasks)

    assert [reply.headers["x-wrp-cache"] for reply in replies] == ["miss", "miss"]


async def test_who_asks_no_model_leads_nobody(proxy: Proxy, upstream: FakeUpstream) -> None:
    wish = {"cache-control": "only-if-cached"}
    async with client_of(proxy) as client:
        posts = [client.post(CHAT, json=BODY, headers=wish, timeout=30) for _ in range(5)]
        replies = await asyncio.gather(*posts, asked(client))

    assert [reply.status_code for reply in replies] == [504] * 5 + [200]


async def test_who_sets_a_deadline_of_his_own_flies_alone(
    proxy: Proxy, upstream: FakeUpstream
) -> None:
    waiting(upstream)
    headers = {"x-wrp-timeout-ms": "20000"}
    async with client_of(proxy) as client:
        post = client.post(CHAT, json=BODY, headers=headers, timeout=30)
        tasks = [asyncio.create_task(asked(client)), asyncio.create_task(post)]
        await asyncio.to_thread(eventually, lambda: len(upstream.received) == 2)
        upstream.release()
        replies = await asyncio.gather(*tasks)

    assert [reply.status_code for reply in replies] == [200, 200]
    assert json.loads(replies[0].content) == json.loads(replies[1].content)
