"""The category comes from the user's last turn only, and stays unknown when it is unsure."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.nouns import outcome, usage
from tests.unit.workload.asking import Message, asking, assistant, call, result, system, tool, user
from tests.unit.workload.recognisers import FakeRecogniser
from wrp_proxy.signals import Signal
from wrp_proxy.types import ChatRequest, Workload
from wrp_proxy.workload.base import Recogniser
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate

CATEGORY: frozenset[Signal] = frozenset({"category"})
FEATURES: frozenset[Signal] = frozenset({"features"})
ASKED = "Sort this list, please."


async def classified(
    request: ChatRequest,
    recogniser: Recogniser | None,
    wanted: frozenset[Signal] = CATEGORY,
) -> Workload:
    classifier = WorkloadClassifier(ContextLength(TokenEstimate()), recogniser, timer=lambda: 0.0)
    return await classifier.classify(request, wanted)


@pytest.mark.anyio
async def test_the_most_probable_category_is_named() -> None:
    found = await classified(asking(user(ASKED)), FakeRecogniser())

    assert found.category == "coding"
    assert found.probabilities == {"coding": 0.7, "chat": 0.3}
    assert found.features is not None
    assert not found.unknown


@pytest.mark.anyio
@pytest.mark.parametrize(("threshold", "category"), [(0.7, "coding"), (0.71, "unknown")])
async def test_below_the_threshold_it_is_not(threshold: float, category: str) -> None:
    found = await classified(asking(user(ASKED)), FakeRecogniser(threshold=threshold))

    assert found.category == category
    assert found.probabilities == {"coding": 0.7, "chat": 0.3}
    assert not found.unknown


LONG = "Be a good pilot. " * 1200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "messages",
    [
        [user(ASKED)],
        [system(LONG), user(ASKED)],
        [system(LONG), user("Translate."), assistant("Done."), user(ASKED)],
        [user(ASKED), call(), result("Traceback: " + LONG)],
        [user([{"type": "text", "text": ASKED}, {"type": "image_url", "image_url": {}}])],
    ],
    ids=["alone", "system", "turns", "tools", "parts"],
)
@pytest.mark.parametrize("tools", [0, 32])
async def test_nothing_but_the_users_last_turn_is_shown_to_the_recogniser(
    messages: list[Message], tools: int
) -> None:
    offered: dict[str, Any] = (
        {"tools": [tool(number, 800) for number in range(tools)]} if tools else {}
    )
    recogniser = FakeRecogniser()

    await classified(asking(*messages, **offered), recogniser)

    assert recogniser.texts == [ASKED]


@pytest.mark.anyio
async def test_of_a_long_turn_both_ends_are_shown() -> None:
    recogniser = FakeRecogniser()

    await classified(asking(user("a" * 5000 + "z" * 5000)), recogniser)

    assert recogniser.texts == ["a" * 1600 + "\n" + "z" * 800]


@pytest.mark.anyio
async def test_features_alone_name_no_category() -> None:
    found = await classified(asking(user(ASKED)), FakeRecogniser(), FEATURES)

    assert found.features is not None
    assert (found.category, found.probabilities) == ("unknown", {})


@pytest.mark.anyio
async def test_what_is_not_wanted_is_not_computed() -> None:
    recogniser = FakeRecogniser()

    await classified(asking(user(ASKED)), recogniser, frozenset({"language"}))

    assert recogniser.texts == []


@pytest.mark.anyio
@pytest.mark.parametrize("messages", [[system(LONG)], [user("")], [user("  \n")], [user(None)]])
async def test_without_words_of_the_user_nobody_is_asked(messages: list[Message]) -> None:
    recogniser = FakeRecogniser()

    found = await classified(asking(*messages), recogniser)

    assert recogniser.texts == []
    assert found.category == "unknown"
    assert found.unknown == {"category"}


@pytest.mark.anyio
async def test_without_a_recogniser_the_category_is_unknown() -> None:
    found = await classified(asking(user(ASKED)), None, CATEGORY | FEATURES)

    assert (found.category, found.probabilities, found.features) == ("unknown", {}, None)
    assert found.unknown == {"category", "features"}


@pytest.mark.anyio
async def test_no_chances_are_no_category() -> None:
    found = await classified(asking(user(ASKED)), FakeRecogniser(chances={}))

    assert found.category == "unknown"
    assert found.unknown == {"category"}


@pytest.mark.anyio
async def test_a_large_body_is_shown_in_a_thread_just_the_same() -> None:
    recogniser = FakeRecogniser()
    request = asking(system("s" * 300_000), user(ASKED))

    found = await classified(request, recogniser)

    assert found.category == "coding"
    assert recogniser.texts == [ASKED]


@pytest.mark.anyio
async def test_the_category_is_that_by_which_the_length_is_expected() -> None:
    classifier = WorkloadClassifier(
        ContextLength(TokenEstimate()), FakeRecogniser(), timer=lambda: 0.0
    )
    request = asking(user(ASKED))
    first = await classifier.classify(request, CATEGORY)
    assert first.expected_output_tokens == 256

    for _ in range(200):
        classifier.learn(outcome(workload=first, usage=usage(11, 1000)))

    after = await classifier.classify(request, CATEGORY)
    assert 900 <= after.expected_output_tokens <= 1100
    limited = replace(request, body={**request.body, "max_tokens": 50})
    assert (await classifier.classify(limited, CATEGORY)).expected_output_tokens == 50
