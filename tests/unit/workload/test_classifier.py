"""The classifier tells what stands in the request, and learns from what is billed."""

import asyncio
import json
from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, outcome, usage, workload
from tests.unit.workload.asking import asking, assistant, result, system, user
from wrp_proxy.signals import Preferences, Score, Signal
from wrp_proxy.types import Outcome
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength
from wrp_proxy.workload.token_estimate import TokenEstimate


@pytest.fixture
def classifier() -> WorkloadClassifier:
    return WorkloadClassifier(ContextLength(TokenEstimate(), lambda text: len(text.split())))


@pytest.mark.anyio
async def test_a_plain_request_is_a_chat(classifier: WorkloadClassifier) -> None:
    found = await classifier.classify(chat_request())

    assert (found.kind, found.category, found.needs) == ("chat", "unknown", frozenset())
    assert (found.input_tokens, found.tokens_exact, found.text_bytes) == (6, True, 11)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({"tools": [{"type": "function"}]}, "agent"),
        ({"messages": [{"role": "tool", "content": "high"}]}, "tool_loop"),
        ({"messages": [{"role": "assistant", "tool_calls": [{"id": "call_1"}]}]}, "tool_loop"),
    ],
)
async def test_a_request_with_tools_is_an_agents(
    classifier: WorkloadClassifier, body: dict[str, Any], kind: str
) -> None:
    found = await classifier.classify(chat_request(**body))

    assert found.kind == kind
    assert "tools" in found.needs


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("body", "limit", "expected"),
    [
        ({}, None, 256),
        ({"max_tokens": 10}, 10, 10),
        ({"max_tokens": 5000}, 5000, 256),
        ({"max_completion_tokens": 20}, 20, 20),
        ({"max_completion_tokens": 20, "max_tokens": 10}, 20, 20),
        ({"max_completion_tokens": None, "max_tokens": 10}, 10, 10),
        ({"max_tokens": None}, None, 256),
    ],
)
async def test_the_length_of_the_answer_is_limited_or_expected(
    classifier: WorkloadClassifier, body: dict[str, Any], limit: int | None, expected: int
) -> None:
    found = await classifier.classify(chat_request(**body))

    assert found.max_output_tokens == limit
    assert found.expected_output_tokens == expected


LONG = "abc " * 1000


LONG_ONE: dict[str, Any] = {"text_bytes": 4000, "text_class": "ascii/0"}


async def tokens_after(classifier: WorkloadClassifier, learnt: Outcome) -> int:
    """Count a long prompt after having seen an outcome again and again."""
    for _ in range(60):
        classifier.learn(learnt)
    messages = [{"role": "user", "content": LONG}]
    return (await classifier.classify(chat_request(messages=messages))).input_tokens


@pytest.mark.anyio
async def test_what_an_upstream_counted_calibrates_the_estimate(
    classifier: WorkloadClassifier,
) -> None:
    counted = outcome(workload=workload(**LONG_ONE), usage=usage(2000))

    assert await tokens_after(classifier, counted) == pytest.approx(2000, rel=0.03)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "learnt",
    [
        outcome(workload=workload(**LONG_ONE), usage=None),
        outcome(workload=workload(**LONG_ONE), usage=usage(2000, estimated=True)),
        outcome(workload=workload(**LONG_ONE), usage=usage(0)),
        outcome(workload=workload(**LONG_ONE, needs=frozenset({"vision"})), usage=usage(2000)),
        outcome(workload=workload(**LONG_ONE, needs=frozenset({"audio"})), usage=usage(2000)),
    ],
    ids=["no-usage", "estimated", "zero", "images", "audio"],
)
async def test_what_says_nothing_of_the_text_teaches_nothing(
    classifier: WorkloadClassifier, learnt: Outcome
) -> None:
    assert await tokens_after(classifier, learnt) == 1004


ALL: frozenset[Signal] = frozenset(get_args(Signal))
TOLD = ALL - {"category", "features"}


@pytest.mark.anyio
async def test_what_nobody_wants_stays_as_it_is(classifier: WorkloadClassifier) -> None:
    found = await classifier.classify(asking(system(), user(), assistant(), user()))

    assert (found.session, found.turn, found.warmth, found.fingerprint) == (None, 1, None, None)
    assert (found.language, found.complexity, found.risks) == ("unknown", None, frozenset())
    assert not found.unknown


@pytest.mark.anyio
@pytest.mark.parametrize("padding", ["", "x" * 300_000], ids=["on the loop", "in a thread"])
async def test_every_signal_that_is_wanted_is_told(
    classifier: WorkloadClassifier, padding: str
) -> None:
    question = user("Why is the tide high, and what does jo@example.org say?")
    request = asking(system(f"You are a pilot. {padding}"), question, result("Error: no"))

    found = await classifier.classify(request, TOLD)

    assert (found.turn, found.failed_tools, found.language) == (1, 1, "en")
    assert found.risks == {"email"}
    assert found.complexity
    assert found.fingerprint
    assert found.session
    assert found.warmth == 0
    assert not found.unknown
    assert classifier.guard.counts == {}


@pytest.mark.anyio
async def test_many_in_threads_share_the_memory_of_one(classifier: WorkloadClassifier) -> None:
    request = asking(system(" ".join(map(str, range(60_000)))), user())
    assert len(request.raw) > 300_000

    found = await asyncio.gather(*(classifier.classify(request, TOLD) for _ in range(12)))

    assert not any(one.unknown for one in found)
    last = await classifier.classify(request, TOLD)
    assert last.warmth is not None
    assert last.warmth > 0.9


