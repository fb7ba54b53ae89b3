"""What clients get: the proxy's own answers exactly, those of models as far as it checks them."""

from typing import get_args

from wrp_proxy.accounting.usage_report import GROUPS
from wrp_proxy.api.openapi.cache import CACHE_STATE
from wrp_proxy.api.openapi.schemas import (
    AMOUNT,
    NAME,
    OBJECT,
    TEXT,
    WHOLE,
    Schema,
    any_of,
    described,
    listing,
    mapping,
    one_of,
    record,
    ref,
    whole,
)
from wrp_proxy.types import CacheStatus, Kind

_TEXT_OR_NULL: Schema = {"type": ["string", "null"]}
_ERROR_FIELDS = {"message": TEXT, "type": TEXT, "param": _TEXT_OR_NULL, "code": _TEXT_OR_NULL}
_PERCENTILES = record({"p50": AMOUNT, "p95": AMOUNT}, "p50", "p95")
_COUNTS = (
    "requests",
    "errors",
    "cancelled",
    "prompt_tokens",
    "completion_tokens",
    "cached_tokens",
    "cache_hits",
    "unpriced",
    "estimated",
    "hedged",
)
_USAGE_ROW = {
    **dict.fromkeys(GROUPS, _TEXT_OR_NULL),
    **dict.fromkeys(_COUNTS, WHOLE),
    "cost_usd": AMOUNT,
    "saved_usd": {"type": "number"},
    "hedge_cost_usd": {"type": "number"},
    "ttft_s": _PERCENTILES,
    "duration_s": _PERCENTILES,
}
_ALWAYS_COUNTED = [name for name in _USAGE_ROW if name not in GROUPS]
_EVENT_DATA: Schema = {"type": "string", "pattern": r"^(\{[\s\S]*\}|\[DONE\])$"}
_MODEL = {"id": NAME, "object": one_of("model"), "created": WHOLE, "owned_by": TEXT}
_STATE = {"models": mapping(one_of("ready", "starting", "failed")), "cache": CACHE_STATE}
_WORKLOAD = {
    "kind": one_of(*get_args(Kind)),
    "category": TEXT,
    "probabilities": mapping({"type": "number"}),
    "input_tokens": WHOLE,
    "input_tokens_exact": {"type": "boolean"},
    "expected_output_tokens": WHOLE,
    "needs": listing(TEXT),
    "session": _TEXT_OR_NULL,
    "turn": WHOLE,
    "failed_tools": WHOLE,
    "warmth": AMOUNT,
    "fingerprint": _TEXT_OR_NULL,
    "language": TEXT,
    "complexity": AMOUNT,
    "risks": listing(TEXT),
}
_CANDIDATE = {
    "model": NAME,
    "score": AMOUNT,
    "quality": AMOUNT,
    "cost_usd": AMOUNT,
    "latency_s": AMOUNT,
    "bonus": AMOUNT,
    "quality_source": TEXT,
    "in_words": TEXT,
}
_EXPLANATION = {
    "route": TEXT,
    "strategy": TEXT,
    "model": NAME,
    "reason": TEXT,
    "explanation": described(TEXT, "The reason, and all that led to it, in one line."),
    "ranking": listing(NAME, at_least=1),
    "scores": mapping(AMOUNT),
    "propensity": {"type": "number"},
    "candidates": listing(whole(_CANDIDATE), at_least=1),
    "excluded": described(mapping(TEXT), "Model, and why it was left out."),
    "fired": described(listing(TEXT), "Rules and wrappers that had a say."),
    "signals": described(mapping(TEXT), "What was looked at of the request, and what it said."),
    "unknown": described(listing(TEXT), "Signals that could not be told."),
    "preferences": whole({"cost": AMOUNT, "latency": AMOUNT, "max_cost_usd": AMOUNT}),
    "check": described({"type": ["object", "null"]}, "How the answer would be held."),
    "parameters": described(OBJECT, "Fields of the body that would be set."),
    "cache": _TEXT_OR_NULL,
    "workload": whole(_WORKLOAD),
}


ANSWERS: dict[str, Schema] = {
    "Error": whole({"error": whole(_ERROR_FIELDS)}),
    "MessagesError": whole(
        {"type": one_of("error"), "error": whole({"type": TEXT, "message": TEXT})}
    ),
    "ChatCompletion": record({"choices": listing({}, at_least=1)}, "choices"),
    "Completion": record({"choices": listing({}, at_least=1)}, "choices"),
    "Embeddings": record({"data": listing({}, at_least=1)}, "data"),
    "Event": described(
        record({"event": TEXT, "data": _EVENT_DATA}, "data"),
        "One of the events that are sent; where it fails half-way, the error is the last.",
    ),
    "Response": OBJECT,
    "Message": OBJECT,
    "TokenCount": whole({"input_tokens": WHOLE}),
    "DeletedResponse": whole(
        {"id": TEXT, "object": one_of("response"), "deleted": {"const": True}}
    ),
    "Model": whole(_MODEL),
    "Models": whole({"object": one_of("list"), "data": listing(ref("schemas", "Model"))}),
    "Usage": whole(
        {
            "object": one_of("list"),
            "data": listing(record(_USAGE_ROW, *_ALWAYS_COUNTED)),
        }
    ),
    "Explanation": whole(_EXPLANATION),
    "Description": record({"openapi": TEXT, "paths": OBJECT}, "openapi", "paths"),
    "Identity": whole({"name": TEXT, "version": TEXT}),
    "Liveness": whole({"status": one_of("ok"), "version": TEXT}),
    "Readiness": whole({"status": one_of("ready"), **_STATE}),
    "Unreadiness": any_of(
        whole({"status": one_of("starting"), **_STATE}),
        whole({"status": one_of("unavailable"), "reason": TEXT, **_STATE}),
    ),
}

