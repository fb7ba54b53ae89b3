"""Each signal says little, and only what it can know."""

from typing import Any

import pytest

from tests.unit.grading.said import Called, Said
from tests.unit.nouns import outcome, usage, workload
from wrp_proxy.grading.base import Seen
from wrp_proxy.grading.empty import empty
from wrp_proxy.grading.finish import finish
from wrp_proxy.grading.refusal import refusal
from wrp_proxy.grading.verified import verified
from wrp_proxy.signals import Score

refuses = refusal(lambda text: text.startswith("I cannot"))


@pytest.mark.parametrize(
    ("ended", "allowed", "is_cut"),
    [
        ("length", None, True),
        ("length", 500, True),
        ("length", 1, False),
        ("stop", None, False),
        ("tool_calls", None, False),
        ("", None, False),
    ],
)
def test_an_answer_that_was_cut_off_is_a_bad_one(
    ended: str, allowed: int | None, is_cut: bool
) -> None:
    asked = outcome(workload=workload(max_output_tokens=allowed))

    score = finish(Seen(asked, Said(finish=ended)))

    assert score == (Score(value=0.0, weight=0.3, source="auto:finish") if is_cut else None)


def test_what_nobody_has_read_is_not_graded_by_its_words() -> None:
    unread = Seen(outcome(), None)

    assert (finish(unread), empty(unread), refuses(unread)) == (None, None, None)


@pytest.mark.parametrize(
    ("answer", "is_empty"),
    [
        (Said(text=""), True),
        (Said(text=" \n"), True),
        (Said(text="", calls=[Called("tide")]), False),
        (Said(text="", refusal="No."), False),
        (Said(text="42"), False),
    ],
)
def test_an_answer_without_words_and_calls_is_empty(answer: Said, is_empty: bool) -> None:
    score = empty(Seen(outcome(), answer))

    assert score == (Score(value=0.0, weight=0.5, source="auto:empty") if is_empty else None)


@pytest.mark.parametrize(
    ("counted", "api", "is_empty"),
    [
        (usage(10, 0), "chat", True),
        (usage(10, 0, estimated=True), "chat", False),
        (usage(10, 0), "embeddings", False),
        (usage(10, 1), "chat", False),
        (None, "chat", False),
    ],
)
def test_of_an_unread_answer_the_upstreams_count_tells_whether_it_is_empty(
    counted: Any, api: str, is_empty: bool
) -> None:
    seen = Seen(outcome(usage=counted, workload=workload(api=api)), None)

    assert (empty(seen) is not None) == is_empty


@pytest.mark.parametrize(
    ("answer", "is_refused"),
    [
        (Said(text="I cannot help with that."), True),
        (Said(text="", refusal="No."), True),
        (Said(text="", finish="content_filter"), True),
        (Said(text="I cannot know; let me look.", calls=[Called("look")]), False),
        (Said(), False),
    ],
)
def test_a_refusal_counts_little_whichever_way_it_is_said(answer: Said, is_refused: bool) -> None:
    score = refuses(Seen(outcome(), answer))

    assert score == (Score(value=0.0, weight=0.3, source="auto:refusal") if is_refused else None)


def test_verifiers_are_taken_over_with_a_weight_that_is_theirs() -> None:
    found = Score(value=1.0, source="verifier:json_schema")
    modest = Score(value=0.0, weight=0.5, source="verifier:no_refusal")

    assert verified(found) == Score(value=1.0, weight=0.6, source="verifier:json_schema")
    assert verified(modest) == modest
    assert verified(Score(value=1.0, source="user")) is None
