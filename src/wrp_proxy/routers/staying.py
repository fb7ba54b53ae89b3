"""What is known of a session, and what staying with its model is worth."""

from dataclasses import dataclass, field

from wrp_proxy.pool_view import UNSEEN, Expectation
from wrp_proxy.types import Model, Usage, Workload

_MAX_BAD = 8
"""Models that one session keeps in mind as bad."""
_TOO_BAD = 2
_LONG_TOKENS, _LONG_TURNS = 8192, 8
_OF_REUSE, _OF_HISTORY, _OF_TURNS = 0.45, 0.35, 0.20
_LONG_WAIT_S = 2.0
"""To wait for so much longer than at another model is worth no warm prompt cache."""


@dataclass(slots=True)
class Stay:
    """What is known of one session."""

    model: str | None = None
    """The one that answered last."""
    at: float = 0.0
    tokens: int = 0
    """Of the last prompt and its answer."""
    bad: dict[str, int] = field(default_factory=dict)
    """Model -> failures and bad scores."""


@dataclass(frozen=True, slots=True)
class Current:
    """The model that a session has, and how it does there."""

    model: Model
    stay: Stay
    seen: Expectation
    freshness: float
    """1 right after its last answer, 0 when all is forgiven."""


def worth_of_staying(
    workload: Workload, current: Current, other: Model, seen: Expectation
) -> float:
    """Return by how much `other` must be better; `seen`: of it, for the waits are compared."""
    stay, at = current.stay, current.seen
    reuse = _reuse(workload, stay)
    worth = (
        _OF_REUSE * reuse
        + _OF_HISTORY * min(stay.tokens / _LONG_TOKENS, 1.0)
        + _OF_TURNS * min(workload.turn / _LONG_TURNS, 1.0)
    )
    # A cache of which nothing is known is as good as a warm one: it was used just now.
    warmth = current.freshness * min(at.warmth / UNSEEN.warmth, 1.0)
    longer_s = max(at.wait_s - seen.wait_s, 0.0)
    patience = 1.0 - min(longer_s / _LONG_WAIT_S, 1.0)
    return worth * warmth * patience * _price_pressure(workload, current.model, other, reuse)


def is_bad(stay: Stay, model: Model) -> bool:
    return stay.bad.get(model.name, 0) >= _TOO_BAD


def count(stay: Stay, model: str, by: int) -> None:
    if by and (model in stay.bad or len(stay.bad) < _MAX_BAD):
        stay.bad[model] = max(stay.bad.get(model, 0) + by, 0)


def _reuse(workload: Workload, stay: Stay) -> float:
    if workload.warmth is not None:
        return workload.warmth
    return min(stay.tokens / workload.input_tokens, 1.0) if workload.input_tokens else 0.0


def _price_pressure(workload: Workload, current: Model, other: Model, reuse: float) -> float:
    if current.price is None or other.price is None:
        return 1.0
    warm, cold = (
        Usage(
            prompt_tokens=workload.input_tokens,
            completion_tokens=workload.expected_output_tokens,
            cached_tokens=int(workload.input_tokens * share),
        )
        for share in (reuse, 0.0)
    )
    staying_usd, leaving_usd = current.price.cost_usd(warm), other.price.cost_usd(cold)
    return min(leaving_usd / staying_usd, 1.0) if staying_usd > 0 else 1.0
