"""Loaded by schemathesis: has it send what can be answered, which no schema can say."""

import os
from contextlib import suppress
from itertools import count
from typing import Any

import schemathesis

_LIMITS = ("max_tokens", "max_completion_tokens", "max_output_tokens", "n")
_numbers = count()


@schemathesis.serializer("application/jsonl")
def lines(context: schemathesis.SerializationContext, value: Any) -> bytes:
    """Send what is made of the schema as it is; none of it was exported by a proxy."""
    return str(value).encode()


@schemathesis.hook
def before_call(
    context: schemathesis.HookContext, case: schemathesis.Case[Any], kwargs: dict[str, Any]
) -> None:
    """Replace what fits the schema and yet has no answer; leave alone what does not fit it."""
    if isinstance(case.body, dict):
        case.body = {name: _answerable(name, value, case.path) for name, value in case.body.items()}
    for name, value in (case.headers or {}).items():
        if name.lower() == "x-wrp-timeout-ms" and _is_positive(value):
            case.headers[name] = "60000"
        elif name.lower() == "idempotency-key" and 0 < len(value) <= 255:
            case.headers[name] = f"key-{next(_numbers)}"


def _answerable(name: str, value: Any, path: str) -> Any:
    if name == "model" and value and isinstance(value, str):
        return os.environ["MESSAGES_MODEL" if "/messages" in path else "MODEL"]
    if name in _LIMITS and isinstance(value, float) and value.is_integer():
        return int(value)  # JSON schema calls 2.0 an integer, the proxy does not
    return value


def _is_positive(text: str) -> bool:
    with suppress(ValueError):
        return float(text) > 0
    return False
