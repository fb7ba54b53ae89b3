"""Reads raw configuration that may be anything: what is wrongly typed is empty."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any


def mapping(value: object) -> Mapping[Any, Any]:
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def choose(wrong: object, right: Any) -> str:
    """Say what may stand there instead, the closest first."""
    names = [str(name) for name in right]
    close = get_close_matches(str(wrong), names, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}there are: {', '.join(names) or 'none'}"
