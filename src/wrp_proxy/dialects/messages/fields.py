"""Reads the fields of a request, or refuses them by name."""

from collections.abc import Mapping
from typing import Any

from wrp_proxy.errors import RequestError

Block = Mapping[str, Any]


def text_in(fields: Mapping[str, Any], name: str, param: str) -> str:
    """Return a field that must be a string; `param` names the object it stands in."""
    value = fields.get(name)
    if not isinstance(value, str):
        raise RequestError(f"{param}.{name} must be a string.", param=f"{param}.{name}")
    return value


def objects_in(value: object, param: str) -> list[Block]:
    """Return a list that must hold nothing but objects."""
    if not isinstance(value, list):
        raise RequestError(f"{param} must be a list of objects.", param=param)
    for place, item in enumerate(value):
        if not isinstance(item, dict):
            raise RequestError(f"{param}[{place}] must be an object.", param=f"{param}[{place}]")
    return value


def blocks_in(content: object, param: str) -> list[Block]:
    """Return the content blocks of what may be a plain string as well."""
    if isinstance(content, str):
        return [{"type": "text", "text": content}]
    if not isinstance(content, list):
        raise RequestError(f"{param} must be a string or a list of content blocks.", param=param)
    blocks = objects_in(content, param)
    for place, block in enumerate(blocks):
        text_in(block, "type", f"{param}[{place}]")
    return blocks


def object_in(fields: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return a field that is an object; an empty one for anything else."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def kind_of(fields: Mapping[str, Any]) -> str:
    """Return the type of a block, a source or a tool; empty where it is no string."""
    kind = fields.get("type")
    return kind if isinstance(kind, str) else ""
