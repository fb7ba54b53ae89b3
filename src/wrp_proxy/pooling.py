"""The nouns of pools: how endpoints are chosen among, cut by length, and asked twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

PARTS = frozenset({"short", "long"})
"""Labels of endpoints that cut a pool by the length of requests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Balancing:
    """How the endpoints of a model are chosen among."""

    name: str = "p2c"
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenBudget:
    """How a pool is cut into endpoints for short and for long requests."""

    boundary_tokens: int = 8192
    """Requests of more tokens, output included, are long."""
    spillover: float = 0.85
    """Share of its slots from which on a part gives requests to the other one."""
    rebalance: Literal["off", "propose", "auto"] = "propose"
    """Whether the boundary moves with the lengths of requests, or only what it should be is told.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class Hedging:
    """When a second endpoint is asked the same, because the first one is late."""

    share: float = 0.05
    """Of the route's requests, at most."""
    quantile: float = 0.95
    """Of the first endpoint's own times to first content: so long it may take."""
    least_delay_s: float = 0.05
    max_cost_usd: float = 0.05
    """Requests that are expected to cost more are not asked twice."""


USUAL_BALANCING, USUAL_BUDGET = Balancing(), TokenBudget()
