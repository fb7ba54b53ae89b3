"""What the rest of the configuration says, for rules to be checked against."""

from collections.abc import Mapping
from dataclasses import dataclass, field

Names = frozenset[str] | None
"""None: they are not known here, and not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ability:
    """What is known of a model before it is asked."""

    capabilities: Names = None
    context_window: int | None = None
    """Tokens; None: not known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Names that a rule may use."""

    models: Mapping[str, Ability] | None = None
    """Of the route."""
    categories: Names = None
    languages: Names = None
    risks: Names = None
    tenants: Names = None
    presets: Names = None
    """Of the cache."""


NOTHING_KNOWN = Known()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the configuration, and what stands there."""

    path: str
    written: object = field(repr=False)

    def key(self, name: object, written: object) -> "Place":
        return Place(f"{self.path}.{name}", written)

    def item(self, number: int, written: object) -> "Place":
        return Place(f"{self.path}[{number}]", written)
