"""Replicas on one Redis know each other's pools; without it each goes by what it sees."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, eventually, pools_config, running_proxy
from tests.redis_server import RedisServer, needs_redis
from wrp_proxy import pool_sharing as sharing_module

pytestmark = needs_redis

FIRST, SECOND = "lab-1/mock-small", "lab-2/mock-small"
_JUNK = (
    b"",
    b"junk",
    b"\xff\xfe",
    b"9" * 5000,
    b"1 {}",
    b"-1 true",
    b'{"turn": 1, "busy": {"x": -1}}',
)
StartReplica = Callable[[], Proxy]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing_module, "EXCHANGE_S", 0.05)
    monkeypatch.setattr(sharing_module, "_LONGEST_PAUSE_S", 0.2)


@pytest.fixture
def upstreams() -> Iterator[tuple[FakeUpstream, FakeUpstream]]:
    with FakeUpstream(answers.chat()) as first, FakeUpstream(answers.chat()) as second:
        yield first, second


@pytest.fixture
def start(
    redis: RedisServer, upstreams: tuple[FakeUpstream, FakeUpstream], tmp_path: Path
) -> Iterator[StartReplica]:
    """Start replicas that end with the test."""
    with ExitStack() as stack:
        count = 0

        def start() -> Proxy:
            nonlocal count
            count += 1
            config = config_for(redis, upstreams)
            return stack.enter_context(running_proxy(config, tmp_path / f"replica-{count}"))

        yield start


def config_for(redis: RedisServer, upstreams: tuple[FakeUpstream, FakeUpstream]) -> dict[str, Any]:
    return pools_config(
        {"small": [one.url for one in upstreams]},
        cache={"redis": {"url": redis.url}},
        resilience={"cooldown_s": 120, "max_cooldown_s": 120},
        workload={"embed": False},
    )


def asked(proxy: Proxy) -> httpx.Response:
    return ask(proxy, headers={"cache-control": "no-store, no-cache"})


def pools(proxy: Proxy) -> dict[str, Any]:
    shown: dict[str, Any] = proxy.http.get("/v1/pools").json()
    return shown


def endpoint(proxy: Proxy, name: str = FIRST) -> dict[str, Any]:
    """Return what a replica shows of an endpoint."""
    listed = pools(proxy)["data"][0]["endpoints"]
    found: dict[str, Any] = next(one for one in listed if one["endpoint"] == name)
    return found


def state(proxy: Proxy, name: str = FIRST) -> str:
    return str(endpoint(proxy, name)["state"])


def change(proxy: Proxy, **said: Any) -> dict[str, Any]:
    reply = proxy.http.post("/v1/pools", json={"endpoint": FIRST, **said})
    assert reply.status_code == 200, reply.text
    told: dict[str, Any] = reply.json()
    return told


def breaks(proxy: Proxy, upstream: FakeUpstream) -> None:
    """Have a replica find out that the first endpoint fails."""
    upstream.answer = answers.error(500)
    eventually(lambda: asked(proxy).status_code == 200 and state(proxy) == "resting")


def test_an_endpoint_that_breaks_at_one_is_rested_by_the_other_without_being_asked(
    start: StartReplica, upstreams: tuple[FakeUpstream, FakeUpstream]
) -> None:
    one, other = start(), start()
    breaks(one, upstreams[0])
    count = len(upstreams[0].received)

    eventually(lambda: state(other) == "resting")
    replies = [asked(other).status_code for _ in range(4)]

    assert replies == [200] * 4
    assert len(upstreams[0].received) == count
    assert state(other, SECOND) == "in_service"


def test_a_replica_that_starts_later_rests_it_too(
    start: StartReplica, upstreams: tuple[FakeUpstream, FakeUpstream]
) -> None:
    breaks(start(), upstreams[0])

    assert eventually(lambda: state(start()) == "resting")


def test_what_is_revived_at_one_is_tried_by_the_other(
    start: StartReplica, upstreams: tuple[FakeUpstream, FakeUpstream]
) -> None:
    one, other = start(), start()
    breaks(one, upstreams[0])
    eventually(lambda: state(other) == "resting")
    upstreams[0].answer = answers.chat()

    change(one, revive=True)

    assert state(one) == "in_service"
    eventually(lambda: state(other) == "trying")
    eventually(lambda: asked(other).status_code == 200 and state(other) == "in_service")


def test_a_key_that_is_refused_at_one_is_spared_by_the_other_and_comes_back(
    start: StartReplica, upstreams: tuple[FakeUpstream, FakeUpstream]
) -> None:
    one, other = start(), start()
    upstreams[0].answer = answers.error(401)
    eventually(lambda: asked(one).status_code == 200 and state(one) == "no_valid_key")
    count = len(upstreams[0].received)

    eventually(lambda: state(other) == "no_valid_key")
    assert asked(other).status_code == 200
    assert len(upstreams[0].received) == count

    upstreams[0].answer = answers.chat()
    change(other, revive=True)
    eventually(lambda: state(one) == "in_service")


def test_what_an_operator_drains_and_weighs_at_one_holds_at_all_and_after_a_restart(
    redis: RedisServer,
    start: StartReplica,
    upstreams: tuple[FakeUpstream, FakeUpstream],
) -> None:
    one, other = start(), start()

    told = change(one, draining=True)
    change(other, weight=2.5)

    assert told["is_kept"] is True
    for replica in (one, other):
        eventually(lambda: (state(replica), endpoint(replica)["weight"]) == ("draining", 2.5))  # noqa: B023 - called at once
    late = start()
    assert (state(late), endpoint(late)["weight"]) == ("draining", 2.5)
    assert asked(late).status_code == 200
    assert upstreams[0].received == []
    with redis.client() as client:
        assert client.ttl("wrp:{pool}:wishes") == -1

    change(late, draining=False)
    eventually(lambda: state(one) == "in_service" and state(other) == "in_service")


def test_where_an_operator_cuts_a_pool_at_one_it_is_cut_at_all_and_after_a_restart(
    redis: RedisServer, upstreams: tuple[FakeUpstream, FakeUpstream], tmp_path: Path
) -> None:
    config = config_for(redis, upstreams)
    parts = zip(
        config["models"]["small"]["endpoints"], (("short", 8192), ("long", 100_000)), strict=True
    )
    for each, (label, window) in parts:
        each.update(label=label, context_window=window)

    def boundary(proxy: Proxy) -> int:
        return int(pools(proxy)["data"][0]["boundary"]["tokens"])

    with (
        running_proxy(config, tmp_path / "one") as one,
        running_proxy(config, tmp_path / "other") as other,
    ):
        cut = {"model": "small", "boundary_tokens": 500}
        told = one.http.post("/v1/pools/boundary", json=cut).json()

        assert (told["is_kept"], boundary(one)) == (True, 500)
        eventually(lambda: boundary(other) == 500)
    with running_proxy(config, tmp_path / "late") as late:
        assert boundary(late) == 500
        replies = [ask(late, max_tokens=tokens) for tokens in (100, 600)]
    assert [reply.headers["x-wrp-provider"] for reply in replies] == ["lab-1", "lab-2"]


def test_what_is_in_flight_at_one_is_seen_by_the_other(
    start: StartReplica, upstreams: tuple[FakeUpstream, FakeUpstream]
) -> None:
    one, other = start(), start()
    before, after = answers.chunks_of(["Hello"])[:2], answers.chunks_of(["Hello"])[2:]
    for upstream in upstreams:
        upstream.answer = answers.paused_stream(before, after)

    stream = one.openai.chat.completions.create(
        model="small", messages=[{"role": "user", "content": "Hi"}], stream=True
    )
    next(iter(stream))
    busy = next(name for name in (FIRST, SECOND) if endpoint(one, name)["in_flight"])

    eventually(lambda: endpoint(other, busy)["elsewhere"] == 1)
    assert endpoint(one, busy)["elsewhere"] == 0
    for upstream in upstreams:
        upstream.release()
    assert list(stream)
    eventually(lambda: endpoint(other, busy)["elsewhere"] == 0)


def test_without_redis_each_goes_on_alone_and_all_agree_when_it_is_back(
    redis: RedisServer, start: StartReplica, upstreams: tuple[FakeUpstream, FakeUpstream]
) -> None:
    with capture_logs() as logs:
        one, other = start(), start()
        eventually(lambda: "wrp_pool_replicas 1.0" in one.http.get("/metrics").text)

        redis.kill()
        eventually(lambda: len(said(logs, "warning")) == 2)
        change(one, weight=7)
        breaks(one, upstreams[0])
        alone = [asked(other).status_code for _ in range(6)]
        failures = eventually(lambda: failed(one) > 3 and failed(other) > 3)
        warnings = len(said(logs, "warning"))

        redis.start()
        eventually(lambda: len(said(logs, "info")) == 2)
        eventually(lambda: state(other) == "resting" and endpoint(other)["weight"] == 7)

    assert alone == [200] * 6
    assert failures
    assert warnings == 2


def test_serving_begins_while_redis_is_away(redis: RedisServer, start: StartReplica) -> None:
    redis.kill()

    one = start()

    assert asked(one).status_code == 200
    assert state(one) == "in_service"


def test_junk_in_redis_is_left_out(redis: RedisServer, start: StartReplica) -> None:
    one = start()
    with redis.client() as client:
        for place, junk in enumerate(_JUNK):
            other = b"%d\xff" % place
            client.hset("wrp:{pool}:replicas", mapping={b"no-%d" % place: junk, other: junk})
            told: Mapping[Any, bytes] = {f"endpoint:{FIRST}": junk, other: junk}
            client.hset("wrp:{pool}:health", mapping=told)
            wanted: Mapping[Any, bytes] = {f"draining:{FIRST}": junk, f"weight:{FIRST}": junk}
            client.hset("wrp:{pool}:wishes", mapping=wanted)
            eventually(lambda: metric(one, "wrp_pool_sharing_damaged") > 0)

    late = start()
    change(one, weight=3)

    eventually(lambda: endpoint(late)["weight"] == 3)
    assert (state(one), state(late)) == ("in_service", "in_service")
    assert asked(late).status_code == 200


def test_something_else_of_its_names_is_told_and_waited_for(
    redis: RedisServer, start: StartReplica
) -> None:
    with redis.client() as client:
        client.set("wrp:{pool}:health", b"a string")
        one = start()
        eventually(lambda: failed(one) > 2)
        client.delete("wrp:{pool}:health")

    eventually(lambda: metric(one, "wrp_pool_sharing_success_seconds") > 0)


def test_no_secret_is_in_redis(redis: RedisServer, start: StartReplica) -> None:
    one = start()
    change(one, draining=True)

    with redis.client() as client:
        eventually(lambda: client.hlen("wrp:{pool}:wishes"))
        found = [client.hgetall(name) for name in client.scan_iter("wrp:{pool}:*")]
    assert b"upstream-secret" not in repr(found).encode()


def said(logs: Any, level: str) -> list[Any]:
    return [
        entry
        for entry in logs
        if entry["log_level"] == level and entry["event"].startswith("pools are ")
    ]


def metric(proxy: Proxy, name: str) -> float:
    lines = proxy.http.get("/metrics").text.splitlines()
    return next((float(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0.0)


def failed(proxy: Proxy) -> float:
    return metric(proxy, "wrp_pool_sharing_failures_total")
