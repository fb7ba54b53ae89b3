"""What the strategies have learnt outlives a restart, and is known to other replicas."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests import answers
from tests.fake_upstream import FakeUpstream
from tests.proxy import Proxy, ask, pools_config, running_proxy
from tests.redis_server import RedisServer, needs_redis

_FILE = Path("state") / "learning.msgpack"


@pytest.fixture
def failing() -> Iterator[FakeUpstream]:
    with FakeUpstream(answers.error(500)) as fake:
        yield fake


def config(failing: FakeUpstream, upstream: FakeUpstream, **more: Any) -> dict[str, Any]:
    """Let a model that always fails be the first of the route, until that is known."""
    strategy = {"name": "fastest", "explore": 0, "seed": 1}
    return pools_config(
        {"failing": [failing.url], "good": [upstream.url]},
        routes={"auto": {"models": ["failing", "good"], "strategy": strategy}},
        resilience={"cooldown_s": 0},
        **more,
    )


def asked_first(proxy: Proxy, failing: FakeUpstream) -> str:
    """Ask, and return which model was tried first."""
    before = len(failing.received)
    reply = ask(proxy)
    assert (reply.status_code, reply.headers["x-wrp-cache"]) == (200, "bypass")
    return "failing" if len(failing.received) > before else "good"


def test_a_restart_goes_on_with_what_was_learnt(
    failing: FakeUpstream, upstream: FakeUpstream, tmp_path: Path
) -> None:
    said = config(failing, upstream)
    with running_proxy(said, tmp_path) as proxy:
        before = [asked_first(proxy, failing) for _ in range(3)]

    with running_proxy(said, tmp_path) as proxy:
        after = asked_first(proxy, failing)

    assert before == ["failing", "good", "good"]
    assert after == "good"


def test_a_damaged_file_is_set_aside_and_learning_begins_anew(
    failing: FakeUpstream, upstream: FakeUpstream, tmp_path: Path
) -> None:
    said = config(failing, upstream)
    with running_proxy(said, tmp_path) as proxy:
        asked_first(proxy, failing)
    (tmp_path / _FILE).write_bytes(b"This is something else. " * 100)

    with running_proxy(said, tmp_path) as proxy:
        after = asked_first(proxy, failing)

    assert after == "failing"
    assert (tmp_path / _FILE).with_name("learning.msgpack.set-aside").exists()


@needs_redis
def test_a_new_replica_knows_what_another_has_learnt(
    failing: FakeUpstream, upstream: FakeUpstream, tmp_path: Path
) -> None:
    with RedisServer(tmp_path / "redis", password="open-sesame") as redis:
        said = config(failing, upstream, cache={"redis": redis.url})
        with running_proxy(said, tmp_path / "one") as one:
            before = [asked_first(one, failing), asked_first(one, failing)]

        with running_proxy(said, tmp_path / "two") as two:
            after = asked_first(two, failing)

    assert before == ["failing", "good"]
    assert after == "good"


@needs_redis
def test_a_redis_that_is_away_keeps_nobody_from_serving(
    failing: FakeUpstream, upstream: FakeUpstream, tmp_path: Path
) -> None:
    with RedisServer(tmp_path / "redis") as redis:
        said = config(failing, upstream, cache={"redis": redis.url})
    with running_proxy(said, tmp_path) as proxy:
        before = [asked_first(proxy, failing), asked_first(proxy, failing)]

    with running_proxy(said, tmp_path) as proxy:
        after = asked_first(proxy, failing)

    assert before == ["failing", "good"]
    assert after == "good"
