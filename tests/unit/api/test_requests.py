"""What is refused in a chat request, and in what words; all else is the upstream's to judge."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.api.callers import Caller
from wrp_proxy.api.requests import read_request
from wrp_proxy.dialects.chat import ChatDialect
from wrp_proxy.dialects.responses.dialect import ResponsesDialect
from wrp_proxy.errors import RequestError
from wrp_proxy.types import ChatRequest

CHAT = ChatDialect(ResponsesDialect())
MESSAGES = [{"role": "user", "content": "Hello"}]


def caller(**headers: str) -> Caller:
    named = {name.replace("_", "-").encode(): text.encode() for name, text in headers.items()}
    return Caller("req_1", "alice", is_admin=False, headers=named)


def parsed(**fields: Any) -> ChatRequest:
    body = {"model": "auto", "messages": MESSAGES, **fields}
    return read_request("chat", CHAT, json.dumps(body).encode(), caller())


def refused(raw: bytes) -> RequestError:
    with pytest.raises(RequestError) as refusal:
        read_request("chat", CHAT, raw, caller())
    assert (refusal.value.status, refusal.value.type) == (400, "invalid_request_error")
    return refusal.value


def refused_with(**fields: Any) -> RequestError:
    return refused(json.dumps({"model": "auto", "messages": MESSAGES, **fields}).encode())


def test_a_request_carries_who_asked_and_what_came() -> None:
    raw = b' {"model": "auto", "messages": [{"content": "caf\\u00e9"}], "odd": 1.10}\n'

    request = read_request("chat", CHAT, raw, caller())

    assert (request.id, request.tenant, request.model) == ("req_1", "alice", "auto")
    assert request.raw == raw
    assert request.body["messages"] == [{"content": "caf\u00e9"}]
    assert (request.stream, request.wants_usage, request.debug) == (False, False, False)


@pytest.mark.parametrize(
    ("fields", "stream", "wants_usage"),
    [
        ({"stream": None}, False, False),
        ({"stream": False, "stream_options": {"include_usage": True}}, False, False),
        ({"stream": True}, True, False),
        ({"stream": True, "stream_options": None}, True, False),
        ({"stream": True, "stream_options": {}}, True, False),
        ({"stream": True, "stream_options": {"include_usage": False}}, True, False),
        ({"stream": True, "stream_options": {"include_usage": True}}, True, True),
    ],
)
def test_a_stream_and_its_usage_are_asked_for(
    fields: dict[str, Any], stream: bool, wants_usage: bool
) -> None:
    request = parsed(**fields)

    assert (request.stream, request.wants_usage) == (stream, wants_usage)


@pytest.mark.parametrize("raw", [b"[]", b"null", b"7", b'"text"', b"true", b"[{}]"])
def test_json_that_is_no_object_is_refused(raw: bytes) -> None:
    assert "JSON object" in refused(raw).message


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b" ",
        b"{",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} x',
        b"model=auto",
        b'{"temperature": NaN}',
        b'{"temperature": Infinity}',
        b'{"temperature": -Infinity}',
        b'{"messages": "\\ud800"}',
        b'{"messages": "\\ud800\\ud800"}',
        b'{"messages": "\\udc00\\ud800"}',
        b'{"messages": "\xff"}',
        b'{"messages": "\xed\xa0\x80"}',
        b'{"messages": "a\nb"}',
        b"\xff\xfe{\x00}\x00",
    ],
)
def test_what_is_not_json_is_refused(raw: bytes) -> None:
    assert "not valid JSON" in refused(raw).message


@pytest.mark.parametrize(("opened", "closed"), [(b"[", b"]"), (b'{"a":', b"}")])
@pytest.mark.parametrize("is_closed", [True, False])
def test_deep_nesting_is_refused(opened: bytes, closed: bytes, is_closed: bool) -> None:
    depth = 50_000
    inner = opened * depth + b"1" + closed * depth * is_closed

    assert "nested too deeply" in refused(b'{"messages": ' + inner + b"}").message


def test_nesting_as_deep_as_tools_have_it_is_fine() -> None:
    schema: dict[str, Any] = {}
    for _ in range(100):
        schema = {"type": "object", "properties": {"a": schema}}

    assert parsed(tools=[schema]).body["tools"] == [schema]


@pytest.mark.parametrize("model", [None, "", 7, ["auto"], {"name": "auto"}, True])
def test_a_missing_or_mistyped_model_is_refused(model: object) -> None:
    assert refused_with(model=model).param == "model"


@pytest.mark.parametrize("messages", [None, [], "Hello", {"role": "user"}, 7])
def test_missing_or_mistyped_messages_are_refused(messages: object) -> None:
    assert refused_with(messages=messages).param == "messages"


@pytest.mark.parametrize("message", [None, "Hello", 7, []])
def test_a_mistyped_message_is_refused_with_its_place(message: object) -> None:
    assert refused_with(messages=[*MESSAGES, message]).param == "messages[1]"


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "n"])
@pytest.mark.parametrize("value", [0, -1, 1.5, "7", True, False, [7], {}, -(10**30)])
def test_a_count_that_is_not_positive_is_refused(name: str, value: object) -> None:
    assert refused_with(**{name: value}).param == name


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens", "n"])
@pytest.mark.parametrize("value", [None, 1, 10**30])
def test_a_positive_count_is_fine_and_null_is_none(name: str, value: int | None) -> None:
    assert parsed(**{name: value}).body[name] == value


@pytest.mark.parametrize("value", ["true", 1, 0, [], {}])
def test_a_mistyped_stream_is_refused(value: object) -> None:
    assert refused_with(stream=value).param == "stream"


@pytest.mark.parametrize("value", [True, "include_usage", ["include_usage"], 1])
def test_mistyped_options_of_a_stream_are_refused(value: object) -> None:
    assert refused_with(stream=True, stream_options=value).param == "stream_options"


@pytest.mark.parametrize(
    "fields",
    [
        {"messages": [{"role": "developer", "content": None}]},
        {"messages": [{"role": "odd", "content": [{"type": "odd"}], "extra": {}}]},
        {"messages": [{}]},
        {"temperature": 99, "top_p": "high", "tools": "all"},
        {"seed": 123456789012345678901234567890},
        {"cache": {"no-store": True}, "metadata": {"a": "b"}},
        {"": 1, "caf\u00e9 \U0001f600": {"\u2028": 1}},
    ],
)
def test_what_only_the_upstream_can_judge_is_let_through(fields: dict[str, Any]) -> None:
    assert parsed(**fields).body.items() >= fields.items()


def test_of_a_field_that_stands_twice_the_last_counts() -> None:
    raw = b'{"model": "a", "messages": [{}], "model": "b"}'

    assert read_request("chat", CHAT, raw, caller()).model == "b"


@pytest.mark.parametrize(
    ("headers", "session"),
    [
        ({}, None),
        ({"x_session_id": "s1"}, "s1"),
        ({"x_conversation_id": "c1"}, "c1"),
        ({"x_session_id": "s1", "x_conversation_id": "c1"}, "s1"),
        ({"x_session_id": "", "x_conversation_id": "c1"}, "c1"),
        ({"x_session_id": "a" * 999}, "a" * 256),
    ],
)
def test_the_session_is_what_the_headers_call_it(
    headers: dict[str, str], session: str | None
) -> None:
    raw = json.dumps({"model": "auto", "messages": MESSAGES}).encode()

    assert read_request("chat", CHAT, raw, caller(**headers)).session == session


@pytest.mark.parametrize(("value", "debug"), [("1", True), ("0", False), ("true", False)])
def test_debugging_is_asked_for_with_a_one(value: str, debug: bool) -> None:
    raw = json.dumps({"model": "auto", "messages": MESSAGES}).encode()

    assert read_request("chat", CHAT, raw, caller(x_wrp_debug=value)).debug is debug


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_no_bytes_do_more_than_be_refused(raw: bytes) -> None:
    with pytest.raises(RequestError):
        read_request("chat", CHAT, raw, caller())


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)
fields = st.sampled_from(
    ["model", "messages", "stream", "stream_options", "max_tokens", "n", "tools", "x"]
)


@given(st.dictionaries(fields, json_values))
def test_no_object_does_more_than_be_refused(body: dict[str, Any]) -> None:
    raw = json.dumps(body).encode()

    try:
        model = read_request("chat", CHAT, raw, caller()).model
    except RequestError:
        model = None

    assert model is None or model == body["model"]
