"""Short words for JSON schemas."""

from collections.abc import Mapping
from typing import Any

Schema = dict[str, Any]

ANYTHING: Schema = {}
TEXT: Schema = {"type": "string"}
NAME: Schema = {"type": "string", "minLength": 1}
WHOLE: Schema = {"type": "integer"}
AMOUNT: Schema = {"type": ["number", "null"]}
OBJECT: Schema = {"type": "object"}
FLAG: Schema = {"type": ["boolean", "null"]}


def described(schema: Schema, description: str) -> Schema:
    return {**schema, "description": description}


def record(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Describe an object; properties that are not named are free."""
    schema: Schema = {"type": "object", "properties": dict(properties)}
    return {**schema, "required": list(required)} if required else schema


def whole(properties: Mapping[str, Schema]) -> Schema:
    """Describe an object of the proxy's own, which has all of its properties."""
    return record(properties, *properties)


def exactly(properties: Mapping[str, Schema], *required: str) -> Schema:
    """Describe an object that has no other properties."""
    return {**record(properties, *required), "additionalProperties": False}


def listing(items: Schema, *, at_least: int = 0) -> Schema:
    schema: Schema = {"type": "array", "items": items}
    return {**schema, "minItems": at_least} if at_least else schema


def mapping(values: Schema) -> Schema:
    return {"type": "object", "additionalProperties": values}


def one_of(*values: str | bool | None) -> Schema:
    return {"enum": list(values)}


def any_of(*schemas: Schema) -> Schema:
    return {"anyOf": list(schemas)}


def ref(kind: str, name: str) -> Schema:
    return {"$ref": f"#/components/{kind}/{name}"}
