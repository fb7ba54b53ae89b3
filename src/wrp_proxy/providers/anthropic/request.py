"""A chat request in the words of the Messages API."""

from collections.abc import Mapping
from typing import Any

import msgspec

from wrp_proxy.errors import RequestError
from wrp_proxy.providers.anthropic.content import Block, text_block
from wrp_proxy.providers.anthropic.conversation import to_conversation
from wrp_proxy.providers.anthropic.message import Turn
from wrp_proxy.providers.anthropic.schema import enforceable
from wrp_proxy.providers.anthropic.thinking import Depth, to_depth
from wrp_proxy.providers.anthropic.tools import to_tools
from wrp_proxy.providers.anthropic.traits import Traits, traits_of

_ITS_OWN = (
    "billing_policy",
    "cache_control",
    "compaction",
    "container",
    "context_management",
    "diagnostics",
    "fallbacks",
    "inference_geo",
    "mcp_servers",
    "speed",
    "thread",
    "user_profile_id",
)
"""Fields that OpenAI does not have; they pass. What only OpenAI has would be refused."""
_TIERS = {"auto": "auto", "default": "standard_only", "standard_only": "standard_only"}
_FORCING = {"any", "tool"}
_JSON_ONLY = "Answer with a single JSON object and nothing else."
_LEAST_TOP_P = 0.95
"""What may be asked of a model that thinks."""


def to_messages(
    body: Mapping[str, Any], model: str, *, stream: bool, default_max_tokens: int
) -> dict[str, Any]:
    """Translate a whole request; raise RequestError naming what cannot be."""
    if body.get("n") not in (None, 1):
        raise RequestError("This model gives one answer at a time: n must be 1.", param="n")
    traits = traits_of(model)
    said = to_conversation(body.get("messages"), system_turns=traits.system_turns)
    tools = to_tools(body, said.turns)
    is_forced = tools.get("tool_choice", {}).get("type") in _FORCING
    is_held_back = traits.thinking == "budget" and said.must_not_begin_to_think
    depth = to_depth(
        body,
        traits,
        default_tokens=default_max_tokens,
        may_think=not is_forced and not is_held_back,
    )
    output_config, instructions = _output(body, traits, depth)
    system = [*said.system, *instructions]
    fields = {
        "model": model,
        "max_tokens": depth.max_tokens,
        "system": system,
        "messages": [_message(turn) for turn in said.turns],
        **tools,
        "thinking": depth.thinking,
        "output_config": output_config,
        **_sampling(body, traits, depth),
        **_rest(body),
        "stream": stream or None,
    }
    return {name: value for name, value in fields.items() if value is not None and value != []}


def _message(turn: Turn) -> dict[str, Any]:
    return {"role": turn.role, "content": turn.blocks}


def _sampling(body: Mapping[str, Any], traits: Traits, depth: Depth) -> dict[str, Any]:
    """Leave out what would be refused: all of it by new models, most of it while thinking.

    Temperature and top_p do not go together; the former is what most people mean.
    """
    temperature, top_p, top_k = (_number(body.get(n)) for n in ("temperature", "top_p", "top_k"))
    if not traits.samples:
        return {}
    if depth.is_thinking:
        return {"top_p": top_p if top_p is not None and _LEAST_TOP_P <= top_p <= 1 else None}
    if temperature is not None:
        return {"temperature": min(max(temperature, 0), 1), "top_k": top_k}
    return {"top_p": top_p, "top_k": top_k}


def _output(
    body: Mapping[str, Any], traits: Traits, depth: Depth
) -> tuple[dict[str, Any] | None, list[Block]]:
    """Return `output_config`, and in words what cannot be enforced."""
    asked = body.get("output_config")
    config = dict(asked) if isinstance(asked, dict) else {}
    if depth.effort is not None:
        config.setdefault("effort", depth.effort)
    form = body.get("response_format")
    kind = form.get("type") if isinstance(form, dict) else None
    instructions: list[Block] = []
    if kind == "json_object":
        instructions = [text_block(_JSON_ONLY)]
    elif isinstance(form, dict) and kind == "json_schema":
        schema = _schema_in(form)
        if traits.schemas:
            config.setdefault("format", {"type": "json_schema", "schema": enforceable(schema)})
        else:
            written = msgspec.json.encode(schema).decode()
            instructions = [text_block(f"{_JSON_ONLY} It must match this schema:\n{written}")]
    return config or None, instructions


def _schema_in(form: Mapping[str, Any]) -> dict[str, Any]:
    wrapped = form.get("json_schema")
    schema = (wrapped if isinstance(wrapped, dict) else form).get("schema")
    if not isinstance(schema, dict):
        raise RequestError("response_format has no schema.", param="response_format")
    return schema


def _rest(body: Mapping[str, Any]) -> dict[str, Any]:
    tier = body.get("service_tier")
    return {
        "stop_sequences": _stop_sequences(body.get("stop", body.get("stop_sequences"))),
        "metadata": _metadata(body),
        "service_tier": _TIERS.get(tier) if isinstance(tier, str) else None,
        **{name: body.get(name) for name in _ITS_OWN},
    }


def _stop_sequences(stop: object) -> list[str]:
    stops = stop if isinstance(stop, list) else [stop]
    return [text for text in stops if isinstance(text, str) and text.strip()]


def _metadata(body: Mapping[str, Any]) -> dict[str, str] | None:
    """Name the user; OpenAI's other metadata are notes for its own storage."""
    metadata = body.get("metadata")
    named = metadata.get("user_id") if isinstance(metadata, dict) else None
    for user in (named, body.get("safety_identifier"), body.get("user")):
        if isinstance(user, str) and user:
            return {"user_id": user}
    return None


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None
