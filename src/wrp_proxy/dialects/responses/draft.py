"""The response object, from the first event to the last."""

from collections.abc import Mapping, Sequence
from typing import Any

from wrp_proxy.types import ChatRequest

_DEFAULTS: Mapping[str, Any] = {
    "background": False,
    "instructions": None,
    "max_output_tokens": None,
    "max_tool_calls": None,
    "metadata": {},
    "parallel_tool_calls": True,
    "previous_response_id": None,
    "prompt_cache_key": None,
    "reasoning": {"effort": None, "summary": None},
    "safety_identifier": None,
    "service_tier": "default",
    "store": True,
    "temperature": 1.0,
    "text": {"format": {"type": "text"}},
    "tool_choice": "auto",
    "tools": [],
    "top_logprobs": 0,
    "top_p": 1.0,
    "truncation": "disabled",
    "user": None,
}
"""What a response repeats of its request, and what OpenAI writes where that says nothing."""

_REASONS = {"length": "max_output_tokens", "content_filter": "content_filter"}
_MAX_TOKENS = 10**12


class Draft:
    """Knows everything of a response but its output."""

    def __init__(self, request: ChatRequest, *, response_id: str, created_at: int) -> None:
        self.usage: dict[str, Any] | None = None
        self.finish_reason: str | None = None
        self._model = request.model
        self._id = response_id
        self._created_at = created_at
        given = {name: request.own.get(name) for name in _DEFAULTS}
        self._echo = {
            name: default if given[name] is None else given[name]
            for name, default in _DEFAULTS.items()
        }

    @property
    def incomplete_reason(self) -> str | None:
        return _REASONS.get(self.finish_reason or "")

    @property
    def final_status(self) -> str:
        return "incomplete" if self.incomplete_reason else "completed"

    def response(
        self, status: str, output: Sequence[Any], *, completed_at: int | None = None
    ) -> dict[str, Any]:
        reason = self.incomplete_reason if status == "incomplete" else None
        return {
            "id": self._id,
            "object": "response",
            "created_at": self._created_at,
            "status": status,
            "completed_at": completed_at,
            "error": None,
            "incomplete_details": {"reason": reason} if reason else None,
            "model": self._model,
            "output": output,
            **self._echo,
            "usage": self.usage,
        }


def usage_in_words_of_responses(said: object) -> dict[str, Any] | None:
    """Rename the counts of chat completions; every one of them is a whole number."""
    if not isinstance(said, dict) or not said:
        return None
    prompt = said.get("prompt_tokens_details")
    completion = said.get("completion_tokens_details")
    input_tokens, output_tokens = _count(said, "prompt_tokens"), _count(said, "completion_tokens")
    return {
        "input_tokens": input_tokens,
        "input_tokens_details": {
            "cached_tokens": _count(prompt, "cached_tokens"),
            "cache_write_tokens": _count(prompt, "cache_creation_tokens"),
        },
        "output_tokens": output_tokens,
        "output_tokens_details": {"reasoning_tokens": _count(completion, "reasoning_tokens")},
        "total_tokens": _count(said, "total_tokens") or input_tokens + output_tokens,
    }


def _count(counts: object, name: str) -> int:
    value = counts.get(name) if isinstance(counts, dict) else None
    try:
        number = int(value or 0)
    except (TypeError, ValueError, OverflowError):
        return 0
    return min(max(number, 0), _MAX_TOKENS)
