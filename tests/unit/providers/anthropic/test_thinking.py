"""How much a model is told to think depends on its generation."""

from typing import Any

import pytest

from tests.unit.providers.anthropic.messages import NEW, OLD, encoded
from wrp_proxy.providers.anthropic.traits import traits_of

ADAPTIVE = {"type": "adaptive", "display": "summarized"}
USER = {"role": "user", "content": "Hi"}
CALL = {"id": "x", "type": "function", "function": {"name": "f", "arguments": "{}"}}
RESULT = {"role": "tool", "tool_call_id": "x", "content": "y"}
THOUGHT = {"type": "thinking", "thinking": "Hm", "signature": "sig"}


def told(model: str, **body: Any) -> tuple[Any, Any]:
    sent = encoded(model, **body)
    return sent.get("thinking"), (sent.get("output_config") or {}).get("effort")


@pytest.mark.parametrize(
    ("model", "thinking", "samples", "system_turns", "schemas"),
    [
        ("claude-3-haiku-20240307", "none", True, False, False),
        ("claude-3-7-sonnet-latest", "budget", True, False, False),
        ("claude-sonnet-4-20250514", "budget", True, False, False),
        ("claude-haiku-4-5", "budget", True, False, True),
        ("claude-sonnet-4-6", "adaptive", True, False, True),
        ("anthropic.claude-opus-4-6-v1:0", "adaptive", True, False, True),
        ("anthropic/claude-opus-4.7", "adaptive", False, False, True),
        ("claude-opus-4-8", "adaptive", False, True, True),
        ("claude-fable-5-2", "adaptive", False, True, True),
        ("claude-next", "adaptive", False, True, True),
        ("kimi-k3", "budget", True, False, False),
    ],
)
def test_a_models_name_tells_its_traits(
    model: str, thinking: str, *, samples: bool, system_turns: bool, schemas: bool
) -> None:
    traits = traits_of(model)

    assert traits.thinking == thinking
    assert (traits.samples, traits.system_turns, traits.schemas) == (samples, system_turns, schemas)


@pytest.mark.parametrize(
    ("model", "effort", "expected"),
    [
        (NEW, "minimal", "low"),
        (NEW, "medium", "medium"),
        (NEW, "xhigh", "xhigh"),
        (NEW, "max", "max"),
        ("claude-opus-4-6", "xhigh", "high"),
        ("claude-opus-4-6", "max", "max"),
    ],
)
def test_new_models_are_told_an_effort(model: str, effort: str, expected: str) -> None:
    assert told(model, reasoning_effort=effort) == (ADAPTIVE, expected)


@pytest.mark.parametrize(
    ("model", "expected"),
    [
        ("claude-sonnet-4-5", (None, None)),
        ("claude-opus-4-8", (None, None)),
        ("claude-opus-5", ({"type": "disabled"}, None)),
        ("claude-haiku-5-5", ({"type": "disabled"}, None)),
        ("claude-opus-5-5", (None, "low")),
        ("claude-fable-5", (None, "low")),
    ],
)
def test_no_thinking_is_as_little_as_can_be_had(model: str, expected: tuple[Any, Any]) -> None:
    assert told(model, reasoning_effort="none") == expected


@pytest.mark.parametrize(("effort", "budget"), [("minimal", 1024), ("low", 4096), ("high", 16384)])
def test_older_models_are_told_a_budget_below_the_limit(effort: str, budget: int) -> None:
    sent = encoded(OLD, reasoning_effort=effort)

    assert sent["thinking"]["type"] == "enabled"
    assert sent["thinking"]["budget_tokens"] < sent["max_tokens"] <= 32000
    assert sent["thinking"]["budget_tokens"] >= budget
    assert sent["max_tokens"] - sent["thinking"]["budget_tokens"] >= 4096


@pytest.mark.parametrize(
    ("max_tokens", "budget"), [(100_000, 8192), (8000, 4000), (2048, 1024), (2047, None), (5, None)]
)
def test_half_of_what_was_asked_for_is_left_to_the_answer(
    max_tokens: int, budget: int | None
) -> None:
    sent = encoded(OLD, reasoning_effort="medium", max_completion_tokens=max_tokens)

    assert sent["max_tokens"] == max_tokens
    assert (sent.get("thinking") or {}).get("budget_tokens") == budget


@pytest.mark.parametrize("effort", [None, "odd", 7, []])
def test_nothing_is_told_where_nothing_was_asked(effort: Any) -> None:
    assert told(NEW, reasoning_effort=effort) == (None, None)


def test_what_the_caller_says_of_thinking_goes_as_it_is() -> None:
    thinking = {"type": "enabled", "budget_tokens": 20_000, "odd": 1}

    sent = encoded(OLD, thinking=thinking)

    assert sent["thinking"] == thinking
    assert sent["max_tokens"] > 20_000


def test_an_effort_may_go_with_it() -> None:
    thinking = {"type": "adaptive"}

    assert told(NEW, thinking=thinking, reasoning_effort="low") == (thinking, "low")
    assert told(OLD, thinking=thinking, reasoning_effort="low") == (thinking, None)


def test_an_effort_of_the_callers_own_goes_first() -> None:
    assert told(NEW, reasoning_effort="low", output_config={"effort": "max"}) == (ADAPTIVE, "max")


def test_a_model_that_thinks_does_not_sample() -> None:
    sent = encoded(OLD, reasoning_effort="low", temperature=0.5, top_k=5, top_p=0.96)

    assert sent["top_p"] == 0.96
    assert not {"temperature", "top_k"} & set(sent)


def test_a_model_that_must_not_think_samples() -> None:
    sent = encoded(OLD, thinking={"type": "disabled"}, temperature=0.5)

    assert sent["temperature"] == 0.5


@pytest.mark.parametrize(("model", "expected"), [(OLD, (None, None)), (NEW, (None, "low"))])
def test_a_forced_call_is_made_without_thinking(model: str, expected: tuple[Any, Any]) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]

    assert told(model, tools=tools, tool_choice="required", reasoning_effort="low") == expected


@pytest.mark.parametrize(
    ("messages", "thinks"),
    [
        ([USER, {"role": "assistant", "tool_calls": [CALL]}, RESULT], False),
        ([USER, {"role": "assistant", "content": "So"}], False),
        ([USER, {"role": "assistant", "content": "So"}, USER], True),
        (
            [
                USER,
                {"role": "assistant", "tool_calls": [CALL], "thinking_blocks": [THOUGHT]},
                RESULT,
            ],
            True,
        ),
    ],
)
def test_older_models_do_not_begin_to_think_in_mid_turn(
    messages: list[dict[str, Any]], *, thinks: bool
) -> None:
    tools = [{"type": "function", "function": {"name": "f"}}]

    old = encoded(OLD, messages=messages, tools=tools, reasoning_effort="low")
    new = encoded(NEW, messages=messages, tools=tools, reasoning_effort="low")

    assert ("thinking" in old) == thinks
    assert "thinking" in new
