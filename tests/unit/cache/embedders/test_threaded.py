"""The queue before a local model: who is let in, who leaves, and what is counted."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from tests.unit.cache.embedders.fake_model import LONG_S, FakeModel
from tests.unit.clock import Clock
from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.threaded import ThreadedEmbedder

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def started(
    model: FakeModel, clock: Clock | None = None, **more: Any
) -> AsyncIterator[ThreadedEmbedder]:
    embedder = ThreadedEmbedder(model, clock=clock or Clock(), **more)
    await embedder.start()
    model.texts.clear()
    try:
        yield embedder
    finally:
        model.go_on.set()
        await embedder.close()


def embed(
    embedder: ThreadedEmbedder, text: str, wait_s: float = LONG_S
) -> "asyncio.Task[int | None]":
    return asyncio.create_task(embedder.embed(text, len, wait_s))


async def slow_down(embedder: ThreadedEmbedder, clock: Clock, to_s: float) -> None:
    """Have texts of four characters taken as if each needed so long."""

    def dawdle(_: Vector) -> None:
        clock.now += to_s

    for _ in range(100):
        await embedder.embed("text", dawdle, LONG_S)


async def test_texts_are_skipped_until_the_model_is_loaded() -> None:
    embedder = ThreadedEmbedder(FakeModel())

    assert await embed(embedder, "text") is None

    assert embedder.counts() == {"embedded": 0, "busy": 1, "too_long": 0, "failed": 0}


async def test_a_model_that_cannot_be_loaded_is_told_once_and_skipped() -> None:
    model = FakeModel(load_error=OSError("no such weights"))

    with capture_logs() as logs:
        async with started(model) as embedder:
            assert [await embed(embedder, "text") for _ in range(3)] == [None] * 3

    assert [(log["log_level"], log["reason"]) for log in logs] == [("warning", "no such weights")]
    assert embedder.counts()["failed"] == 3
    assert model.texts == []


async def test_a_model_that_fails_is_told_once_and_tried_again() -> None:
    model = FakeModel()

    with capture_logs() as logs:
        async with started(model) as embedder:
            model.error = RuntimeError("out of memory")
            assert [await embed(embedder, "text") for _ in range(3)] == [None] * 3
            model.error = None
            assert await embed(embedder, "text") == 4

    assert len(logs) == 1
    assert embedder.counts() == {"embedded": 1, "busy": 0, "too_long": 0, "failed": 3}


async def test_a_text_longer_than_the_window_is_counted_as_such() -> None:
    async with started(FakeModel()) as embedder:
        assert await embed(embedder, "long") is None

        assert embedder.counts()["too_long"] == 1


async def test_a_text_of_too_many_characters_is_not_even_looked_at() -> None:
    model = FakeModel(window_characters=10)

    async with started(model) as embedder:
        assert await embed(embedder, "eleven chars") is None
        assert embedder.counts()["too_long"] == 1

    assert model.texts == []


async def test_an_idle_model_takes_a_text_that_takes_longer_than_there_is_time() -> None:
    clock = Clock()
    async with started(FakeModel(), clock) as embedder:
        await slow_down(embedder, clock, 10.0)

        assert await embed(embedder, "text", 0.5) == 4


async def test_a_text_is_skipped_if_those_before_it_take_all_its_time() -> None:
    clock, model = Clock(), FakeModel()
    async with started(model, clock) as embedder:
        await slow_down(embedder, clock, 1.0)
        first = embed(embedder, "stop")
        await model.has_stopped()

        assert await embed(embedder, "text", 1.5) is None

        second = embed(embedder, "text", LONG_S)
        await asyncio.sleep(0)
        model.go_on.set()
        assert [await first, await second] == [4, 4]
        assert embedder.counts()["busy"] == 1


async def test_none_wait_behind_a_model_that_is_stuck() -> None:
    clock, model = Clock(), FakeModel()
    async with started(model, clock) as embedder:
        first = embed(embedder, "stop")
        await model.has_stopped()

        clock.now += 10

        assert await embed(embedder, "text", 5.0) is None
        assert embedder.counts()["busy"] == 1
        model.go_on.set()
        await first


async def test_a_text_that_has_not_begun_in_its_time_is_withdrawn() -> None:
    model = FakeModel()
    async with started(model) as embedder:
        first = embed(embedder, "stop")
        await model.has_stopped()

        assert await embed(embedder, "text", 0.01) is None

        model.go_on.set()
        await first
        await embed(embedder, "last")
        assert embedder.counts()["busy"] == 1

    assert model.texts == ["stop", "last"]


async def test_no_more_wait_than_may() -> None:
    model = FakeModel()
    async with started(model, max_waiting=2) as embedder:
        first = embed(embedder, "stop")
        await model.has_stopped()
        waiting = [embed(embedder, "text") for _ in range(3)]
        await asyncio.sleep(0)

        model.go_on.set()

        assert await asyncio.gather(first, *waiting) == [4, 4, 4, None]
        assert embedder.counts()["busy"] == 1


async def test_a_request_does_not_wait_for_a_stuck_model_for_ever() -> None:
    model = FakeModel()
    async with started(model, patience=0.1) as embedder:
        assert await embed(embedder, "stop", 0.5) is None

        assert embedder.counts()["failed"] == 1
        model.go_on.set()
        assert await embed(embedder, "text") == 4


async def test_two_threads_embed_two_texts_at_a_time() -> None:
    model = FakeModel()
    async with started(model, threads=2) as embedder:
        both = [embed(embedder, "stop") for _ in range(2)]
        await model.has_stopped()
        await model.has_stopped()

        model.go_on.set()

        assert await asyncio.gather(*both) == [4, 4]


async def test_nothing_is_taken_once_it_is_closed() -> None:
    async with started(FakeModel()) as embedder:
        await embedder.close()

        assert await embed(embedder, "text") is None
