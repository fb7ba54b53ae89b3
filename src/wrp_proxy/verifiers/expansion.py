"""How much work a JSON schema makes: references can double it over and over."""

from collections.abc import Mapping
from typing import Any

_FOLLOWED_ELSEWHERE = {"$dynamicRef", "$recursiveRef", "$anchor", "$dynamicAnchor", "$id", "id"}


class UnclearError(ValueError):
    """The schema has references that cannot be followed here."""


class Expansion:
    """Counts the parts of a schema with each reference replaced by what it leads to."""

    def __init__(self, schema: Mapping[str, Any]) -> None:
        """Raise UnclearError, or RecursionError for what is nested too deeply."""
        self._schema = schema
        self._known: dict[str, tuple[int, int] | None] = {}
        self._parts, self._returns = self._count(schema)

    def work(self, value: object) -> float:
        """Return an upper bound of the parts that are looked at for each part of a value.

        A reference that leads back to where it stands does so one level deeper in the value.
        """
        return float(self._parts) * float(max(self._returns, 1)) ** min(depth_of(value), 200)

    def _count(self, part: object) -> tuple[int, int]:
        """Return how many parts there are, and how many references lead back."""
        if isinstance(part, list):
            counted = [self._count(one) for one in part]
        elif isinstance(part, dict):
            counted = [self._of_field(name, value) for name, value in part.items()]
        else:
            return 0, 0
        return 1 + sum(parts for parts, _ in counted), sum(returns for _, returns in counted)

    def _of_field(self, name: str, value: object) -> tuple[int, int]:
        if name in _FOLLOWED_ELSEWHERE and isinstance(value, str):
            raise UnclearError(name)
        if name != "$ref" or not isinstance(value, str):
            # What is only kept for references counts where they lead to it.
            return (0, 0) if name in {"$defs", "definitions"} else self._count(value)
        if value not in self._known:
            self._known[value] = None
            self._known[value] = self._count(self._target(value))
        return self._known[value] or (1, 1)

    def _target(self, reference: str) -> object:
        found: Any = self._schema
        for step in reference.removeprefix("#").split("/")[1:]:
            name = step.replace("~1", "/").replace("~0", "~")
            found = found.get(name) if isinstance(found, dict) else None
        if not reference.startswith("#") or found is None:
            raise UnclearError(reference)
        return found


def depth_of(value: object) -> int:
    """Return how many levels of lists and objects a JSON value has."""
    depth, level = 0, [value]
    while level:
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
        depth += bool(level)
    return depth
