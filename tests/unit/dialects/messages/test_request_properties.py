"""What holds for every request."""

import json
from contextlib import suppress
from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.dialects.messages.anything import json_values, names, words
from tests.unit.dialects.messages.asking import (
    asked,
    chat,
)
from wrp_proxy.errors import RequestError


def _mutated(body: Any, path: list[int], value: Any) -> Any:
    """Put `value` somewhere into a well-formed body."""
    if not path or not isinstance(body, dict | list) or not body:
        return value
    keys: list[Any] = list(body) if isinstance(body, dict) else list(range(len(body)))
    key = keys[path[0] % len(keys)]
    changed = body.copy()
    changed[key] = _mutated(body[key], path[1:], value)
    return changed


_EVERYTHING = asked(
    {
        "role": "user",
        "content": [
            {"type": "text", "text": "a"},
            {"type": "image", "source": {"type": "url", "url": "u"}},
            {"type": "document", "source": {"type": "text", "data": "d"}, "title": "t"},
            {"type": "document", "source": {"type": "content", "content": []}},
            {"type": "search_result", "title": "t", "source": "s", "content": []},
        ],
    },
    {
        "role": "assistant",
        "content": [
            {"type": "thinking", "thinking": "t", "signature": "s"},
            {"type": "server_tool_use", "id": "s", "name": "n", "input": {}},
            {"type": "web_search_tool_result", "tool_use_id": "s", "content": []},
            {"type": "tool_use", "id": "i", "name": "n", "input": {"a": 1}},
        ],
    },
    {
        "role": "user",
        "content": [
            {
                "type": "tool_result",
                "tool_use_id": "i",
                "is_error": True,
                "content": [{"type": "image", "source": {"type": "base64", "data": "d"}}],
            }
        ],
    },
    system=[{"type": "text", "text": "a"}],
    tools=[
        {"name": "n", "description": "d", "input_schema": {"type": "object"}, "strict": True},
        {"type": "web_search_20250305", "name": "web_search"},
    ],
    tool_choice={"type": "tool", "name": "n"},
    stop_sequences=["a"],
    thinking={"type": "enabled", "budget_tokens": 2000},
    output_config={"effort": "low", "format": {"type": "json_schema", "schema": {}}},
    metadata={"user_id": "u"},
    stream=True,
    mcp_servers=[],
)


@given(st.lists(st.integers(0, 9), max_size=6), json_values)
def test_a_request_is_translated_or_refused_whatever_stands_in_it(
    path: list[int], value: Any
) -> None:
    body = _mutated(_EVERYTHING, path, value)
    if not isinstance(body, dict):
        return

    with suppress(RequestError):
        msgspec.json.encode(chat(body))


@given(st.dictionaries(words, json_values, max_size=4))
def test_random_fields_are_left_out_and_never_refused(fields: dict[str, Any]) -> None:
    unknown = {f"x_{name}": value for name, value in fields.items()}

    assert chat(asked(**unknown)) == chat(asked())


def text_block(said: str) -> dict[str, Any]:
    return {"type": "text", "text": said}


def call_block(place: int, name: str, given: dict[str, Any]) -> dict[str, Any]:
    return {"type": "tool_use", "id": f"toolu_{place}", "name": name, "input": given}


turns = st.lists(
    st.tuples(
        st.lists(words, min_size=1, max_size=3),
        st.lists(words, max_size=2),
        st.lists(st.tuples(names, st.dictionaries(words, json_values, max_size=2)), max_size=2),
    ),
    min_size=1,
    max_size=4,
)


@given(turns)
def test_every_text_call_and_result_keeps_its_words_and_its_place(turns: list[Any]) -> None:
    messages = []
    expected: list[tuple[str, Any]] = []
    for asked_texts, said_texts, called in turns:
        calls = [call_block(place, *call) for place, call in enumerate(called)]
        results = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": call["name"]}
            for call in calls
        ]
        messages += [
            {"role": "user", "content": list(map(text_block, asked_texts))},
            {"role": "assistant", "content": [*map(text_block, said_texts), *calls]},
            {"role": "user", "content": [*results, text_block("and?")]},
        ]
        expected += [("user", "\n\n".join(asked_texts)), ("assistant", "".join(said_texts))]
        expected += [("call", (call["id"], call["name"], call["input"])) for call in calls]
        expected += [("tool", (call["id"], call["name"])) for call in calls]
        expected.append(("user", "and?"))

    translated = chat(asked(*messages))["messages"]

    assert [one for message in translated for one in _flat(message)] == expected


def _flat(message: dict[str, Any]) -> list[tuple[str, Any]]:
    if message["role"] == "tool":
        return [("tool", (message["tool_call_id"], message["content"]))]
    calls = message.get("tool_calls", [])
    return [
        (message["role"], message["content"] or ""),
        *(("call", _call_of(call)) for call in calls),
    ]


def _call_of(call: dict[str, Any]) -> tuple[str, str, Any]:
    function = call["function"]
    return call["id"], function["name"], json.loads(function["arguments"])
