"""OpenAI's usage object."""

import msgspec

from wrp_proxy.types import Usage

BYTES_PER_TOKEN = 4.0
"""For estimates where an upstream reports no usage."""


class _PromptDetails(msgspec.Struct):
    cached_tokens: int | None = 0


class ReportedUsage(msgspec.Struct):
    """The part of `usage` that is billed; upstreams add and omit the rest at will."""

    prompt_tokens: int | None = 0
    completion_tokens: int | None = 0
    prompt_tokens_details: _PromptDetails | None = None


def to_usage(reported: ReportedUsage) -> Usage:
    details = reported.prompt_tokens_details
    return Usage(
        prompt_tokens=reported.prompt_tokens or 0,
        completion_tokens=reported.completion_tokens or 0,
        cached_tokens=(details.cached_tokens or 0) if details else 0,
    )
