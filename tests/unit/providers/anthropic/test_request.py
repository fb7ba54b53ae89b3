"""Parameters: what both have is translated, what only one has is left to it."""

import json
from typing import Any

import pytest

from tests.unit.nouns import chat_request, endpoint
from tests.unit.providers.anthropic.messages import NEW, OLD, encoded, provider
from wrp_proxy.errors import RequestError


def test_the_smallest_request_has_all_that_is_needed() -> None:
    assert encoded() == {
        "model": NEW,
        "max_tokens": 16384,
        "messages": [{"role": "user", "content": [{"type": "text", "text": "Hello there"}]}],
    }


def test_a_stream_is_asked_for() -> None:
    assert encoded(stream=True)["stream"] is True


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"max_tokens": 5}, 5),
        ({"max_completion_tokens": 6}, 6),
        ({"max_tokens": 5, "max_completion_tokens": 6}, 6),
        ({"max_tokens": None}, 16384),
        ({"max_tokens": True}, 16384),
    ],
)
def test_a_limit_is_always_sent(asked: dict[str, Any], expected: int) -> None:
    assert encoded(**asked)["max_tokens"] == expected


def test_the_limit_by_default_can_be_chosen_and_fits_old_models() -> None:
    chosen = provider(default_max_tokens=100).encode(chat_request(), endpoint(NEW))
    old = encoded("claude-3-haiku-20240307")

    assert json.loads(chosen.body)["max_tokens"] == 100
    assert old["max_tokens"] == 4096


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"temperature": 0.5}, {"temperature": 0.5}),
        ({"temperature": 0}, {"temperature": 0}),
        ({"temperature": 1.7}, {"temperature": 1}),
        ({"temperature": 0.5, "top_p": 0.5, "top_k": 9}, {"temperature": 0.5, "top_k": 9}),
        ({"top_p": 0.5}, {"top_p": 0.5}),
        ({"temperature": "hot", "top_p": True}, {}),
    ],
)
def test_sampling_is_kept_within_what_is_accepted(
    asked: dict[str, Any], expected: dict[str, Any]
) -> None:
    sent = encoded(OLD, **asked)

    assert {n: sent[n] for n in ("temperature", "top_p", "top_k") if n in sent} == expected


@pytest.mark.parametrize("model", [NEW, "claude-opus-4-7", "claude-mythos-preview"])
def test_new_models_do_not_sample(model: str) -> None:
    sent = encoded(model, temperature=0.5, top_p=0.5, top_k=9)

    assert not {"temperature", "top_p", "top_k"} & set(sent)


def test_other_vendors_models_sample() -> None:
    assert encoded("deepseek-v4-pro", temperature=0.5)["temperature"] == 0.5


@pytest.mark.parametrize(
    ("stop", "expected"),
    [("a", ["a"]), (["a", " ", "", "b"], ["a", "b"]), ("\n", None), (None, None), (7, None)],
)
def test_stops_are_sequences_that_are_not_blank(stop: Any, expected: list[str] | None) -> None:
    assert encoded(stop=stop).get("stop_sequences") == expected


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"user": "u"}, {"user_id": "u"}),
        ({"user": "u", "safety_identifier": "s"}, {"user_id": "s"}),
        ({"user": "u", "metadata": {"user_id": "m", "note": "n"}}, {"user_id": "m"}),
        ({"metadata": {"note": "n"}}, None),
        ({"user": ""}, None),
    ],
)
def test_the_user_is_named(asked: dict[str, Any], expected: Any) -> None:
    assert encoded(**asked).get("metadata") == expected


@pytest.mark.parametrize(
    ("tier", "expected"),
    [
        ("auto", "auto"),
        ("default", "standard_only"),
        ("standard_only", "standard_only"),
        ("flex", None),
        (7, None),
    ],
)
def test_the_tier_is_translated(tier: Any, expected: str | None) -> None:
    assert encoded(service_tier=tier).get("service_tier") == expected


def test_what_only_openai_has_is_left_out() -> None:
    theirs: dict[str, Any] = {
        "logprobs": True,
        "top_logprobs": 2,
        "seed": 1,
        "n": 1,
        "logit_bias": {"1": 2},
        "frequency_penalty": 0.5,
        "presence_penalty": 0.5,
        "stream_options": {"include_usage": True},
        "store": True,
        "verbosity": "low",
        "prediction": {},
        "modalities": ["text"],
        "cache": {"ttl": 1},
        "not_known": 1,
    }

    assert encoded(**theirs) == encoded()


def test_what_only_anthropic_has_passes() -> None:
    own: dict[str, Any] = {
        "context_management": {"edits": []},
        "mcp_servers": [{"type": "url", "url": "https://lab"}],
        "container": "c",
        "cache_control": {"type": "ephemeral"},
        "output_config": {"task_budget": {"type": "tokens", "total": 5}},
    }

    sent = encoded(**own)

    assert {name: sent[name] for name in own} == own


@pytest.mark.parametrize("n", [2, "1", [], 0])
def test_several_answers_cannot_be_had(n: Any) -> None:
    with pytest.raises(RequestError) as raised:
        encoded(n=n)

    assert raised.value.param == "n"


SCHEMA = {"type": "object", "properties": {"a": {"type": "integer", "minimum": 1}}}
FORM = {"type": "json_schema", "json_schema": {"name": "x", "strict": True, "schema": SCHEMA}}


def test_answers_are_held_to_a_schema() -> None:
    sent = encoded(response_format=FORM, reasoning_effort="low", tools=[{"name": "f"}])

    closed = {
        "type": "object",
        "properties": {"a": {"type": "integer", "description": "(minimum: 1)"}},
        "additionalProperties": False,
    }
    assert sent["output_config"] == {
        "effort": "low",
        "format": {"type": "json_schema", "schema": closed},
    }
    assert "tool_choice" not in sent


def test_models_that_cannot_be_held_to_a_schema_are_told_of_it() -> None:
    sent = encoded("claude-sonnet-4-20250514", response_format=FORM)

    assert "output_config" not in sent
    assert json.dumps(SCHEMA, separators=(",", ":")) in sent["system"][-1]["text"]


def test_json_is_asked_for_in_words() -> None:
    messages = [{"role": "system", "content": "a"}, {"role": "user", "content": "b"}]

    sent = encoded(response_format={"type": "json_object"}, messages=messages)

    assert sent["system"][0]["text"] == "a"
    assert "JSON" in sent["system"][1]["text"]


@pytest.mark.parametrize("form", [{"type": "text"}, None, 7, {"type": []}])
def test_other_forms_are_text(form: Any) -> None:
    assert encoded(response_format=form) == encoded()


def test_a_form_without_a_schema_is_refused() -> None:
    with pytest.raises(RequestError) as raised:
        encoded(response_format={"type": "json_schema"})

    assert raised.value.param == "response_format"
