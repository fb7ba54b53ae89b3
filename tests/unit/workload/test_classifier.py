"""The thin classifier tells what stands in the request, and learns from what is billed."""

from typing import Any

import pytest

from tests.unit.nouns import chat_request, outcome, usage, workload
from wrp_proxy.types import Outcome
from wrp_proxy.workload.classifier import ThinClassifier
from wrp_proxy.workload.context_length import ContextLength, TokenEstimate


@pytest.fixture
def classifier() -> ThinClassifier:
    return ThinClassifier(ContextLength(TokenEstimate(), lambda text: len(text.split())))


@pytest.mark.anyio
async def test_a_plain_request_is_a_chat(classifier: ThinClassifier) -> None:
    found = await classifier.classify(chat_request())

    assert (found.kind, found.category, found.needs) == ("chat", "unknown", frozenset())
    assert (found.input_tokens, found.tokens_exact, found.text_bytes) == (6, True, 11)


@pytest.mark.anyio
@pytest.mark.parametrize(
    "body",
    [
        {"tools": [{"type": "function"}]},
        {"messages": [{"role": "tool", "content": "high"}]},
        {"messages": [{"role": "assistant", "tool_calls": [{"id": "call_1"}]}]},
    ],
)
async def test_a_request_with_tools_is_an_agents(
    classifier: ThinClassifier, body: dict[str, Any]
) -> None:
    found = await classifier.classify(chat_request(**body))

    assert found.kind == "agent"
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
    classifier: ThinClassifier, body: dict[str, Any], limit: int | None, expected: int
) -> None:
    found = await classifier.classify(chat_request(**body))

    assert found.max_output_tokens == limit
    assert found.expected_output_tokens == expected


LONG = "a" * 4000


async def tokens_after(classifier: ThinClassifier, learnt: Outcome) -> int:
    """Count a long prompt after having seen an outcome again and again."""
    for _ in range(60):
        classifier.learn(learnt)
    messages = [{"role": "user", "content": LONG}]
    return (await classifier.classify(chat_request(messages=messages))).input_tokens


@pytest.mark.anyio
async def test_what_an_upstream_counted_calibrates_the_estimate(classifier: ThinClassifier) -> None:
    counted = outcome(workload=workload(text_bytes=4000), usage=usage(2000))

    assert 2000 <= await tokens_after(classifier, counted) <= 2300


@pytest.mark.anyio
@pytest.mark.parametrize(
    "learnt",
    [
        outcome(workload=workload(text_bytes=4000), usage=None),
        outcome(workload=workload(text_bytes=4000), usage=usage(2000, estimated=True)),
        outcome(workload=workload(text_bytes=4000), usage=usage(0)),
        outcome(workload=workload(text_bytes=4000, needs=frozenset({"vision"})), usage=usage(2000)),
        outcome(workload=workload(text_bytes=4000, needs=frozenset({"audio"})), usage=usage(2000)),
    ],
    ids=["no-usage", "estimated", "zero", "images", "audio"],
)
async def test_what_says_nothing_of_the_text_teaches_nothing(
    classifier: ThinClassifier, learnt: Outcome
) -> None:
    assert await tokens_after(classifier, learnt) == 1004
