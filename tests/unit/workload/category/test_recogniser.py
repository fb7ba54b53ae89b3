"""Categories are told with or without an embedder, and an operator's own beside the shipped."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.embedders.fake_model import LONG_S, FakeModel
from tests.unit.workload.asking import asking, user
from tests.unit.workload.category.sentences import BOATS, BOATS_UNSEEN
from tests.unit.workload.category.shipped import FEATURES, best
from tests.unit.workload.category.test_features import HOSTILE
from wrp_proxy.cache.embedders.remembering import RememberingEmbedder
from wrp_proxy.cache.embedders.threaded import ThreadedEmbedder
from wrp_proxy.signals import CATEGORIES
from wrp_proxy.workload.category.features import DIMENSIONS
from wrp_proxy.workload.category.head import Head, Matrix
from wrp_proxy.workload.category.recogniser import (
    Embed,
    Recognition,
    deep_features,
    embedded_text,
)
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate

pytestmark = pytest.mark.anyio
SIZE = 3


@dataclass(slots=True)
class Embedding:
    """Embeds texts up to a length, and remembers which it was asked for."""

    longest: int = 10_000
    texts: list[str] = field(default_factory=list)

    async def __call__(self, text: str) -> Matrix | None:
        self.texts.append(text)
        return np.ones(SIZE, np.float32) if len(text) <= self.longest else None


def saying(name: str, dimensions: int) -> Head:
    """Return a head that always says the same."""
    names = ("cheap", "deep")
    bias = np.array([9.0 if one == name else 0.0 for one in names], np.float32)
    return Head(names, np.zeros((dimensions, 2), np.float32), bias)


def recognition(embed: Embed | None = None) -> Recognition:
    return Recognition(
        FEATURES,
        saying("cheap", DIMENSIONS),
        threshold=0.5,
        deep=saying("deep", DIMENSIONS + SIZE),
        embed=embed,
    )


def chances(one: Recognition, text: str) -> Mapping[str, float]:
    return one.probabilities(one.features(text), text)


async def test_the_better_head_decides_where_there_is_an_embedding() -> None:
    embedding = Embedding()
    one = recognition(embedding)
    assert best(one, "Why?") == "cheap"

    await one.prepare("Why?")

    assert best(one, "Why?") == "deep"
    assert best(one, "How?") == "cheap"
    assert embedding.texts == ["Why?"]


async def test_an_embedder_without_time_leaves_it_to_the_cheap_features() -> None:
    one = recognition(Embedding(longest=0))

    await one.prepare("Why?")

    assert best(one, "Why?") == "cheap"


@pytest.mark.parametrize(
    "model",
    [FakeModel(error=ValueError("no")), FakeModel(load_error=OSError("no such weights"))],
    ids=["failing", "missing"],
)
async def test_an_embedder_that_fails_fails_no_request(model: FakeModel) -> None:
    embedder = RememberingEmbedder(ThreadedEmbedder(model), is_eager=True)
    one = recognition(partial(embedder.vector, wait_s=LONG_S))
    classifier = WorkloadClassifier(ContextLength(TokenEstimate()), one, timer=lambda: 0.0)

    loading = await classifier.classify(asking(user("Why?")), frozenset({"category"}))
    await embedder.start()
    failing = await classifier.classify(asking(user("Why?")), frozenset({"category"}))
    await embedder.close()

    assert (loading.category, failing.category) == ("cheap", "cheap")
    assert not loading.unknown | failing.unknown
    assert classifier.guard.counts == {}


async def test_a_text_is_embedded_once() -> None:
    embedding = Embedding()
    one = recognition(embedding)

    for _ in range(3):
        await one.prepare("Why?")

    assert embedding.texts == ["Why?"]


@pytest.mark.parametrize("text", ["", " ", "\n\t"])
async def test_what_has_no_words_is_not_embedded(text: str) -> None:
    embedding = Embedding()

    await recognition(embedding).prepare(text)

    assert embedding.texts == []


async def test_a_text_too_long_for_the_embedder_is_cut_until_it_fits() -> None:
    embedding = Embedding(longest=350)
    text = "a" * 2000 + "z" * 800

    one = recognition(embedding)
    await one.prepare(text)

    assert [len(tried) for tried in embedding.texts] == [1101, 601, 301]
    assert embedding.texts[-1] == "a" * 250 + " " + "z" * 50
    assert best(one, text) == "deep"


@pytest.mark.parametrize(("length", "tries"), [(120, 1), (300, 2), (600, 3), (1100, 4), (9000, 4)])
async def test_no_text_is_tried_twice_or_for_ever(length: int, tries: int) -> None:
    embedding = Embedding(longest=0)

    await recognition(embedding).prepare("x" * length)

    assert len(set(embedding.texts)) == len(embedding.texts)
    assert len(embedding.texts) <= tries


@given(st.text(max_size=3000))
def test_training_cuts_as_asking_does(text: str) -> None:
    embedding = Embedding(longest=0)

    asyncio.run(recognition(embedding).prepare(text + "."))

    cuts = [embedded_text(text + ".", place) for place in range(4)]
    assert list(dict.fromkeys(cuts)) == embedding.texts
    assert embedded_text(text, 4) is None


async def test_training_puts_features_together_as_asking_does() -> None:
    rows, vectors = np.ones((2, DIMENSIONS), np.float32), np.ones((2, SIZE), np.float32)
    weights = np.zeros((DIMENSIONS + SIZE, 2), np.float32)
    weights[:DIMENSIONS, 0], weights[DIMENSIONS:, 1] = 0.003, 0.5
    deep = Head(("cheap", "deep"), weights, np.zeros(2, np.float32))
    one = Recognition(
        FEATURES, saying("cheap", DIMENSIONS), threshold=0.5, deep=deep, embed=Embedding()
    )
    await one.prepare("Why?")

    told = list(one.probabilities(rows[0], "Why?").values())

    wanted = deep.probabilities(deep_features(rows, vectors))[0]
    assert told == pytest.approx(wanted.tolist(), abs=1e-4)


async def test_no_request_is_quicker_for_what_another_has_asked() -> None:
    embedding = Embedding()
    one = recognition(embedding)

    for _ in range(2):
        await asyncio.create_task(one.prepare("Why?"))

    assert embedding.texts == ["Why?", "Why?"]
    assert best(one, "Why?") == "cheap"


async def test_only_the_last_text_of_a_request_is_kept() -> None:
    one = recognition(Embedding())

    for number in range(10):
        await one.prepare(f"Question {number}")

    assert best(one, "Question 9") == "deep"
    assert best(one, "Question 0") == "cheap"


async def test_texts_are_prepared_while_threads_ask() -> None:
    one = recognition(Embedding())
    texts = [f"Question {number}" for number in range(1200)]

    async def ask(text: str) -> float:
        await one.prepare(text)
        return sum((await asyncio.to_thread(chances, one, text)).values())

    sums = await asyncio.gather(*map(ask, texts))

    assert sums == pytest.approx([1.0] * len(texts), abs=1e-4)


@pytest.fixture(scope="module")
def shipped() -> Recognition:
    return Recognition.shipped()


@pytest.fixture(scope="module")
def with_own() -> Recognition:
    one = Recognition.shipped()
    one.add(
        {
            "boats": BOATS,
            "Übersetzung🚤": ["Bitte ins Plattdeutsche übertragen: " + b for b in BOATS],
        }
    )
    return one


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
async def test_hostile_texts_have_chances_like_others(with_own: Recognition, text: str) -> None:
    await with_own.prepare(text)

    assert sum(chances(with_own, text).values()) == pytest.approx(1.0, abs=1e-4)


EASY = [
    ("What is the derivative of x^2 * sin(x)?", "mathematics"),
    ("Write a Python function that reverses a linked list.", "coding"),
    ("Summarise the following article in two sentences: The sea was calm all day.", "summarising"),
    ("Translate into French: The cat sleeps on the sofa.", "translation"),
    ("Übersetze ins Englische: Die Katze schläft auf dem Sofa.", "translation"),
    ("Which drugs should not be taken together with warfarin?", "medicine"),
]


@pytest.mark.parametrize(("text", "category"), EASY)
def test_plain_questions_have_their_category(
    shipped: Recognition, with_own: Recognition, text: str, category: str
) -> None:
    assert best(shipped, text) == category
    assert best(with_own, text) == category


@pytest.mark.parametrize("text", BOATS_UNSEEN)
def test_an_operators_own_category_is_told(with_own: Recognition, text: str) -> None:
    told = chances(with_own, text)

    assert max(told, key=told.__getitem__) == "boats"
    assert told["boats"] > 0.5
    assert sum(told.values()) == pytest.approx(1.0, abs=1e-4)
    assert set(told) == {*CATEGORIES, "boats", "Übersetzung🚤"} == set(with_own.categories)


def test_a_name_may_be_of_any_script(with_own: Recognition) -> None:
    text = "Bitte ins Plattdeutsche übertragen: Is the motor boat free next weekend?"

    assert best(with_own, text) == "Übersetzung🚤"


def test_a_shipped_category_is_extended_by_sentences_of_its_name(shipped: Recognition) -> None:
    extended = Recognition.shipped()
    extended.add({"finance": BOATS})

    assert set(extended.categories) == set(CATEGORIES)
    for text in BOATS_UNSEEN:
        assert best(extended, text) == "finance"
        assert sum(chances(extended, text).values()) == pytest.approx(1.0, abs=1e-4)
    tax = "How is the interest on a savings account taxed?"
    assert chances(extended, tax)["finance"] >= chances(shipped, tax)["finance"] - 1e-4


def test_no_sentences_change_nothing(shipped: Recognition) -> None:
    one = Recognition.shipped()

    one.add({})

    assert one.categories == shipped.categories
    assert chances(one, "Why?") == chances(shipped, "Why?")


def test_detectors_that_exclude_a_text_leave_it_to_the_others() -> None:
    never = np.array([2000.0, 0.0], np.float32)
    one = recognition()
    one._detectors = {"own": Head(("no", "yes"), np.zeros((DIMENSIONS, 2), np.float32), never)}

    told = chances(one, "Why?")

    assert told["own"] == 0.0
    assert sum(told.values()) == pytest.approx(1.0)


def test_the_categories_of_a_task_are_learnt_from_its_texts(shipped: Recognition) -> None:
    texts: Sequence[str] = [f"{word} number {n}" for word in ("boat", "moon") for n in range(20)]

    one = shipped.trained(texts, ["sea"] * 20 + ["sky"] * 20)

    assert one.categories == ("sea", "sky")
    assert (best(one, "boat number 99"), best(one, "moon number 99")) == ("sea", "sky")
    assert one.threshold == shipped.threshold


def test_loading_twice_tells_the_same(shipped: Recognition) -> None:
    again = Recognition.shipped()

    for text, _ in EASY:
        assert chances(shipped, text) == chances(again, text)
