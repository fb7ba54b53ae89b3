"""Whatever is said keeps its meaning, or is refused in a way that callers understand."""

import json
from dataclasses import replace
from itertools import pairwise
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import chat_request, endpoint
from tests.unit.providers.anthropic.messages import (
    NEW,
    OLD,
    chat_decoder,
    choice,
    chunks_in,
    encoded,
    event,
    message,
    native_decoder,
    provider,
    relay,
)
from wrp_proxy.errors import RequestError, UpstreamError
from wrp_proxy.providers.base import Decoder
from wrp_proxy.types import ChatRequest

strings = st.text(st.characters(codec="utf-8"), max_size=8)
texts = st.text(st.characters(codec="utf-8"), min_size=1, max_size=8).filter(str.strip)
names = st.from_regex(r"[a-zA-Z0-9_-]{1,8}", fullmatch=True)
values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | strings,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(strings, inner, max_size=3),
    max_leaves=6,
)
objects = st.dictionaries(strings, values, max_size=3)
models = st.sampled_from([NEW, OLD, "claude-opus-4-6", "claude-3-haiku-20240307", "kimi-k3"])

calls = st.builds(
    lambda call_id, name, arguments: {
        "id": call_id,
        "type": "function",
        "function": {"name": name, "arguments": json.dumps(arguments)},
    },
    names,
    names,
    objects,
)
parts = st.lists(st.builds(lambda text: {"type": "text", "text": text}, texts), min_size=1)
contents = texts | parts
users = st.builds(lambda content: {"role": "user", "content": content}, contents)


@st.composite
def rounds(draw: st.DrawFn) -> list[dict[str, Any]]:
    """A user speaks, tools are called, and their results come back, in whatever messages."""
    used = draw(st.lists(calls, max_size=3))
    spoken = {"role": "assistant", "content": draw(contents), "tool_calls": used}
    results = [
        {"role": "tool", "tool_call_id": call["id"], "content": draw(contents)} for call in used
    ]
    return [draw(users), spoken, *results, draw(users)]


def text_of(content: Any) -> list[str]:
    return [content] if isinstance(content, str) else [part["text"] for part in content]


def said_in(messages: list[dict[str, Any]]) -> list[Any]:
    """Name everything a chat says, in order."""
    said: list[Any] = []
    for each in messages:
        if each["role"] == "tool":
            said.append(("result", each["tool_call_id"], text_of(each["content"])))
            continue
        said += [(each["role"], text) for text in text_of(each["content"])]
        for call in each.get("tool_calls", ()):
            function = call["function"]
            said.append(("call", call["id"], function["name"], json.loads(function["arguments"])))
    return said


def understood_from(turns: list[dict[str, Any]]) -> list[Any]:
    """Name everything that the turns say, in order."""
    understood: list[Any] = []
    for turn in turns:
        for block in turn["content"]:
            if block["type"] == "tool_use":
                understood.append(("call", block["id"], block["name"], block["input"]))
            elif block["type"] == "tool_result":
                understood.append(("result", block["tool_use_id"], text_of(block["content"])))
            else:
                understood.append((turn["role"], block["text"]))
    return understood


@given(st.lists(rounds(), min_size=1, max_size=3), models)
def test_a_conversation_says_the_same_in_the_same_order(
    chat: list[list[dict[str, Any]]], model: str
) -> None:
    messages = [each for one in chat for each in one]

    turns = encoded(model, messages=messages)["messages"]

    assert understood_from(turns) == said_in(messages)
    roles = [turn["role"] for turn in turns]
    assert all(role != after for role, after in pairwise(roles))


tools = st.builds(
    lambda name, description, properties: {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {"type": "object", "properties": properties},
        },
    },
    names,
    texts,
    objects,
)


@given(st.lists(tools, min_size=1, max_size=3), models)
def test_tools_keep_their_names_and_their_schemas(asked: list[dict[str, Any]], model: str) -> None:
    sent = encoded(model, tools=asked)["tools"]

    assert sent == [
        {
            "name": tool["function"]["name"],
            "description": tool["function"]["description"],
            "input_schema": tool["function"]["parameters"],
        }
        for tool in asked
    ]


USER = {"role": "user", "content": "Go on"}


@given(
    st.lists(texts, max_size=3),
    st.lists(st.tuples(names, names, objects), max_size=3),
    st.lists(texts, max_size=2),
)
def test_an_answer_sent_back_is_what_was_said(
    spoken: list[str], uses: list[tuple[str, str, dict[str, Any]]], thoughts: list[str]
) -> None:
    blocks = [
        *({"type": "thinking", "thinking": thought, "signature": "s"} for thought in thoughts),
        *([{"type": "text", "text": "".join(spoken)}] if spoken else []),
        *({"type": "tool_use", "id": i, "name": name, "input": given} for i, name, given in uses),
    ]
    answer = choice(message(*blocks))["message"]

    turns = encoded(messages=[{"role": "user", "content": "Hi"}, answer, USER])["messages"]

    assert [b for turn in turns if turn["role"] == "assistant" for b in turn["content"]] == blocks


