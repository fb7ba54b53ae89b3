"""What of a call LiteLLM gets to see.

LiteLLM takes the parameters of a request and its own settings in one namespace: `api_base`,
`aws_role_name` or `vertex_credentials` in a caller's body would send the proxy's keys to a server
of the caller's choice. So only known parameters of requests pass; the operator may add to them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from wrp_proxy.providers.upstream import Call

_CHAT_PARAMETERS = frozenset(
    {
        "audio",
        "frequency_penalty",
        "function_call",
        "functions",
        "logit_bias",
        "logprobs",
        "max_completion_tokens",
        "max_tokens",
        "messages",
        "min_p",
        "modalities",
        "model",
        "n",
        "parallel_tool_calls",
        "prediction",
        "presence_penalty",
        "prompt_cache_key",
        "prompt_cache_retention",
        "reasoning_effort",
        "repetition_penalty",
        "response_format",
        "safety_identifier",
        "safety_settings",
        "seed",
        "service_tier",
        "stop",
        "store",
        "stream",
        "stream_options",
        "temperature",
        "thinking",
        "tool_choice",
        "tools",
        "top_k",
        "top_logprobs",
        "top_p",
        "user",
        "verbosity",
        "web_search_options",
    }
)
_EMBEDDING_PARAMETERS = frozenset(
    {"dimensions", "encoding_format", "input", "input_type", "model", "user"}
)
_OUR_FORMATS = ("float", "base64")


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteLLMOptions:
    """What the operator says about one provider."""

    fixed: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """Arguments of every call that callers cannot change: `api_base`, `drop_params`, ..."""
    also_passed: frozenset[str] = frozenset()
    """Further parameters that callers may set."""
    ends_without_finish: bool = False
    """LiteLLM sees no finish in this vendor's streams: their end is one, broken off or not."""


def chat_arguments(body: Mapping[str, Any], options: LiteLLMOptions) -> dict[str, Any]:
    """Keep LiteLLM from running callers' tools itself, for which it imports half a server."""
    passed = _only(body, _CHAT_PARAMETERS | options.also_passed)
    return {**passed, "_skip_mcp_handler": True}


def embedding_arguments(body: Mapping[str, Any], options: LiteLLMOptions) -> dict[str, Any]:
    """Leave out the formats that our decoder makes; some vendors refuse to be told any."""
    passed = _only(body, _EMBEDDING_PARAMETERS | options.also_passed)
    if passed.get("encoding_format") in _OUR_FORMATS:
        del passed["encoding_format"]
    return passed


def settings_of(call: Call, options: LiteLLMOptions, timeout_s: float) -> dict[str, Any]:
    """Switch off both layers of retries: the pipeline decides about those."""
    settings = {"timeout": timeout_s, "num_retries": 0, "max_retries": 0, **options.fixed}
    key = dict(call.headers).get(b"authorization", b"").removeprefix(b"Bearer ").decode()
    return {**settings, "api_key": key} if key else settings


def _only(body: Mapping[str, Any], passed: frozenset[str]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if name in passed and value is not None}
