"""What is kept of answers, for how long, and how much of it."""

from typing import Any

import pytest

from tests.unit.clock import Clock
from wrp_proxy.api.asgi import Message, Send
from wrp_proxy.api.idempotency import Idempotency
from wrp_proxy.errors import IdempotencyError, RequestError

pytestmark = pytest.mark.anyio


@pytest.fixture
def clock() -> Clock:
    return Clock()


class Upstream:
    """Counts how often it is asked; its answers have a size."""

    def __init__(self, size: int = 10, *, is_complete: bool = True) -> None:
        self.calls = 0
        self._size = size
        self._is_complete = is_complete

    async def __call__(self, send: Send) -> bool:
        self.calls += 1
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"%d" % self.calls * self._size})
        return self._is_complete


async def asked(kept: Idempotency, upstream: Upstream, key: bytes, body: bytes = b"{}") -> bytes:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    await kept.answer(("alice", "chat", key), body, send, upstream)
    return b"".join(message.get("body", b"") for message in sent)


async def test_an_answer_is_kept_for_its_time(clock: Clock) -> None:
    kept, upstream = Idempotency(clock=clock, ttl_s=60), Upstream(1)
    await asked(kept, upstream, b"k")

    clock.now += 59
    before = await asked(kept, upstream, b"k")
    clock.now += 1
    after = await asked(kept, upstream, b"k", b"another body by now")

    assert (before, after) == (b"1", b"2")


async def test_the_oldest_answers_make_room(clock: Clock) -> None:
    kept, upstream = Idempotency(clock=clock, max_bytes=80), Upstream(10)
    for place in range(9):
        await asked(kept, upstream, b"%d" % place)

    await asked(kept, upstream, b"8")
    assert upstream.calls == 9
    await asked(kept, upstream, b"0")
    assert upstream.calls == 10


async def test_no_more_than_so_many_answers_are_kept(clock: Clock) -> None:
    kept, upstream = Idempotency(clock=clock, max_answers=2), Upstream(1)
    for key in (b"a", b"b", b"c"):
        await asked(kept, upstream, key)

    assert await asked(kept, upstream, b"b") == b"2"
    assert await asked(kept, upstream, b"a") == b"4"


async def test_a_very_large_answer_is_not_kept_and_costs_no_other_its_place(clock: Clock) -> None:
    kept, small, large = Idempotency(clock=clock, max_bytes=80), Upstream(10), Upstream(11)
    await asked(kept, small, b"small")

    for _ in range(2):
        await asked(kept, large, b"large")

    assert large.calls == 2
    await asked(kept, small, b"small")
    assert small.calls == 1


async def test_an_incomplete_answer_is_given_but_not_kept(clock: Clock) -> None:
    kept, upstream = Idempotency(clock=clock), Upstream(1, is_complete=False)

    given = [await asked(kept, upstream, b"k") for _ in range(2)]

    assert given == [b"1", b"2"]


async def test_the_body_must_be_the_same(clock: Clock) -> None:
    kept, upstream = Idempotency(clock=clock), Upstream()
    await asked(kept, upstream, b"k")

    with pytest.raises(IdempotencyError):
        kept.find(("alice", "chat", b"k"), b"{ }")


@pytest.mark.parametrize("other", [("bob", "chat", b"k"), ("alice", "messages", b"k")])
async def test_another_tenants_or_apis_key_is_another_key(clock: Clock, other: Any) -> None:
    kept, upstream = Idempotency(clock=clock), Upstream()
    await asked(kept, upstream, b"k")

    assert kept.find(other, b"{}") is None


@pytest.mark.parametrize("key", [b"", b"x" * 256])
async def test_a_key_has_a_length(clock: Clock, key: bytes) -> None:
    with pytest.raises(RequestError):
        Idempotency(clock=clock).find(("alice", "chat", key), b"{}")