def words(listed: str) -> list[str]:
    return listed.split()


FIELDS = words("""
    messages model n max_tokens max_completion_tokens temperature top_p top_k stop user
    metadata  tools tool_choice functions function_call parallel_tool_calls response_format
    thinking  reasoning_effort output_config service_tier betas safety_identifier
    context_management
""")
KINDS = st.sampled_from(
    words("""
    text image_url file function custom allowed_tools json_schema json_object enabled
    thinking  user assistant tool system developer auto required high none
""")
)
KEYS = st.sampled_from(
    words("""
    type text role content tool_calls tool_call_id function custom name arguments image_url
    url  file file_data file_id filename id parameters json_schema schema properties items
    anyOf oneOf  thinking_blocks signature cache_control allowed_tools tools mode
    budget_tokens effort input  minItems description refusal audio input_schema
""")
)
likely = st.recursive(
    KINDS | values,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def sent_or_refused(request: ChatRequest, model: str) -> object:
    """Return the messages that are sent, or what is to blame that none are."""
    try:
        call = provider().encode(request, endpoint(model))
    except RequestError as error:
        return error.param
    return json.loads(call.body)["messages"]


@given(st.dictionaries(st.sampled_from(FIELDS), likely, max_size=4), models, st.booleans())
def test_whatever_stands_in_a_request_it_is_sent_or_refused(
    odd: dict[str, Any], model: str, stream: bool
) -> None:
    request = chat_request(stream=stream)
    request = replace(request, body={**request.body, **odd})

    assert sent_or_refused(request, model)


@given(st.lists(st.dictionaries(KEYS, likely, max_size=5), min_size=1, max_size=3))
def test_whatever_stands_in_messages_they_are_sent_or_refused(
    messages: list[dict[str, Any]],
) -> None:
    request = chat_request()
    roles = ("user", "assistant", "tool")
    odd = [{"role": roles[place % 3], **each} for place, each in enumerate(messages)]

    assert sent_or_refused(replace(request, body={"messages": odd}), NEW)


EVENT_TYPES = st.sampled_from(
    words("""
    message_start content_block_start content_block_delta content_block_stop message_delta
    message_stop ping error
""")
)
EVENT_KEYS = st.sampled_from(
    words("""
    type message index content_block delta usage text thinking signature partial_json id
    name  input stop_reason stop_sequence citation data url output_tokens input_tokens model
    content  stop_details explanation output_tokens_details error
""")
)
BLOCK_KINDS = st.sampled_from(
    words("""
    text thinking redacted_thinking tool_use text_delta input_json_delta end_turn
""")
)
likely_events = st.recursive(
    BLOCK_KINDS | values,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(EVENT_KEYS, inner, max_size=5),
    max_leaves=10,
)
odd_events = st.tuples(EVENT_TYPES, st.dictionaries(EVENT_KEYS, likely_events, max_size=4))


def read_or_refused(decoder: Decoder, raw: bytes) -> bytes | None:
    try:
        return relay(decoder, [raw])
    except UpstreamError:
        return None


@given(st.lists(odd_events, max_size=5))
def test_whatever_stands_in_a_stream_it_is_read_or_refused(
    odd: list[tuple[str, dict[str, Any]]],
) -> None:
    events = [event(kind, **{k: v for k, v in more.items() if k != "type"}) for kind, more in odd]
    end = event("message_delta", delta={"stop_reason": "end_turn"}) + event("message_stop")

    read_or_refused(native_decoder(), b"".join(events) + end)
    relayed = read_or_refused(chat_decoder(wants_usage=True), b"".join(events) + end)

    assert relayed is None or chunks_in(relayed)


@given(st.dictionaries(EVENT_KEYS, likely_events, max_size=6), st.booleans())
def test_whatever_stands_in_an_answer_it_is_read_or_refused(
    odd: dict[str, Any], stops: bool
) -> None:
    body = {"content": [{"type": "text", "text": "a"}, odd], **odd}
    raw = json.dumps({**body, **({"stop_reason": "end_turn"} if stops else {})}).encode()

    read_or_refused(native_decoder(stream=False), raw)
    relayed = read_or_refused(chat_decoder(stream=False), raw)

    assert relayed is None or json.loads(relayed)["choices"]
