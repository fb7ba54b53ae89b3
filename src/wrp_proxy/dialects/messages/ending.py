"""Why an answer stopped and what it cost, in Anthropic's words."""

from collections.abc import Collection
from typing import Any

import msgspec

from wrp_proxy.dialects.messages.message import Stop
from wrp_proxy.errors import DisconnectedError
from wrp_proxy.providers.openai_usage import to_usage

_REASONS = {
    "length": "max_tokens",
    "model_length": "max_tokens",
    "max_tokens": "max_tokens",
    "content_filter": "refusal",
}
_FAILURES = {"error", "abort", "insufficient_system_resource"}
"""Finish reasons by which vendors say that the answer was cut off by a fault of theirs."""
_MAX_TOKENS = 10**12


class Choice(msgspec.Struct):
    """Loosely typed: what an upstream writes oddly is not ours to refuse."""

    index: Any = 0
    message: Any = None
    delta: Any = None
    finish_reason: Any = None
    stop_reason: Any = None
    """The stop sequence met, as vLLM tells it."""
    matched_stop: Any = None
    """The same, as SGLang tells it."""


def stop_of(
    choice: Choice, sequences: Collection[str], *, has_calls: bool, has_refused: bool
) -> Stop:
    """Tell why a choice finished; raise DisconnectedError where it broke off."""
    if not choice.finish_reason:
        return Stop()
    finish = str(choice.finish_reason)
    if finish in _FAILURES:
        raise DisconnectedError(f"The upstream broke the answer off: '{finish}'.")
    if reason := _REASONS.get(finish):
        return Stop(reason=reason)
    if has_calls:
        return Stop(reason="tool_use")
    if has_refused:
        return Stop(reason="refusal")
    met = choice.stop_reason or choice.matched_stop
    if isinstance(met, str) and met in sequences:
        return Stop(reason="stop_sequence", sequence=met)
    return Stop(reason="end_turn")


def stop_sequences(own: object) -> list[str]:
    """Return what the client asked to stop at."""
    asked = own if isinstance(own, list) else []
    return [sequence for sequence in asked if isinstance(sequence, str)]


def usage_of(said: object) -> dict[str, Any] | None:
    """Translate a usage object, whose prompt tokens include the cached ones; None for none."""
    usage = to_usage(said)
    if usage is None:
        return None
    written = _detail(said, "prompt_tokens_details", "cache_creation_tokens")
    told: dict[str, Any] = {
        "input_tokens": max(usage.prompt_tokens - usage.cached_tokens - written, 0),
        "cache_creation_input_tokens": written,
        "cache_read_input_tokens": usage.cached_tokens,
        "output_tokens": usage.completion_tokens,
    }
    if thinking := _detail(said, "completion_tokens_details", "reasoning_tokens"):
        told["output_tokens_details"] = {"thinking_tokens": thinking}
    return told


def _detail(said: object, group: str, name: str) -> int:
    details = said.get(group) if isinstance(said, dict) else None
    tokens = details.get(name) if isinstance(details, dict) else None
    return min(max(tokens, 0), _MAX_TOKENS) if isinstance(tokens, int) else 0
