"""What a caller would give for what: `x-wrp-cost-weight` and the other wishes of the choice."""

from collections.abc import Mapping
from math import isfinite
from typing import Any

from wrp_proxy.errors import RequestError
from wrp_proxy.signals import NO_PREFERENCES, Preferences

_MAX_WEIGHT = 10.0
_COST = b"x-wrp-cost-weight"
_LATENCY = b"x-wrp-latency-weight"
_MAX_COST = b"x-wrp-max-cost-usd"
_PRIORITY = b"x-wrp-priority"
_SLOW_TIERS = frozenset({"batch", "flex"})
"""Of OpenAI's `service_tier`: cheaper, and nobody waits."""


def preferences(headers: Mapping[bytes, bytes]) -> Preferences:
    """Read the weights and the limit; raise RequestError, naming the header, for a bad one."""
    if not (_COST in headers or _LATENCY in headers or _MAX_COST in headers):
        return NO_PREFERENCES
    return Preferences(
        cost=_weight(headers, _COST),
        latency=_weight(headers, _LATENCY),
        max_cost_usd=_limit(headers),
    )


def is_batch(headers: Mapping[bytes, bytes], body: Mapping[str, Any]) -> bool:
    """Tell whether the caller says that nobody waits; the header goes before the body."""
    said = headers.get(_PRIORITY)
    if said is None:
        tier = body.get("service_tier")
        return isinstance(tier, str) and tier in _SLOW_TIERS
    if said not in {b"batch", b"interactive"}:
        raise _refusal(_PRIORITY, "'batch' or 'interactive'")
    return said == b"batch"


def _weight(headers: Mapping[bytes, bytes], name: bytes) -> float | None:
    said = headers.get(name)
    if said is None:
        return None
    weight = _number(said)
    if weight is None or not 0 <= weight <= _MAX_WEIGHT:
        raise _refusal(name, f"a number from 0 (does not matter) to {_MAX_WEIGHT:g}")
    return weight


def _limit(headers: Mapping[bytes, bytes]) -> float | None:
    said = headers.get(_MAX_COST)
    if said is None:
        return None
    limit = _number(said)
    if limit is None or limit <= 0:
        raise _refusal(_MAX_COST, "a number of US dollars above 0, such as 0.01")
    return limit


def _number(said: bytes) -> float | None:
    try:
        number = float(said)
    except ValueError:
        return None
    return number if isfinite(number) else None


def _refusal(name: bytes, expected: str) -> RequestError:
    header = name.decode()
    return RequestError(f"{header} must be {expected}, or be left out.", param=header)
