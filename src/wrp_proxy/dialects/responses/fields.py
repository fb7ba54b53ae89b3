"""Checks of the JSON that a caller sent: each names the field at fault."""

from typing import Any

from wrp_proxy.errors import RequestError


def object_at(value: object, param: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise RequestError(f"{param} must be an object.", param=param)
    return value


def objects_at(value: object, param: str) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise RequestError(f"{param} must be a list.", param=param)
    return [object_at(entry, f"{param}[{place}]") for place, entry in enumerate(value)]


def text_at(source: dict[str, Any], name: str, param: str) -> str:
    """Return a text that must be there and not be empty."""
    value = source.get(name)
    if not isinstance(value, str) or not value:
        raise RequestError(f"{param}.{name} must be a text.", param=f"{param}.{name}")
    return value


def or_empty(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
