"""Reads raw configuration that may be anything: what is wrongly typed is empty."""

from collections.abc import Mapping
from typing import Any


def mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
