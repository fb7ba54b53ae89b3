"""A request to the Responses API, as chat completions would put it."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.dialects.base import Translation
from wrp_proxy.dialects.responses.fields import object_at, or_empty
from wrp_proxy.dialects.responses.items import Conversation
from wrp_proxy.dialects.responses.tool_choice import read_tools
from wrp_proxy.errors import RequestError

LOGPROBS = "message.output_text.logprobs"

_LEFT_OUT = frozenset(
    {
        "access_programs",
        "background",
        "background_options",
        "client_metadata",
        "context_management",
        "conversation",
        "image",
        "include",
        "input",
        "instructions",
        "max_output_tokens",
        "max_tool_calls",
        "metadata",
        "moderation",
        "parallel_tool_calls",
        "previous_response_id",
        "prompt",
        "prompt_cache_key",
        "prompt_cache_options",
        "prompt_cache_retention",
        "reasoning",
        "safety_identifier",
        "store",
        "stream_options",
        "text",
        "tool_choice",
        "tools",
        "top_logprobs",
        "truncation",
    }
)
"""Told in other words, or about the caller's account at OpenAI: many servers refuse what they do
not know. Everything else is passed on."""

_NATIVE = {"conversation": "conversations", "prompt": "prompt templates"}


def to_chat(body: Mapping[str, Any]) -> Translation:
    """Translate a request; raise RequestError for one that no upstream could understand."""
    own = dict(body)
    _check(own)
    chat = {name: value for name, value in own.items() if name not in _LEFT_OUT}
    conversation = _read_input(own)
    tooling = read_tools(own)
    chat["messages"] = conversation.close()
    chat |= {**tooling.fields, **_reasoning(own), **_text(own), **_logprobs(own)}
    if own.get("max_output_tokens") is not None:
        # Servers that only chat know the older name; not all of them know the newer one.
        chat["max_tokens"] = own["max_output_tokens"]
    if own.get("stream"):
        chat["stream_options"] = {"include_usage": True}
    obstacles = [_native_field(own), tooling.obstacle, *conversation.obstacles]
    return Translation(body=chat, native_only=next(filter(None, obstacles), None))


def _check(own: dict[str, Any]) -> None:
    model = own.get("model")
    if not isinstance(model, str) or not model:
        raise RequestError(
            "model is missing: name a model of GET /v1/models, or 'auto'.", param="model"
        )
    stream, limit = own.get("stream"), own.get("max_output_tokens")
    if stream is not None and not isinstance(stream, bool):
        raise RequestError("stream must be true or false.", param="stream")
    is_positive = isinstance(limit, int) and not isinstance(limit, bool) and limit > 0
    if limit is not None and not is_positive:
        raise RequestError(
            "max_output_tokens must be a whole number above 0.", param="max_output_tokens"
        )
    if not isinstance(own.get("instructions") or "", str):
        raise RequestError("instructions must be a text.", param="instructions")


def _read_input(own: dict[str, Any]) -> Conversation:
    given = own.get("input")
    conversation = Conversation(own.get("instructions"))
    if isinstance(given, str):
        conversation.add_text(given)
        return conversation
    if given is None and _native_field(own):
        return conversation
    if not isinstance(given, list) or not given:
        raise RequestError("input must be a text, or a list of at least one item.", param="input")
    for place, item in enumerate(given):
        conversation.add(item, f"input[{place}]")
    return conversation


def _native_field(own: dict[str, Any]) -> str | None:
    if own.get("background") is True:
        return "background responses"
    return next((words for name, words in _NATIVE.items() if own.get(name)), None)


def _reasoning(own: dict[str, Any]) -> dict[str, Any]:
    effort = or_empty(own.get("reasoning")).get("effort")
    return {} if effort is None else {"reasoning_effort": effort}


def _text(own: dict[str, Any]) -> dict[str, Any]:
    text = object_at(own.get("text") or {}, "text")
    fields: dict[str, Any] = {}
    if text.get("verbosity") is not None:
        fields["verbosity"] = text["verbosity"]
    form = object_at(text.get("format") or {}, "text.format")
    kind = form.get("type", "text")
    if kind == "json_schema":
        schema = {name: value for name, value in form.items() if name != "type"}
        fields["response_format"] = {"type": kind, "json_schema": schema}
    elif kind != "text":
        fields["response_format"] = form
    return fields


def _logprobs(own: dict[str, Any]) -> dict[str, Any]:
    include, top = own.get("include"), own.get("top_logprobs")
    if top:
        return {"logprobs": True, "top_logprobs": top}
    is_asked = isinstance(include, list) and LOGPROBS in include
    return {"logprobs": True} if is_asked else {}
