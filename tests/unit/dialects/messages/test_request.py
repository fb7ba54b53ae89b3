"""What a request asks for besides its messages."""

from typing import Any

import pytest

from tests.unit.dialects.messages.asking import asked, chat, native_only
from wrp_proxy.errors import RequestError

SCHEMA = {"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}
CLOSED = {**SCHEMA, "additionalProperties": False}


def extras(**more: Any) -> dict[str, Any]:
    """What is there besides model, messages and max_tokens."""
    body = chat(asked(**more))
    return {name: value for name, value in body.items() if name not in asked()}


def test_a_request_in_its_shortest_form() -> None:
    assert chat(asked()) == {
        "model": "auto",
        "messages": [{"role": "user", "content": "Hello there"}],
        "max_tokens": 100,
    }


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        ({"temperature": 0.5, "top_p": 0.9}, {"temperature": 0.5, "top_p": 0.9}),
        ({"temperature": None, "top_k": 5}, {}),
        ({"stop_sequences": ["a", "b", "c", "d", "e"]}, {"stop": ["a", "b", "c", "d", "e"]}),
        ({"stop_sequences": []}, {}),
        ({"metadata": {"user_id": "u-1"}}, {"user": "u-1"}),
        ({"metadata": {"user_id": "u" * 65}}, {}),
        ({"metadata": {"user_id": None}}, {}),
        ({"stream": True}, {"stream": True, "stream_options": {"include_usage": True}}),
        ({"stream": False}, {}),
        (
            {
                "service_tier": "auto",
                "container": "c1",
                "context_management": {"edits": []},
                "betas": ["x"],
                "mcp_servers": [],
                "speed": "fast",
                "unheard_of": 1,
            },
            {},
        ),
    ],
)
def test_fields_are_translated_or_left_out(fields: dict[str, Any], told: dict[str, Any]) -> None:
    assert extras(**fields) == told
    assert native_only(asked(**fields)) is None


@pytest.mark.parametrize(
    ("fields", "effort"),
    [
        ({"thinking": {"type": "enabled", "budget_tokens": 1024}}, "low"),
        ({"thinking": {"type": "enabled", "budget_tokens": 4096}}, "medium"),
        ({"thinking": {"type": "enabled", "budget_tokens": 31999}}, "high"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "medium"}}, "medium"),
        ({"thinking": {"type": "adaptive"}, "output_config": {"effort": "max"}}, "high"),
    ],
)
def test_thinking_becomes_effort(fields: dict[str, Any], effort: str) -> None:
    assert extras(**fields) == {"reasoning_effort": effort}


@pytest.mark.parametrize(
    "fields",
    [
        {"thinking": {"type": "adaptive"}},
        {"thinking": {"type": "adaptive"}, "output_config": {"effort": "unheard of"}},
        {"thinking": {"type": "disabled"}, "output_config": {"effort": "high"}},
        {"thinking": {"type": "enabled"}},
        {"thinking": "yes"},
        {"output_config": {"effort": "high"}},
    ],
)
def test_effort_is_left_to_the_upstream_where_none_is_asked_for(fields: dict[str, Any]) -> None:
    assert extras(**fields) == {}


@pytest.mark.parametrize(("schema", "strict"), [(SCHEMA, False), (CLOSED, True)])
@pytest.mark.parametrize("where", ["output_config", "output_format"])
def test_structured_output_is_strict_where_openai_can_be(
    schema: dict[str, Any], strict: bool, where: str
) -> None:
    wanted = {"type": "json_schema", "schema": schema}

    told = extras(**{where: {"format": wanted} if where == "output_config" else wanted})

    described = {"name": "answer", "schema": schema, "strict": strict}
    assert told == {"response_format": {"type": "json_schema", "json_schema": described}}


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"mcp_servers": [{"type": "url", "url": "https://x.example"}]}, "mcp_servers"),
        ({"max_tokens": 0}, "max_tokens 0, which only fills the prompt cache"),
    ],
)
def test_what_only_anthropic_can_do_is_named(fields: dict[str, Any], reason: str) -> None:
    assert native_only(asked(**fields)) == reason


@pytest.mark.parametrize(
    ("fields", "param"),
    [
        ({"model": None}, "model"),
        ({"model": ""}, "model"),
        ({"model": 5}, "model"),
        ({"max_tokens": None}, "max_tokens"),
        ({"max_tokens": -1}, "max_tokens"),
        ({"max_tokens": 1.5}, "max_tokens"),
        ({"max_tokens": True}, "max_tokens"),
        ({"max_tokens": "100"}, "max_tokens"),
        ({"stream": "yes"}, "stream"),
        ({"stream": 1}, "stream"),
        ({"stop_sequences": "END"}, "stop_sequences"),
        ({"stop_sequences": [5]}, "stop_sequences"),
    ],
)
def test_malformed_fields_are_refused_by_name(fields: dict[str, Any], param: str) -> None:
    with pytest.raises(RequestError) as refusal:
        chat({**asked(), **fields})

    assert refusal.value.param == param
    assert refusal.value.status == 400


def test_a_body_nested_too_deeply_is_refused() -> None:
    nested: dict[str, Any] = {"type": "object"}
    for _ in range(100_000):
        nested = {"items": nested}

    with pytest.raises(RequestError):
        chat(asked(output_format={"type": "json_schema", "schema": nested}))
