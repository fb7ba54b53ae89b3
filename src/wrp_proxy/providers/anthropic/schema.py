"""JSON schemas, as far as answers can be held to them."""

from collections.abc import Mapping
from typing import Any

_BOUNDS = (
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "maxItems",
    "uniqueItems",
    "minProperties",
    "maxProperties",
)
_NAMED_SCHEMAS = ("properties", "$defs", "definitions")
_LISTED_SCHEMAS = ("anyOf", "allOf", "oneOf")


def enforceable(schema: Mapping[str, Any]) -> dict[str, Any]:
    """Close its objects and put bounds, which are refused, into words.

    https://platform.claude.com/docs/en/build-with-claude/structured-outputs
    """
    bounds = {name: value for name, value in schema.items() if _is_refused(name, value)}
    rest = {name: _inner(name, value) for name, value in schema.items() if name not in bounds}
    if isinstance(one_of := rest.pop("oneOf", None), list):
        rest.setdefault("anyOf", one_of)
    if rest.get("type") == "object" or rest.get("type") == ["object", "null"]:
        rest.setdefault("additionalProperties", False)
    if bounds:
        said = ", ".join(f"{name}: {value}" for name, value in bounds.items())
        rest["description"] = f"{rest.get('description') or ''} ({said})".lstrip()
    return rest


def _is_refused(name: str, value: object) -> bool:
    return name in _BOUNDS or (name == "minItems" and value not in (0, 1))


def _inner(name: str, value: object) -> object:
    if name in _NAMED_SCHEMAS and isinstance(value, dict):
        return {key: _closed(schema) for key, schema in value.items()}
    if name in _LISTED_SCHEMAS and isinstance(value, list):
        return [_closed(schema) for schema in value]
    return _closed(value) if name == "items" else value


def _closed(schema: object) -> object:
    return enforceable(schema) if isinstance(schema, dict) else schema
