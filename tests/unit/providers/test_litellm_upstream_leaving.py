"""What becomes of a call that nobody waits for any more, and of the first ones."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any

import pytest

from tests.answers import delta
from tests.contracts.raw_server import loop_turns
from tests.unit.providers.litellm_stand_in import (
    ASKED,
    StandIn,
    Stream,
    ask,
    call,
    chunks,
    gives,
    upstream_of,
)
from wrp_proxy.errors import DisconnectedError, UpstreamError, UpstreamTimeoutError
from wrp_proxy.providers.litellm_library import LiteLLM
from wrp_proxy.providers.litellm_upstream import LiteLLMUpstream

pytestmark = pytest.mark.anyio

ABORTED = UpstreamTimeoutError("Too slow.")


class Hanging:
    """Waits for ever, and tells of it."""

    def __init__(self) -> None:
        self.is_asked = asyncio.Event()
        self.is_cancelled = asyncio.Event()

    async def __call__(self, arguments: Mapping[str, Any] | None = None) -> Any:
        self.is_asked.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.is_cancelled.set()
            raise


async def test_aborting_raises_in_whoever_waits_for_the_answer() -> None:
    hanging = Hanging()
    exchange = upstream_of(StandIn(hanging)).open(call(**ASKED))
    entering = asyncio.create_task(exchange.__aenter__())
    await hanging.is_asked.wait()

    exchange.abort(ABORTED)

    with pytest.raises(UpstreamTimeoutError, match="Too slow"):
        await entering
    await hanging.is_cancelled.wait()


async def test_aborting_raises_in_whoever_waits_for_the_next_piece() -> None:
    hanging = Hanging()
    stream = Stream([delta("Hello"), hanging])
    async with upstream_of(StandIn(gives(stream))).open(call(**ASKED, stream=True)) as exchange:
        await anext(aiter(exchange))
        reading = asyncio.ensure_future(anext(aiter(exchange)))
        await hanging.is_asked.wait()

        exchange.abort(ABORTED)

        with pytest.raises(UpstreamTimeoutError):
            await reading
        await hanging.is_cancelled.wait()
        await stream.is_closed.wait()


async def test_aborting_while_nobody_waits_is_told_to_whoever_comes_next() -> None:
    stream = Stream(chunks("Hello"))
    async with upstream_of(StandIn(gives(stream))).open(call(**ASKED, stream=True)) as exchange:
        await anext(aiter(exchange))

        exchange.abort(ABORTED)

        await stream.is_closed.wait()
        with pytest.raises(UpstreamTimeoutError):
            await anext(aiter(exchange))


async def test_aborting_before_the_start_makes_no_call() -> None:
    library = StandIn()
    exchange = upstream_of(library).open(call(**ASKED))

    exchange.abort(ABORTED)

    with pytest.raises(UpstreamTimeoutError):
        await exchange.__aenter__()
    assert library.chats == []


async def test_it_is_the_vendor_who_is_slow_only_while_somebody_waits() -> None:
    hanging = Hanging()
    stream = Stream([delta("Hello"), hanging])
    async with upstream_of(StandIn(gives(stream))).open(call(**ASKED, stream=True)) as exchange:
        await anext(aiter(exchange))
        assert exchange.has_unread

        reading = asyncio.ensure_future(anext(aiter(exchange)))
        await hanging.is_asked.wait()
        assert not exchange.has_unread
        reading.cancel()


async def test_a_cancelled_call_is_cancelled_at_litellm() -> None:
    hanging = Hanging()
    asking = asyncio.create_task(ask(upstream_of(StandIn(hanging)), call(**ASKED)))
    await hanging.is_asked.wait()

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    await hanging.is_cancelled.wait()


async def test_a_stream_cancelled_in_the_middle_is_closed() -> None:
    hanging = Hanging()
    stream = Stream([delta("Hello"), hanging])
    asking = asyncio.create_task(
        ask(upstream_of(StandIn(gives(stream))), call(**ASKED, stream=True))
    )
    await hanging.is_asked.wait()

    asking.cancel()

    with pytest.raises(asyncio.CancelledError):
        await asking
    await stream.is_closed.wait()


async def test_a_stream_left_early_is_closed() -> None:
    stream = Stream(chunks("Hello"))

    async with upstream_of(StandIn(gives(stream))).open(call(**ASKED, stream=True)) as exchange:
        await anext(aiter(exchange))

    await stream.is_closed.wait()


async def test_a_stream_that_arrives_after_its_caller_left_is_closed() -> None:
    stream, asked, release = Stream([]), asyncio.Event(), asyncio.Event()

    async def stubborn(arguments: Mapping[str, Any]) -> Any:
        asked.set()
        while not release.is_set():
            try:
                await release.wait()
            except asyncio.CancelledError:
                continue
        return stream

    upstream = upstream_of(StandIn(stubborn))
    asking = asyncio.create_task(ask(upstream, call(**ASKED, stream=True)))
    await asked.wait()
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking

    release.set()
    await upstream.close()

    assert stream.is_closed.is_set()


async def test_closing_waits_for_abandoned_calls() -> None:
    stream = Stream(chunks("Hello"))
    upstream = upstream_of(StandIn(gives(stream)))
    async with upstream.open(call(**ASKED, stream=True)):
        pass

    await upstream.close()

    assert stream.is_closed.is_set()


async def test_a_call_that_litellm_cancels_itself_is_broken_off() -> None:
    async def cancelled(arguments: Mapping[str, Any]) -> Any:
        raise asyncio.CancelledError

    with pytest.raises(DisconnectedError):
        await ask(upstream_of(StandIn(cancelled)), call(**ASKED))


async def test_the_first_calls_load_once_and_off_the_loop() -> None:
    library, loaded = StandIn(), []

    def load() -> LiteLLM:
        loaded.append(threading.current_thread())
        return library

    upstream = LiteLLMUpstream(providers={}, load=load)
    assert loaded == []

    await asyncio.gather(*(ask(upstream, call(**ASKED)) for _ in range(5)))

    assert len(library.chats) == 5
    assert len(loaded) == 1
    assert loaded[0] is not threading.main_thread()


async def test_a_call_that_is_cancelled_leaves_the_loading_to_others() -> None:
    library, may_load = StandIn(), threading.Event()

    def load() -> LiteLLM:
        may_load.wait(20)
        return library

    upstream = LiteLLMUpstream(providers={}, load=load)
    first = asyncio.create_task(ask(upstream, call(**ASKED)))
    second = asyncio.create_task(ask(upstream, call(**ASKED)))
    await loop_turns()
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    may_load.set()

    status, _, _ = await second

    assert status == 200
    assert len(library.chats) == 1


async def test_a_missing_extra_is_named_until_it_is_there() -> None:
    found: list[LiteLLM] = []

    def load() -> LiteLLM:
        if not found:
            raise ModuleNotFoundError("No module named 'litellm'")
        return found[0]

    upstream = LiteLLMUpstream(providers={}, load=load)
    for _ in range(2):
        with pytest.raises(UpstreamError, match=r"wrp-proxy\[litellm\]"):
            await ask(upstream, call(**ASKED))
    found.append(StandIn())

    status, _, _ = await ask(upstream, call(**ASKED))

    assert status == 200