@pytest.mark.anyio
async def test_who_asks_and_what_they_prefer_is_passed_on(classifier: WorkloadClassifier) -> None:
    preferences = Preferences(cost=0.5)

    found = await classifier.classify(
        replace(asking(user(), tenant="bob"), preferences=preferences, is_batch=True)
    )

    assert (found.tenant, found.preferences, found.kind) == ("bob", preferences, "batch")


@pytest.mark.anyio
async def test_embeddings_have_no_answer_to_expect(classifier: WorkloadClassifier) -> None:
    request = replace(asking(user()), api="embeddings")
    found = await classifier.classify(request)

    for _ in range(20):
        classifier.learn(outcome(workload=found, usage=usage(10, 1)))

    assert found.expected_output_tokens == 0
    assert list(classifier.statistics[1].keys()) == []


async def expected_after(classifier: WorkloadClassifier, learnt: Outcome) -> int:
    for _ in range(60):
        classifier.learn(learnt)
    return (await classifier.classify(chat_request())).expected_output_tokens


@pytest.mark.anyio
async def test_answers_teach_how_long_answers_are(classifier: WorkloadClassifier) -> None:
    assert 900 <= await expected_after(classifier, outcome(usage=usage(10, 1000))) <= 1200


@pytest.mark.anyio
@pytest.mark.parametrize(
    "learnt",
    [
        outcome(usage=usage(10, 1000), finish="cancelled"),
        outcome(usage=usage(10, 1000), finish="failed"),
        outcome(usage=usage(10, 1000, estimated=True)),
        outcome(usage=usage(10, 1000), score=Score(value=1.0)),
        outcome(usage=usage(10, 16), workload=workload(max_output_tokens=16)),
    ],
    ids=["cancelled", "failed", "estimated", "score", "cut"],
)
async def test_what_is_no_whole_answer_does_not(
    classifier: WorkloadClassifier, learnt: Outcome
) -> None:
    assert await expected_after(classifier, learnt) == 256


@pytest.mark.anyio
async def test_what_was_learnt_outlives_a_restart(classifier: WorkloadClassifier) -> None:
    learnt = outcome(usage=usage(2000, 1000), workload=workload(**LONG_ONE))
    for _ in range(64):
        classifier.learn(learnt)
    again = WorkloadClassifier(ContextLength(TokenEstimate()))

    for own, known in zip(again.statistics, classifier.statistics, strict=True):
        own.replace(json.loads(json.dumps(known.dump())))

    request = chat_request(messages=[{"role": "user", "content": LONG}])
    assert await again.classify(request) == await classifier.classify(request)
    assert (await again.classify(request)).expected_output_tokens > 900


def test_statistics_have_names_of_their_own(classifier: WorkloadClassifier) -> None:
    assert [one.name for one in classifier.statistics] == ["bytes_per_token", "output_tokens"]


@pytest.mark.anyio
async def test_a_long_prompt_is_estimated_and_counted_when_asked(
    classifier: WorkloadClassifier,
) -> None:
    request = chat_request(messages=[{"role": "user", "content": "one two " * 2000}])
    request = replace(request, given_tokens=100)

    guessed = await classifier.classify(request)
    counted = await classifier.recount(request, guessed)

    assert (guessed.input_tokens, guessed.tokens_exact) == (4000 + 104, False)
    assert guessed.doubt_tokens > 1000
    assert (counted.input_tokens, counted.tokens_exact) == (4000 + 104, True)
    assert counted.doubt_tokens == 0
    assert (counted.besides_tokens, counted.text_class) == (104, guessed.text_class)


@pytest.mark.anyio
async def test_without_a_tokenizer_the_estimate_has_the_last_word() -> None:
    classifier = WorkloadClassifier(ContextLength(TokenEstimate()))
    request = chat_request(messages=[{"role": "user", "content": LONG}])

    guessed = await classifier.classify(request)

    assert await classifier.recount(request, guessed) == replace(guessed, doubt_tokens=0)


TEXTS = st.text(max_size=60) | st.sampled_from(
    ["text", "user", "tool", "Error: x", '{"a":[', "1 @"]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)
ROLES = st.sampled_from(["user", "assistant", "system", "tool", "developer", "function"])
PARTS = st.fixed_dictionaries({}, optional={"type": TEXTS | JSON, "text": TEXTS | JSON})
FIELDS = {
    "role": ROLES | JSON,
    "content": TEXTS | st.lists(PARTS | JSON, max_size=3) | JSON,
    "tool_calls": JSON,
    "status": JSON,
    "is_error": JSON,
}
MESSAGES = st.lists(st.fixed_dictionaries({}, optional=FIELDS) | JSON, max_size=5) | JSON
BODIES = st.fixed_dictionaries(
    {},
    optional={
        "messages": MESSAGES,
        "tools": JSON,
        "max_tokens": JSON,
        "response_format": JSON,
        "modalities": JSON,
    },
)
UNTIMED = WorkloadClassifier(
    ContextLength(TokenEstimate(), lambda text: len(text.split())), timer=lambda: 0.0
)


@given(BODIES)
def test_whatever_a_body_holds_it_is_described(body: dict[str, Any]) -> None:
    request = replace(chat_request(), body=body)

    found = asyncio.run(UNTIMED.classify(request, ALL))

    assert found.unknown == {"category", "features"}
    assert UNTIMED.guard.counts == {}
