"""OpenAI's usage object, as upstreams really write it."""

import msgspec

from wrp_proxy.types import Usage

BYTES_PER_TOKEN = 4.0
"""For estimates where an upstream reports no usage."""

_MAX_TOKENS = 10**12


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = 0


class _Reported(msgspec.Struct):
    """The part of `usage` that is billed; upstreams add and omit the rest at will."""

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _PromptDetails | None = None


def to_usage(said: object) -> Usage | None:
    """Read a usage object; None where there is none, or none that can be understood."""
    if not said:
        return None
    try:
        reported = msgspec.convert(said, _Reported, strict=False)
    except msgspec.ValidationError:
        return None
    details = reported.prompt_tokens_details
    prompt_tokens = _credible(reported.prompt_tokens)
    cached_tokens = _credible(details.cached_tokens) if details else 0
    return Usage(
        prompt_tokens=prompt_tokens,
        completion_tokens=_credible(reported.completion_tokens),
        cached_tokens=min(cached_tokens, prompt_tokens),
    )


def _credible(tokens: int | None) -> int:
    return min(max(tokens or 0, 0), _MAX_TOKENS)


def text_bytes(message: object) -> int:
    """Count the bytes of what a message or a delta says, in text, tool calls or otherwise."""
    if not isinstance(message, dict):
        return 0
    return sum(
        len(value.encode()) if isinstance(value, str) else len(msgspec.json.encode(value))
        for name, value in message.items()
        if value and name != "role"
    )
