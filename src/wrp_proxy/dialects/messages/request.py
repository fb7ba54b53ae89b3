"""A Messages request, put into the words of chat completions."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.messages.conversation import conversation
from wrp_proxy.dialects.messages.fields import object_in
from wrp_proxy.dialects.messages.native import native_only
from wrp_proxy.dialects.messages.schema import is_strict
from wrp_proxy.dialects.messages.tools import tools_of
from wrp_proxy.errors import RequestError

_SAME_MEANING = ("temperature", "top_p")
_MAX_USER_CHARS = 64
"""OpenAI refuses longer ones; Claude Code's is far longer, and tells of its account."""
_MEDIUM_BUDGET, _HIGH_BUDGET = 4096, 16384
_EFFORTS = {"low": "low", "medium": "medium", "high": "high", "xhigh": "high", "max": "high"}
"""Upstreams differ in what they know above `high`."""


def to_chat(body: Mapping[str, Any]) -> Translation:
    """Translate a request; fields that chat completions do not have are left out."""
    try:
        return Translation(body=_chat_body(body), native_only=native_only(body))
    except RecursionError as error:
        raise RequestError("The body is nested too deeply.") from error


def _chat_body(body: Mapping[str, Any]) -> dict[str, Any]:
    model = body.get("model")
    if not isinstance(model, str) or not model:
        raise RequestError(
            "model is missing: name a model of GET /v1/models, or 'auto'.", param="model"
        )
    return {
        "model": model,
        "messages": conversation(body),
        **_limits(body),
        **{name: body[name] for name in _SAME_MEANING if body.get(name) is not None},
        **tools_of(body),
        **_effort(body),
        **_response_format(body),
        **_user(body),
        **_stream(body),
    }


def _limits(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate `max_tokens`, under its old name, which every kind of upstream understands.

    Of the vendors only OpenAI and Azure insist on `max_completion_tokens`; Mistral refuses it, and
    Ollama ignores it.
    """
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 0:
        raise RequestError("max_tokens must be a whole number above 0.", param="max_tokens")
    stop = body.get("stop_sequences")
    if stop is not None and not (isinstance(stop, list) and all(isinstance(s, str) for s in stop)):
        raise RequestError("stop_sequences must be a list of strings.", param="stop_sequences")
    limits: dict[str, Any] = {"max_tokens": limit} if limit else {}
    return {**limits, "stop": stop} if stop else limits


def _effort(body: Mapping[str, Any]) -> dict[str, Any]:
    thinking = object_in(body, "thinking")
    if thinking.get("type") == "adaptive":
        effort = _EFFORTS.get(str(object_in(body, "output_config").get("effort")))
        return {"reasoning_effort": effort} if effort else {}
    budget = thinking.get("budget_tokens")
    if thinking.get("type") != "enabled" or not isinstance(budget, int):
        return {}
    if budget < _MEDIUM_BUDGET:
        return {"reasoning_effort": "low"}
    return {"reasoning_effort": "medium" if budget < _HIGH_BUDGET else "high"}


def _response_format(body: Mapping[str, Any]) -> dict[str, Any]:
    """Translate structured output, under its name of today or that of its beta."""
    wanted = object_in(object_in(body, "output_config"), "format") or object_in(
        body, "output_format"
    )
    schema = wanted.get("schema")
    if wanted.get("type") != "json_schema" or not isinstance(schema, dict):
        return {}
    described = {"name": "answer", "schema": schema, "strict": is_strict(schema)}
    return {"response_format": {"type": "json_schema", "json_schema": described}}


def _user(body: Mapping[str, Any]) -> dict[str, Any]:
    user = object_in(body, "metadata").get("user_id")
    is_short = isinstance(user, str) and 0 < len(user) <= _MAX_USER_CHARS
    return {"user": user} if is_short else {}


def _stream(body: Mapping[str, Any]) -> dict[str, Any]:
    stream = body.get("stream")
    if stream is not None and not isinstance(stream, bool):
        raise RequestError("stream must be true or false.", param="stream")
    return {"stream": True, "stream_options": {"include_usage": True}} if stream else {}
