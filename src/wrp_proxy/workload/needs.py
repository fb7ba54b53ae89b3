"""What a model must be able to do for this request."""

from collections.abc import Iterator, Mapping
from typing import Any

from wrp_proxy.workload.prompt import messages_of

_NEED_OF_PART = {"image_url": "vision", "input_audio": "audio"}


def needs_of(body: Mapping[str, Any]) -> frozenset[str]:
    """Name the capabilities a request needs, in the words of `types.CAPABILITIES`."""
    needs = set(_needs_of_messages(body))
    if body.get("tools") or body.get("functions"):
        needs.add("tools")
    response_format = body.get("response_format")
    if isinstance(response_format, dict) and response_format.get("type") == "json_schema":
        needs.add("json_schema")
    modalities = body.get("modalities")
    if isinstance(modalities, list) and "audio" in modalities:
        needs.add("audio")
    if body.get("logprobs") is True:
        needs.add("logprobs")
    return frozenset(needs)


def _needs_of_messages(body: Mapping[str, Any]) -> Iterator[str]:
    for message in messages_of(body):
        if message.get("role") == "tool" or message.get("tool_calls"):
            yield "tools"
        content = message.get("content")
        if not isinstance(content, list):
            continue
        for part in content:
            kind = part.get("type") if isinstance(part, dict) else None
            if isinstance(kind, str) and kind in _NEED_OF_PART:
                yield _NEED_OF_PART[kind]
