"""What never gets into the cache, and so is never looked for."""

import json
from dataclasses import replace
from typing import Any

import pytest

from wrp_proxy.cache.admission import deep_refusal, is_passing, needs_its_words, refusal
from wrp_proxy.cache.policy import PRESETS, UNASKED
from wrp_proxy.cache.question import find_question
from wrp_proxy.types import NO_WISHES, Api, CacheControl, ChatRequest

BALANCED = PRESETS["balanced"]
USER = {"role": "user", "content": "How tall is Mount Everest in metres?"}


def asked(api: Api = "chat", cache: CacheControl = NO_WISHES, **body: Any) -> ChatRequest:
    whole = {"model": "auto", "messages": [USER], **body}
    return ChatRequest(
        id="1",
        tenant="alice",
        session=None,
        model="auto",
        body=whole,
        raw=json.dumps(whole).encode(),
        api=api,
        cache=cache,
    )


def why(request: ChatRequest, max_bytes: int = 10_000) -> str | None:
    return refusal(request, BALANCED, max_bytes) or deep_refusal(request.body)


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"tools": [{"type": "function"}]}, "has tools"),
        ({"functions": [{}]}, "has functions"),
        ({"tool_choice": "none"}, "has tool_choice"),
        ({"web_search_options": {}}, "has web_search_options"),
        ({"store": True}, "the conversation is stored"),
        ({"previous_response_id": "r"}, "has previous_response_id"),
        ({"n": 2}, "asks for several choices"),
        ({"audio": {"voice": "x"}}, "asks for more than text"),
        ({"modalities": ["text", "audio"]}, "asks for more than text"),
        ({"temperature": 1.2}, "temperature"),
        ({"messages": [{"role": "tool", "content": "4"}]}, "has tool results"),
        ({"messages": [{"role": "assistant", "tool_calls": [{}]}]}, "has tool results"),
        (
            {"messages": [{"role": "user", "content": [{"type": "image_url"}]}]},
            "has parts that are no text",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "input_audio"}]}]},
            "has parts that are no text",
        ),
    ],
)
def test_what_must_not_be_kept_passes_by(body: dict[str, Any], said: str) -> None:
    assert why(asked(**body)) == said


@pytest.mark.parametrize(
    "text",
    [
        "Answer from <context>Rome fell in 476.</context>",
        "Use the following documents to answer.",
        "Relevant memories: likes tea",
        "The user's name is Ada.",
        "Search results: 1. ...",
        "Today is 24 May.",
        "Current date: 2026-05-24",
    ],
)
def test_what_was_retrieved_or_remembered_for_one_request_is_not_kept(text: str) -> None:
    system = {"role": "system", "content": text}

    assert why(asked(messages=[system, USER])) == "has retrieved or personal context"


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"n": 1},
        {"n": None},
        {"temperature": 1},
        {"tools": []},
        {"store": False},
        {"modalities": ["text"]},
        {"messages": [{"role": "user", "content": [{"type": "text", "text": "Why?"}]}]},
        {"messages": [{"role": "system", "content": "You keep documents in order."}, USER]},
    ],
)
def test_usual_requests_may_be_kept(body: dict[str, Any]) -> None:
    assert why(asked(**body)) is None


@pytest.mark.parametrize("odd", [[], {}, "x", 7])
@pytest.mark.parametrize("name", ["n", "modalities", "temperature", "store", "tools", "audio"])
def test_odd_values_never_raise(name: str, odd: object) -> None:
    body: dict[str, Any] = {name: odd}

    refusal(asked(**body), BALANCED, 10_000)


def test_long_requests_pass_by() -> None:
    assert why(asked(), max_bytes=20) == "longer than 20 bytes"


def test_responses_are_stored_unless_they_say_otherwise() -> None:
    assert why(asked("responses")) == "the conversation is stored"
    assert why(asked("responses", store=False)) is None


def test_without_a_word_in_the_configuration_only_temperature_0_is_kept() -> None:
    policy = UNASKED.default

    assert refusal(asked(), policy, 10_000) == "temperature"
    assert refusal(asked(temperature=0), policy, 10_000) is None
    assert refusal(asked("embeddings"), policy, 10_000) is None


def test_who_asks_for_the_cache_has_it_at_a_usual_temperature_and_for_choices() -> None:
    wish = CacheControl(is_asked=True)

    assert refusal(asked(cache=wish, n=2), UNASKED.default, 10_000) is None
    assert refusal(asked(cache=wish, temperature=1.1), UNASKED.default, 10_000) == "temperature"


def conversation(turns: int, last: str) -> list[dict[str, str]]:
    earlier = [{"role": ("user", "assistant")[place % 2], "content": "x"} for place in range(turns)]
    return [*earlier, {"role": "user", "content": last}]


@pytest.mark.parametrize(
    ("turns", "last", "said"),
    [
        (0, "Why?", None),
        (2, "How high is the tower in Paris, the famous one?", None),
        (2, "And that one?", "leans on what was said before"),
        (2, "Why is it so?", "leans on what was said before"),
        (6, "How high is the tower in Paris, the famous one?", "long history"),
    ],
)
def test_a_last_message_that_leans_on_others_needs_its_words(
    turns: int, last: str, said: str | None
) -> None:
    question = find_question("chat", {"messages": conversation(turns, last)})

    assert needs_its_words(question, BALANCED) == said


def test_without_a_question_or_a_semantic_policy_only_the_words_count() -> None:
    question = find_question("chat", {"messages": [USER]})

    assert needs_its_words(None, BALANCED) == "no question"
    assert needs_its_words(question, PRESETS["exact-only"]) == "exact-only"
    assert needs_its_words(question, replace(BALANCED, max_history=0)) is None


@pytest.mark.parametrize(
    ("text", "passes"),
    [("What is the latest Python?", True), ("Who is king now?", True), ("Who was Plato?", False)],
)
def test_answers_about_this_moment_are_told_apart(text: str, passes: bool) -> None:
    assert is_passing({"messages": [{"role": "user", "content": text}]}) == passes
