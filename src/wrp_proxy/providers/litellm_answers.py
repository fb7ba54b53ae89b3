"""LiteLLM's objects, as OpenAI writes them: its own fill every field that they know with null."""

from collections.abc import Mapping
from typing import Any

import msgspec

DONE = b"data: [DONE]\n\n"
_KEPT_WHOLE = {"logprobs", "embedding"}
"""In the first null has a meaning; the second is long, and only numbers."""


def answer_body(answer: Any) -> bytes:
    """Return a plain chat completion."""
    dumped = answer.model_dump()
    choices = [_choice(choice) for choice in dumped["choices"]]
    return msgspec.json.encode({**_without_nulls(dumped), "choices": choices})


def embedding_body(answer: Any) -> bytes:
    return msgspec.json.encode(_without_nulls(answer.model_dump()))


class StreamWriter:
    """Writes the events of one streamed answer."""

    def __init__(self) -> None:
        self._thinking: dict[int, str] = {}

    def event(self, chunk: Any) -> bytes:
        dumped = chunk.model_dump()
        written = _without_nulls(dumped)
        choices = [self._choice(choice) for choice in dumped["choices"]]
        is_usage_only = "usage" in written and not any(map(_says_something, choices))
        written["choices"] = [] if is_usage_only else choices
        return b"data: " + msgspec.json.encode(written) + b"\n\n"

    def _choice(self, choice: Mapping[str, Any]) -> dict[str, Any]:
        delta = _without_nulls(choice.get("delta") or {})
        blocks = delta.pop("thinking_blocks", None)
        whole = self._whole_blocks(choice.get("index") or 0, blocks or [])
        if whole:
            delta["thinking_blocks"] = whole
        finish = choice.get("finish_reason")
        return {**_without_nulls(choice), "delta": delta, "finish_reason": finish}

    def _whole_blocks(self, index: int, blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """Hold thinking back until it is signed; some vendors send the signature on its own."""
        whole = []
        for block in blocks:
            if block.get("type") != "thinking":
                whole.append(block)
                continue
            said = block.get("thinking") or ""
            if block.get("signature"):
                held = self._thinking.pop(index, "")
                whole.append({**block, "thinking": said or held})
            else:
                self._thinking[index] = self._thinking.get(index, "") + said
        return whole


def _choice(choice: Mapping[str, Any]) -> dict[str, Any]:
    message = choice.get("message") or {}
    written = {"content": message.get("content"), **_without_nulls(message)}
    return {**_without_nulls(choice), "message": written}


def _says_something(choice: Mapping[str, Any]) -> bool:
    return bool(choice["delta"]) or choice["finish_reason"] is not None


def _without_nulls(value: Any) -> Any:
    if isinstance(value, list):
        return [_without_nulls(item) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {
        name: item if name in _KEPT_WHOLE else _without_nulls(item)
        for name, item in value.items()
        if item is not None
    }
    if not kept.get("provider_specific_fields", True):
        del kept["provider_specific_fields"]
    return kept
