"""Cache and classifier share an embedder: a text is embedded once, and nothing fails by it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest

from tests.unit.cache.embedders.fake_model import LONG_S, FakeModel
from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.cache.embedders.threaded import ThreadedEmbedder

pytestmark = pytest.mark.anyio


@asynccontextmanager
async def started(model: FakeModel) -> AsyncIterator[RememberingEmbedder]:
    embedder = RememberingEmbedder(ThreadedEmbedder(model), is_eager=True)
    await embedder.start()
    model.texts.clear()
    try:
        yield embedder
    finally:
        model.go_on.set()
        await embedder.close()


async def test_a_text_is_embedded_once_for_classifier_and_cache() -> None:
    model = FakeModel()
    async with started(model) as embedder:
        seen = await embedder.vector("text", LONG_S)
        assert seen is not None
        assert np.array_equal(seen, np.ones(4))

        assert await embedder.embed("text", len, LONG_S) == 4
        assert await embedder.vector("text", LONG_S) is seen

        assert model.texts == ["text"]
        assert embedder.counts()["embedded"] == 1


async def test_which_of_them_comes_first_does_not_matter() -> None:
    model = FakeModel()
    async with started(model) as embedder:
        assert await embedder.embed("text", len, LONG_S) == 4

        assert await embedder.vector("text", LONG_S) is not None

        assert model.texts == ["text"]


async def test_only_the_last_text_is_remembered() -> None:
    model = FakeModel()
    async with started(model) as embedder:
        for text in ("one", "two", "two", "one"):
            await embedder.vector(text, LONG_S)

        assert model.texts == ["one", "two", "one"]


async def test_no_request_is_quicker_for_what_another_has_asked() -> None:
    model = FakeModel()
    async with started(model) as embedder:
        for _ in range(2):
            await asyncio.create_task(embedder.vector("text", LONG_S))

        assert model.texts == ["text", "text"]


@pytest.mark.parametrize("text", ["long", "x" * 101])
async def test_what_does_not_fit_is_asked_anew(text: str) -> None:
    model = FakeModel()
    async with started(model) as embedder:
        assert await embedder.vector(text, LONG_S) is None
        assert await embedder.embed(text, len, LONG_S) is None

        assert embedder.counts()["too_long"] == 2


async def test_a_model_that_fails_gives_no_vector() -> None:
    model = FakeModel()
    async with started(model) as embedder:
        model.error = ValueError("no")
        assert await embedder.vector("text", LONG_S) is None
        model.error = None

        assert await embedder.vector("text", LONG_S) is not None


async def test_a_model_that_cannot_be_loaded_gives_no_vectors() -> None:
    async with started(FakeModel(load_error=OSError("no such weights"))) as embedder:
        assert await embedder.vector("text", LONG_S) is None

        assert embedder.counts()["failed"] == 1


@pytest.mark.parametrize("is_known", [False, True])
async def test_a_search_that_fails_is_no_answer_but_no_error(is_known: bool) -> None:
    def search(vector: Vector) -> int:
        raise OSError("the index is gone")

    async with started(FakeModel()) as embedder:
        if is_known:
            await embedder.vector("text", LONG_S)

        assert await embedder.embed("text", search, LONG_S) is None

        assert embedder.counts()["failed"] == 1


async def test_for_the_classifier_alone_the_model_is_loaded_with_the_first_text() -> None:
    model = FakeModel()
    embedder = RememberingEmbedder(ThreadedEmbedder(model), is_eager=False)
    await embedder.start()
    await asyncio.sleep(0)
    assert model.texts == []

    assert await embedder.vector("text", LONG_S) is None
    assert embedder._starting is not None
    await embedder._starting

    assert await embedder.vector("text", LONG_S) is not None
    await embedder.close()


@pytest.mark.parametrize("is_eager", [False, True])
async def test_it_may_be_closed_twice_or_before_it_began(is_eager: bool) -> None:
    embedder = RememberingEmbedder(ThreadedEmbedder(FakeModel()), is_eager=is_eager)

    await embedder.close()
    await embedder.close()

    assert await embedder.vector("text", LONG_S) is None


async def test_it_may_be_closed_while_it_loads() -> None:
    embedder = RememberingEmbedder(ThreadedEmbedder(FakeModel()), is_eager=True)
    starting = asyncio.create_task(embedder.start())
    await asyncio.sleep(0)

    await embedder.close()

    with pytest.raises(asyncio.CancelledError):
        await starting
    assert await embedder.vector("text", LONG_S) is None


async def test_it_is_known_by_the_name_of_its_model() -> None:
    embedder = RememberingEmbedder(ThreadedEmbedder(FakeModel()), is_eager=True)

    assert (embedder.fingerprint, embedder.dimensions) == ("fake:1", 4)
