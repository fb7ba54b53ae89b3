"""Schemas are closed, and bounds become words."""

from typing import Any

import pytest

from wrp_proxy.providers.anthropic.schema import enforceable

OBJECT = {"type": "object", "properties": {}}
CLOSED = {**OBJECT, "additionalProperties": False}


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (OBJECT, CLOSED),
        ({**OBJECT, "additionalProperties": True}, {**OBJECT, "additionalProperties": True}),
        ({"type": ["object", "null"]}, {"type": ["object", "null"], "additionalProperties": False}),
        ({"type": "array", "items": OBJECT}, {"type": "array", "items": CLOSED}),
        ({"anyOf": [OBJECT, {"type": "null"}]}, {"anyOf": [CLOSED, {"type": "null"}]}),
        ({"oneOf": [OBJECT]}, {"anyOf": [CLOSED]}),
        (
            {"$defs": {"a": OBJECT}, "$ref": "#/$defs/a"},
            {"$defs": {"a": CLOSED}, "$ref": "#/$defs/a"},
        ),
        ({"type": "array", "minItems": 1}, {"type": "array", "minItems": 1}),
        ({"type": "array", "minItems": 2}, {"type": "array", "description": "(minItems: 2)"}),
        (
            {"type": "integer", "minimum": 1, "maximum": 9, "description": "A digit"},
            {"type": "integer", "description": "A digit (minimum: 1, maximum: 9)"},
        ),
        (
            {"type": "object", "properties": {"minimum": {"type": "string", "maxLength": 2}}},
            {
                "type": "object",
                "properties": {"minimum": {"type": "string", "description": "(maxLength: 2)"}},
                "additionalProperties": False,
            },
        ),
        ({"enum": ["a"], "const": {"minimum": 1}}, {"enum": ["a"], "const": {"minimum": 1}}),
    ],
)
def test_what_is_enforced(schema: dict[str, Any], expected: dict[str, Any]) -> None:
    assert enforceable(schema) == expected
