"""A model that is asked over the network."""

import asyncio
import math
from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from wrp_proxy.cache.base import Vector
from wrp_proxy.cache.embedders.remote import RemoteEmbedder

pytestmark = pytest.mark.anyio


class Provider:
    """Answers with what it is told to."""

    def __init__(self, answer: list[list[float]] | Exception) -> None:
        self.answer = answer
        self.asked: list[Sequence[str]] = []

    async def __call__(self, texts: Sequence[str]) -> list[list[float]]:
        self.asked.append(texts)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


async def never(_: Sequence[str]) -> list[list[float]]:
    await asyncio.Event().wait()
    return []


def as_list(vector: Vector) -> list[float]:
    numbers: list[float] = vector.tolist()
    return numbers


async def test_a_text_is_asked_for_and_its_vector_brought_to_length_one() -> None:
    provider = Provider([[3.0, 4.0]])
    embedder = RemoteEmbedder(provider, model="lab/small", dimensions=2)

    assert await embedder.embed("text", as_list, 1.0) == pytest.approx([0.6, 0.8])

    assert provider.asked == [["text"]]
    assert embedder.fingerprint == "lab/small:2"


@pytest.mark.parametrize(
    "answer",
    [[], [[]], [[1.0, 2.0, 3.0]], [[0.0, 0.0]], [[math.nan, 1.0]], [[math.inf, 1.0]], OSError("")],
)
async def test_an_answer_that_is_no_vector_is_a_failure(
    answer: list[list[float]] | Exception,
) -> None:
    embedder = RemoteEmbedder(Provider(answer), model="m", dimensions=2)

    with capture_logs() as logs:
        assert [await embedder.embed("text", as_list, 1.0) for _ in range(2)] == [None, None]

    assert embedder.counts()["failed"] == 2
    assert len(logs) == 1


async def test_a_provider_that_does_not_answer_is_given_up() -> None:
    embedder = RemoteEmbedder(never, model="m", dimensions=2, timeout_s=0.01)

    assert await embedder.embed("text", as_list, 1.0) is None

    assert embedder.counts()["failed"] == 1


async def test_a_text_that_is_too_long_is_not_sent() -> None:
    provider = Provider([[1.0, 0.0]])
    embedder = RemoteEmbedder(provider, model="m", dimensions=2, window_characters=10)

    assert await embedder.embed("eleven chars", as_list, 1.0) is None

    assert provider.asked == []
    assert embedder.counts()["too_long"] == 1


async def test_a_turn_is_given_back_whatever_happens() -> None:
    provider = Provider(OSError("away"))
    embedder = RemoteEmbedder(provider, model="m", dimensions=2, concurrency=1)
    await embedder.embed("text", as_list, 1.0)

    provider.answer = [[1.0, 0.0]]

    assert await embedder.embed("text", as_list, 1.0) == [1.0, 0.0]
