"""Who asks again was not content; who asks something else may have been."""

from dataclasses import replace
from typing import Any

import pytest

from tests.unit.nouns import chat_request, outcome, workload
from wrp_proxy.grading.retries import MOVED_ON, RETRY, Retries
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

QUESTION = "How do I reset the password of my account when the email does not arrive?"
REPHRASED = "How do I reset the password of my account if the email does not arrive?"
OTHER = "Write a poem about the sea in the style of Heine, please, with rhymes."


def said(
    retries: Retries,
    *texts: str,
    at: float = 1000.0,
    took_s: float = 1.0,
    session: str | None = "talk",
    tenant: str = "alice",
    finish: str = "complete",
    **known: Any,
) -> Outcome | None:
    """Let a user say the last of these, after the others; return what it tells."""
    messages = [{"role": "user", "content": text} for text in texts]
    request = replace(chat_request(messages=messages), session=session, tenant=tenant)
    how = workload(**known)
    ended = outcome(
        request_id=f"at-{at:g}", started_at=at, duration_s=took_s, workload=how, finish=finish
    )
    return retries.note(request, how, ended)


def told(found: Outcome | None) -> tuple[str, Score | None] | None:
    return None if found is None else (found.request_id, found.score)


def test_the_same_question_again_is_a_bad_mark_for_the_answer_before() -> None:
    retries = Retries()

    first = said(retries, QUESTION)
    again = said(retries, QUESTION, at=1030.0)

    assert first is None
    assert told(again) == ("at-1000", RETRY)


def test_other_words_for_the_same_are_a_retry_too() -> None:
    retries = Retries()
    said(retries, QUESTION)

    assert told(said(retries, QUESTION, REPHRASED, at=1030.0)) == ("at-1000", RETRY)


def test_another_number_is_another_question() -> None:
    retries = Retries()
    said(retries, "Sum up chapter 3 of the book about the long history of the city")

    again = said(retries, "Sum up chapter 4 of the book about the long history of the city")

    assert again is None


def test_another_topic_is_a_weak_good_mark() -> None:
    retries = Retries()
    said(retries, QUESTION)

    assert told(said(retries, QUESTION, OTHER, at=5000.0)) == ("at-1000", MOVED_ON)


def test_a_follow_up_is_neither() -> None:
    retries = Retries(similarity=lambda one, two: 0.7)
    said(retries, QUESTION)

    assert said(retries, QUESTION, "How do I reset it when the email does not arrive?") is None


@pytest.mark.parametrize(("asked_at", "is_told"), [(1121.0, True), (1121.5, False)])
def test_after_two_minutes_the_same_question_means_nothing(asked_at: float, is_told: bool) -> None:
    retries = Retries()
    said(retries, QUESTION)

    assert (said(retries, QUESTION, at=asked_at) is not None) == is_told


def test_several_requests_at_the_same_time_are_no_retries() -> None:
    retries = Retries()
    said(retries, QUESTION, took_s=20.0)

    assert said(retries, QUESTION, at=1010.0) is None


def test_each_answer_is_marked_once() -> None:
    retries = Retries()
    said(retries, QUESTION)

    marked = [said(retries, QUESTION, at=1000.0 + 10 * n, finish="failed") for n in (1, 2)]

    assert [told(one) for one in marked] == [("at-1000", RETRY), None]


def test_only_complete_answers_are_marked() -> None:
    retries = Retries()
    said(retries, QUESTION, finish="cancelled")

    assert said(retries, QUESTION, at=1010.0) is None


def test_a_short_word_may_be_said_twice_in_the_course_of_a_conversation() -> None:
    retries = Retries()
    said(retries, QUESTION, "go on")

    assert said(retries, QUESTION, "go on", "go on", at=1010.0) is None
    assert told(said(retries, QUESTION, "go on", "go on", at=1020.0)) == ("at-1010", RETRY)


def test_long_texts_that_differ_a_little_are_one_template_with_two_contents() -> None:
    retries = Retries()
    template = "Classify the review by its mood, as one word. " * 60
    said(retries, f"{template} The hotel was good.")

    assert said(retries, f"{template} The hotel was poor.", at=1010.0) is None
    assert told(said(retries, f"{template} The hotel was poor.", at=1020.0)) == ("at-1010", RETRY)


def test_a_long_text_that_differs_in_its_middle_is_not_the_same() -> None:
    retries = Retries()
    filling = "a line of the log that is read " * 40
    said(retries, f"{filling} 17:00 {filling}")

    assert said(retries, f"{filling} 18:00 {filling}", at=1010.0) is None


@pytest.mark.parametrize("kind", ["tool_loop", "batch", "completion"])
def test_what_goes_on_by_itself_says_nothing(kind: str) -> None:
    retries = Retries()
    said(retries, QUESTION)

    assert said(retries, QUESTION, at=1010.0, kind=kind) is None


@pytest.mark.parametrize("other", [{"session": "walk"}, {"tenant": "bob"}, {"session": None}])
def test_sessions_and_tenants_are_kept_apart(other: dict[str, str | None]) -> None:
    retries = Retries()
    said(retries, QUESTION)

    assert said(retries, QUESTION, at=1010.0, **other) is None  # type: ignore[arg-type]  # names


def test_requests_without_a_session_are_one_where_that_is_said() -> None:
    quiet, told_so = Retries(), Retries(without_sessions=True)
    for retries in (quiet, told_so):
        said(retries, QUESTION, session=None, fingerprint="f")

    assert said(quiet, QUESTION, at=1010.0, session=None, fingerprint="f") is None
    assert said(told_so, QUESTION, at=1010.0, session=None, fingerprint="g") is None
    assert told(said(told_so, QUESTION, at=1020.0, session=None, fingerprint="f")) == (
        "at-1000",
        RETRY,
    )


def test_the_session_that_was_silent_for_the_longest_is_forgotten() -> None:
    retries = Retries(max_sessions=2)
    for name in ("a", "b", "a", "c"):
        said(retries, QUESTION, session=name, finish="complete")

    again = {name: said(retries, QUESTION, session=name, at=1010.0) for name in ("a", "c", "b")}

    assert {name for name, found in again.items() if found} == {"a", "c"}
