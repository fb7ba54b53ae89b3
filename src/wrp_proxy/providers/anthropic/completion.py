"""A whole message as a chat completion."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

_FINISHES = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "pause_turn": "stop",
    "tool_use": "tool_calls",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "content_filter",
}

Block = Mapping[str, Any]


def to_choice(message: Block, custom: frozenset[str]) -> dict[str, Any]:
    """Translate content and stop reason; `custom` names the tools whose input is a text."""
    said = message.get("content")
    blocks = [block for block in said if isinstance(block, dict)] if isinstance(said, list) else []
    choice = {
        "index": 0,
        "message": {"role": "assistant", **_content(blocks, custom), **refusal_of(message)},
        "logprobs": None,
        "finish_reason": finish_of(message.get("stop_reason")),
    }
    if (sequence := message.get("stop_sequence")) is not None:
        choice["stop_sequence"] = sequence
    return choice


def finish_of(reason: object) -> str:
    """Translate a stop reason; one that is not known yet has stopped the model all the same."""
    return _FINISHES.get(reason, "stop") if isinstance(reason, str) else "stop"


def refusal_of(message: Block) -> dict[str, str]:
    """Return the explanation that a refusal may have."""
    details = message.get("stop_details")
    explanation = details.get("explanation") if isinstance(details, dict) else None
    return {"refusal": explanation} if isinstance(explanation, str) and explanation else {}


def call_of(place: int, block: Block, arguments: str, *, is_custom: bool) -> dict[str, Any]:
    """Return a tool call; `place` makes an id where there is none."""
    name, said_id = text_in(block, "name"), text_in(block, "id")
    call = {"id": said_id or f"call_{place}", "type": "custom" if is_custom else "function"}
    if is_custom:
        return {**call, "custom": {"name": name, "input": arguments}}
    return {**call, "function": {"name": name, "arguments": arguments}}


def custom_input(arguments: object) -> str:
    """Take the text of a custom tool out of the object that it was wrapped in."""
    text = arguments.get("input") if isinstance(arguments, dict) else None
    return text if isinstance(text, str) else msgspec.json.encode(arguments).decode()


def thought_of(block: Block) -> dict[str, Any] | None:
    """Return a block of thinking that may be sent back, which needs its signature."""
    kind = block.get("type")
    if kind == "redacted_thinking" and text_in(block, "data"):
        return {"type": kind, "data": block["data"]}
    if kind != "thinking" or not text_in(block, "signature"):
        return None
    return {"type": kind, "thinking": text_in(block, "thinking"), "signature": block["signature"]}


def annotation_of(citation: object, start: int, end: int) -> dict[str, Any] | None:
    """Translate a citation of a web page; others have no counterpart."""
    if not isinstance(citation, dict) or not isinstance(citation.get("url"), str):
        return None
    said = {
        "start_index": start,
        "end_index": end,
        "url": citation["url"],
        "title": text_in(citation, "title"),
    }
    return {"type": "url_citation", "url_citation": said}


def text_in(block: Block, name: str) -> str:
    value = block.get(name)
    return value if isinstance(value, str) else ""


def _content(blocks: Sequence[Block], custom: frozenset[str]) -> dict[str, Any]:
    """Leave out what there is none of, but for the content itself."""
    text = "".join(text_in(block, "text") for block in blocks if block.get("type") == "text")
    uses = [block for block in blocks if block.get("type") == "tool_use"]
    thinking = [block for block in blocks if block.get("type") == "thinking"]
    found = {
        "reasoning_content": "".join(text_in(block, "thinking") for block in thinking),
        "thinking_blocks": [thought for thought in map(thought_of, blocks) if thought],
        "tool_calls": [_call(place, use, custom) for place, use in enumerate(uses)],
        "annotations": list(_annotations(blocks)),
    }
    present = {name: value for name, value in found.items() if value}
    return {"content": None if uses and not text else text, "refusal": None, **present}


def _call(place: int, use: Block, custom: frozenset[str]) -> dict[str, Any]:
    is_custom = text_in(use, "name") in custom
    arguments = use.get("input") or {}
    written = custom_input(arguments) if is_custom else msgspec.json.encode(arguments).decode()
    return call_of(place, use, written, is_custom=is_custom)


def _annotations(blocks: Iterable[Block]) -> Iterable[dict[str, Any]]:
    start = 0
    for block in blocks:
        if block.get("type") != "text":
            continue
        end = start + len(text_in(block, "text"))
        citations = block.get("citations")
        for citation in citations if isinstance(citations, list) else ():
            if annotation := annotation_of(citation, start, end):
                yield annotation
        start = end
