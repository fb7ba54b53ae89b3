"""The headers and queries that the proxy understands."""

from typing import Any

from wrp_proxy.accounting.usage_report import GROUPS
from wrp_proxy.api.openapi.cache import NAMESPACE, SECONDS, SHARE
from wrp_proxy.api.openapi.schemas import NAME, TEXT, Schema, one_of, ref

_SINCE = r"^([0-9]{1,10}(\.[0-9]+)?|[0-9]{1,4}[smhd]|20[0-9]{2}-0[1-9]-[12][0-9]|)$"


def _given(place: str, name: str, schema: Schema, description: str) -> dict[str, Any]:
    return {"name": name, "in": place, "schema": schema, "description": description}


def _header(name: str, schema: Schema, description: str) -> dict[str, Any]:
    return _given("header", name, schema, description)


_WEIGHT: Schema = {"type": "number", "minimum": 0, "maximum": 10}
_NAMED_IN_ENTRIES = {
    "tenant": "Whose key asked first.",
    "request_id": "The request that was answered first.",
    "namespace": "As callers named it.",
    "scope": "Who sees it: `key:NAME`, `team:NAME`, `public`, `anonymous:ID`.",
    "route": "The route, or `direct`.",
    "model": "The model that answered.",
    "category": "What was asked.",
}

PARAMETERS: dict[str, dict[str, Any]] = {
    "request_id": _header("x-request-id", TEXT, "Kept as the request's id where it is short."),
    "debug": _header("x-wrp-debug", TEXT, "`1`: tell all that was known in the answer's headers."),
    "timeout_ms": _header(
        "x-wrp-timeout-ms",
        {"type": "number", "exclusiveMinimum": 0},
        "How long the client waits for the whole answer, in milliseconds.",
    ),
    "cost_weight": _header(
        "x-wrp-cost-weight", _WEIGHT, "How much the expected cost counts against quality."
    ),
    "latency_weight": _header(
        "x-wrp-latency-weight", _WEIGHT, "How much the expected latency counts against quality."
    ),
    "max_cost_usd": _header(
        "x-wrp-max-cost-usd",
        {"type": "number", "exclusiveMinimum": 0},
        "No model that is expected to cost more for this request; of unknown price, none.",
    ),
    "priority": _header(
        "x-wrp-priority", one_of("batch", "interactive"), "`batch`: nobody waits for the answer."
    ),
    "session_id": _header("x-session-id", TEXT, "Whose turns belong together."),
    "conversation_id": _header("x-conversation-id", TEXT, "The same, where there is no session."),
    "idempotency_key": _header(
        "Idempotency-Key",
        {"type": "string", "minLength": 1, "maxLength": 255},
        "A request that is sent again with it gets the first answer.",
    ),
    "cache_control": _header(
        "Cache-Control",
        TEXT,
        "`no-cache`: take no cached answer; `no-store`: keep none; `max-age=S`: take none that is "
        "older; `only-if-cached`: ask no model.",
    ),
    "cache_ttl": _header("x-wrp-cache-ttl", SECONDS, "Keep the answer for no longer."),
    "cache_threshold": _header(
        "x-wrp-cache-threshold", SHARE, "Take no answer to a question that is less similar."
    ),
    "cache_namespace": _header(
        "x-wrp-cache-namespace", NAMESPACE, "See answers of this namespace only."
    ),
    "cache_public": _header(
        "x-wrp-cache-public", one_of("0", "1"), "`1`: let all see the answer; not every key may."
    ),
    "traceparent": _header("traceparent", TEXT, "W3C trace context, passed on."),
    "tracestate": _header("tracestate", TEXT, "W3C trace context, passed on."),
    "anthropic_version": _header("anthropic-version", TEXT, "Passed on to Anthropic."),
    "anthropic_beta": _header("anthropic-beta", TEXT, "Passed on to Anthropic."),
    "beta": _given("query", "beta", TEXT, "Passed on to Anthropic, as any other query is."),
    "group_by": _given("query", "group_by", one_of(*GROUPS), "One row for each."),
    "since": _given(
        "query",
        "since",
        {"type": "string", "pattern": _SINCE},
        "Unix seconds, an age such as 24h, or ISO 8601.",
    ),
    **{
        f"entry_{name}": _given("query", name, TEXT, said)
        for name, said in _NAMED_IN_ENTRIES.items()
    },
    "entry_older_than_s": _given("query", "older_than_s", SECONDS, "Since it was answered."),
    "limit": _given(
        "query", "limit", {"type": "integer", "minimum": 1, "maximum": 1000}, "How many at most."
    ),
    "entry_id": {"name": "entry_id", "in": "path", "required": True, "schema": NAME},
    "model_name": {"name": "name", "in": "path", "required": True, "schema": NAME},
    "response_id": {"name": "response_id", "in": "path", "required": True, "schema": NAME},
}

WISHING = ("cost_weight", "latency_weight", "max_cost_usd", "priority")
ASKING = ("timeout_ms", "session_id", "conversation_id", "traceparent", "tracestate", *WISHING)
_OF_CACHE = ("cache_control", "cache_ttl", "cache_threshold", "cache_namespace", "cache_public")
ANSWERED = (*ASKING, *_OF_CACHE, "debug", "idempotency_key")
ANTHROPIC = ("anthropic_version", "anthropic_beta", "beta")
ENTRY_FILTERS = (*(f"entry_{name}" for name in _NAMED_IN_ENTRIES), "entry_older_than_s")


def given(*names: str) -> list[Schema]:
    return [ref("parameters", name) for name in names]