_MEANINGS = {
    "400": "The request cannot be served as it is; `param` names the field.",
    "401": "The key is missing or not known.",
    "403": "A web page that may not call, or a key that may not do this.",
    "404": "No model, response, answer, entry or path of this name.",
    "409": "The Idempotency-Key was used with another body.",
    "413": "The body is too large.",
    "429": "An upstream's rate limit, or every endpoint is busy.",
    "500": "A fault of the proxy.",
    "502": "An upstream failed, broke off, or refused the proxy's key.",
    "503": "No endpoint is there to answer, or the proxy is stopping.",
    "504": "An upstream, or the deadline that the client set, ran out of time; or `only-if-cached` "
    "was asked for, and no answer is cached.",
    "4XX": "What else an upstream refuses, with its own status, type and code.",
    "5XX": "What else an upstream fails with, with its own status, type and code.",
}

_ALWAYS = {"x-request-id": ref("headers", "x-request-id")}
_ANTHROPIC_ALWAYS = {**_ALWAYS, "request-id": ref("headers", "x-request-id")}
_COMPACT = {
    "x-wrp-cache": one_of(*get_args(CacheStatus)),
    "x-wrp-model": NAME,
    "x-wrp-route": NAME,
    "x-wrp-reason": NAME,
    "x-wrp-attempts": {"type": "integer", "minimum": 0},
}
_DEBUG = (
    "x-wrp-cache-entry",
    "x-wrp-cache-similarity",
    "x-wrp-cache-near",
    "x-wrp-cache-refused",
    "x-wrp-cache-not-semantic",
    "x-wrp-cache-bypass",
    "x-wrp-cache-false-hit-bound",
    "x-wrp-category",
    "x-wrp-kind",
    "x-wrp-input-tokens",
    "x-wrp-input-tokens-exact",
    "x-wrp-router",
    "x-wrp-scores",
    "x-wrp-signals",
    "x-wrp-candidates",
    "x-wrp-fired",
    "x-wrp-verdicts",
    "x-wrp-endpoint",
    "x-wrp-queued-ms",
    "x-wrp-timings",
)
_AGE: Schema = {"type": "integer", "minimum": 0}
REPLAYED = {"description": "A replay, by its Idempotency-Key.", "schema": one_of("true")}
_OF_ROUTED = {
    **{name: {"schema": schema, "required": True} for name, schema in _COMPACT.items()},
    "x-wrp-provider": {"description": "But for answers from the cache.", "schema": NAME},
    "age": {"description": "Of an answer from the cache, in seconds.", "schema": _AGE},
    **{name: {"schema": TEXT, "description": "With `x-wrp-debug: 1`."} for name in _DEBUG},
    "idempotent-replayed": REPLAYED,
}
HEADERS: dict[str, Schema] = {
    "x-request-id": {
        "description": "The client's own id where it is printable and short, else a new one.",
        "required": True,
        "schema": {"type": "string", "minLength": 1, "maxLength": 128},
    }
}


def answer(schema: str) -> Schema:
    """Describe an answer of the proxy's own."""
    content = {"application/json": {"schema": ref("schemas", schema)}}
    return {"description": schema, "headers": _ALWAYS, "content": content}


def plain_text() -> Schema:
    content = {"text/plain": {"schema": TEXT}}
    return {"description": "Text", "headers": _ALWAYS, "content": content}


def lines() -> Schema:
    """Describe an answer of many lines of JSON."""
    content = {"application/jsonl": {"schema": ref("schemas", "ExportedEntries")}}
    return {"description": "Lines of JSON", "headers": _ALWAYS, "content": content}


def without_body(told: Schema) -> Schema:
    """Describe the same answer to HEAD."""
    return {name: part for name, part in told.items() if name != "content"}


def relayed(schema: str, *, is_anthropic: bool = False, is_streamed: bool = True) -> Schema:
    """Describe an answer of a model's, plain or streamed."""
    always = _ANTHROPIC_ALWAYS if is_anthropic else _ALWAYS
    content = {"application/json": {"schema": ref("schemas", schema)}}
    if is_streamed:
        content["text/event-stream"] = {"schema": ref("schemas", "Event")}
    return {
        "description": "The answer, or with `stream` its events.",
        "headers": {**always, **_OF_ROUTED},
        "content": content,
    }


def errors(*statuses: str, is_anthropic: bool = False) -> dict[str, Schema]:
    """Describe the errors of an operation, by reference."""
    shape = "Anthropic" if is_anthropic else "OpenAI"
    return {status: ref("responses", f"{shape}{status}") for status in statuses}


def error_answers() -> dict[str, Schema]:
    """Describe every error, in both shapes."""
    shapes = {"OpenAI": ("Error", _ALWAYS), "Anthropic": ("MessagesError", _ANTHROPIC_ALWAYS)}
    return {
        f"{shape}{status}": {
            "description": meaning,
            "headers": {**always, "retry-after": {"schema": TEXT}},
            "content": {"application/json": {"schema": ref("schemas", schema)}},
        }
        for shape, (schema, always) in shapes.items()
        for status, meaning in _MEANINGS.items()
    }
