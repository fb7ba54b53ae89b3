"""Two proxies on one Redis, and what may happen to that Redis."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.cache.asking import PATIENT_MS, question, semantic_config, semantic_proxy, tier
from tests.fake_upstream import FakeUpstream
from tests.proxy import (
    ASK,
    CHAT,
    Proxy,
    ask,
    eventually,
    lab_config,
    running_proxy,
    tls_context,
)
from tests.redis_server import RedisServer, needs_redis

pytestmark = needs_redis

KEYS = [{"key": "k-ada", "name": "ada", "admin": True}, {"key": "k-bob", "name": "bob"}]
COLD: dict[str, Any] = {"temperature": 0}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[RedisServer]:
    with RedisServer(tmp_path / "redis", password="open-sesame") as server:
        yield server


def shared_config(upstream: FakeUpstream, redis: RedisServer, **more: Any) -> dict[str, Any]:
    cache = {"redis": redis.url, **more.pop("cache", {})}
    return lab_config(upstream.url, cache=cache, server={"api_keys": KEYS}, **more)


@pytest.fixture
def pair(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> Iterator[tuple[Proxy, Proxy]]:
    config = shared_config(upstream, redis)
    with (
        running_proxy(config, tmp_path / "one") as one,
        running_proxy(config, tmp_path / "two") as two,
    ):
        one.key = two.key = "k-ada"
        eventually(lambda: state(one) == state(two) == "ok")
        yield one, two


def state(proxy: Proxy) -> str:
    return str(
        httpx.get(f"{proxy.url}/health/ready", verify=tls_context()).json()["cache"]["state"]
    )


def has(proxy: Proxy, **body: Any) -> bool:
    """Tell whether an answer is known, without asking a model."""
    wish = {"cache-control": "only-if-cached"}
    return ask(proxy, headers=wish, **{**COLD, **body}).status_code == 200


def test_what_one_has_answered_the_other_knows(
    pair: tuple[Proxy, Proxy], upstream: FakeUpstream
) -> None:
    one, two = pair
    first = ask(one, **COLD)

    eventually(lambda: has(two), within_s=1.0)

    again = ask(two, **COLD)
    assert (again.headers["x-wrp-cache"], again.content) == ("exact", first.content)
    assert len(upstream.received) == 1


def test_what_is_deleted_or_flushed_at_one_is_gone_at_the_other_at_once(
    pair: tuple[Proxy, Proxy],
) -> None:
    one, two = pair
    for seed in (1, 2):
        ask(one, **COLD, seed=seed)
    eventually(lambda: has(two, seed=1) and has(two, seed=2))
    first = one.http.get("/v1/cache/entries", params={"limit": 1}).json()["data"][0]

    one.http.delete(f"/v1/cache/entries/{first['id']}")
    gone = [has(two, seed=seed) for seed in (1, 2)]
    one.http.post("/v1/cache/flush")
    none = [has(two, seed=seed) for seed in (1, 2)]

    assert sorted(gone) == [False, True]
    assert none == [False, False]


def test_tenants_stay_apart_on_one_redis(pair: tuple[Proxy, Proxy]) -> None:
    one, two = pair
    ask(one, **COLD)
    eventually(lambda: has(two))

    two.key = "k-bob"

    assert not has(two)


def test_a_replica_that_was_down_catches_up(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    config = shared_config(upstream, redis)
    with running_proxy(config, tmp_path / "one") as one:
        one.key = "k-ada"
        ask(one, **COLD)
        eventually(lambda: redis_holds(redis))
        with running_proxy(config, tmp_path / "two") as late:
            late.key = "k-ada"
            eventually(lambda: has(late))


def redis_holds(redis: RedisServer) -> bool:
    with redis.client() as client:
        return len(client.keys("*")) > 2


def test_other_words_are_known_to_all(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    config = semantic_config(upstream.url, cache="balanced", server={"api_keys": KEYS}) | {
        "cache": {"redis": redis.url}
    }
    with (
        running_proxy(config, tmp_path / "one") as one,
        running_proxy(config, tmp_path / "two") as two,
    ):
        one.key = two.key = "k-ada"
        question(one, "How do I reset my password?")

        def reply() -> bool:
            found = question(
                two, "How can I reset my password?", headers={"cache-control": "only-if-cached"}
            )
            return found.status_code == 200 and tier(found) == "semantic"

        eventually(reply)

    assert len(upstream.received) == 1


def test_strangers_share_only_where_the_operator_says_so(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    for anonymous, is_shared in (("own", False), ("shared", True)):
        cache = {"redis": {"url": redis.url, "prefix": anonymous}, "anonymous": anonymous}
        config = lab_config(upstream.url, cache=cache)
        with (
            running_proxy(config, tmp_path / f"{anonymous}-1") as one,
            running_proxy(config, tmp_path / f"{anonymous}-2") as two,
        ):
            ask(one, **COLD)
            eventually(lambda proxy=two: entries(proxy) == 1)  # type: ignore[misc] # bound now
            assert has(two) == is_shared


def entries(proxy: Proxy) -> int:
    return int(proxy.http.get("/v1/cache/stats").json()["store"]["entries"])


async def hammer(proxy: Proxy, stop: asyncio.Event) -> list[int]:
    """Ask without a pause; return all statuses."""
    statuses: list[int] = []
    headers = {"authorization": "Bearer k-ada"}
    async with httpx.AsyncClient(base_url=proxy.url, headers=headers, timeout=30) as client:
        while not stop.is_set():
            body = {"model": "auto", "messages": ASK, "seed": len(statuses) % 7, **COLD}
            statuses.append((await client.post(CHAT, json=body)).status_code)
    return statuses


@pytest.mark.anyio
async def test_requests_go_on_while_redis_is_killed_and_comes_back(
    pair: tuple[Proxy, Proxy], redis: RedisServer
) -> None:
    one, two = pair
    stop = asyncio.Event()
    load = [asyncio.create_task(hammer(proxy, stop)) for proxy in pair for _ in range(5)]

    await asyncio.to_thread(eventually, lambda: entries(one) >= 7)
    redis.kill()
    await asyncio.to_thread(eventually, lambda: state(one) == state(two) == "unreachable")
    ready = one.http.get("/health/ready")
    metrics = one.http.get("/metrics").text
    redis.start()
    await asyncio.to_thread(eventually, lambda: state(one) == state(two) == "ok")
    stop.set()
    statuses = [status for task in load for status in await task]

    assert set(statuses) == {200}
    assert (ready.status_code, ready.json()["status"]) == (200, "ready")
    assert "open-sesame" not in ready.text
    assert "wrp_cache_store_ok 0.0" in metrics


def test_a_wrong_password_is_told_and_stops_nobody(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    url = redis.url_with("wrong-word")
    with running_proxy(lab_config(upstream.url, cache={"redis": url}), tmp_path) as proxy:
        eventually(lambda: state(proxy) == "unreachable")
        ready = httpx.get(f"{proxy.url}/health/ready", verify=tls_context()).json()

        assert ask(proxy, **COLD).status_code == 200
        assert "password" in ready["cache"]["detail"]
        assert "wrong-word" not in str(ready)


def test_tenants_spread_over_several_servers(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    with RedisServer(tmp_path / "redis-2") as other:
        keys = [{"key": f"k-{n}", "name": f"t{n}"} for n in range(8)]
        cache = {"redis": {"shards": [redis.url, other.url]}}
        config = lab_config(upstream.url, cache=cache, server={"api_keys": keys})
        with running_proxy(config, tmp_path / "one") as proxy:
            for key in keys:
                proxy.key = key["key"]
                ask(proxy, **COLD)
                assert has(proxy)
            eventually(lambda: redis_holds(redis) and redis_holds(other))


def test_a_stuck_redis_costs_a_request_its_budget_and_no_more(
    pair: tuple[Proxy, Proxy], redis: RedisServer
) -> None:
    """The answers that this process has seen lately are given all the same."""
    one, two = pair
    ask(one, **COLD)
    eventually(lambda: has(two))

    redis.pause()
    try:
        replies = [ask(proxy, **COLD) for proxy in (one, two, one)]
        eventually(lambda: state(one) == "unreachable")
    finally:
        redis.resume()

    assert {reply.status_code for reply in replies} == {200}
    assert replies[0].headers["x-wrp-cache"] == "exact"
    eventually(lambda: state(one) == "ok")


def test_semantic_answers_outlive_a_restart_in_redis(
    upstream: FakeUpstream, redis: RedisServer, tmp_path: Path
) -> None:
    config = semantic_config(upstream.url) | {
        "cache": {"redis": redis.url, "lookup_budget_ms": PATIENT_MS},
        "server": {"api_keys": KEYS},
    }
    with running_proxy(config, tmp_path / "one") as before:
        before.key = "k-ada"
        eventually(lambda: question(before, "Warm?").status_code == 200)
        question(before, "How do I reset my password?")
    with semantic_proxy(upstream, tmp_path / "two", config, key="k-ada") as after:

        def hit() -> bool:
            return tier(question(after, "How can I reset my password?")) in {"semantic", "exact"}

        eventually(hit)
