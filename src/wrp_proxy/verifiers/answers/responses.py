"""Responses, plain and streamed."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy.event_stream import payloads_of
from wrp_proxy.verifiers.answers.draft import Draft, UnreadableError, numbers
from wrp_proxy.verifiers.base import Answer, inside, objects

_ENDS = {"response.completed", "response.incomplete"}
_LIMITS: Mapping[object, str] = {
    "max_output_tokens": "length",
    "content_filter": "content_filter",
}
_OBJECT = msgspec.json.Decoder(dict[str, Any])


def read_response(body: bytes, *, stream: bool) -> list[Answer]:
    """Return the one answer that a response is; raise ValueError where it is none."""
    response = _last(body) if stream else _OBJECT.decode(body)
    if not isinstance(response.get("output"), list):
        raise UnreadableError("no output")
    draft = Draft()
    for item in objects(response["output"]):
        _add(draft, item)
    details = inside(response, "incomplete_details")
    draft.finish = _LIMITS.get(str(details.get("reason")), "")
    if response.get("status") == "completed":
        draft.finish = "stop"
    return [draft.answer()]


def _last(stream: bytes) -> dict[str, Any]:
    """Return the response in the last event, which is whole."""
    for payload in reversed(payloads_of(stream)[0]):
        event = msgspec.json.decode(payload)
        if isinstance(event, dict) and event.get("type") in _ENDS:
            return inside(event, "response")
    raise UnreadableError("cut off")


def _add(draft: Draft, item: dict[str, Any]) -> None:
    match item.get("type"):
        case "function_call":
            draft.call(item.get("name"), item.get("arguments"))
        case "custom_tool_call":
            draft.call(item.get("name"), item.get("input"), is_custom=True)
        case "message":
            for part in objects(item.get("content")):
                draft.say(part.get("text"))
                draft.refuse(part.get("refusal"))
                tokens = objects(part.get("logprobs"))
                draft.logprobs += numbers([token.get("logprob") for token in tokens])
        case kind if kind != "reasoning":
            draft.has_more = True
