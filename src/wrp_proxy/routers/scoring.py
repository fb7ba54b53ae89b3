"""Quality against cost: the score that the strategies which estimate quality rank by."""

from collections.abc import Sequence
from dataclasses import dataclass

from wrp_proxy.routers.costs import Costs
from wrp_proxy.signals import Parts
from wrp_proxy.types import Model, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates in order, with what they were ranked by."""

    ranking: tuple[Model, ...]
    scores: dict[str, float | None]
    parts: dict[str, Parts]
    reason: str
    """Of the first place, in words."""


class Scoring:
    """`quality - cost_weight * cost / C`, C being the cost of the dearest candidate.

    (The rule of Avengers-Pro, arXiv 2508.12631.) The caller's own weight goes before the route's.
    A candidate of unknown price counts as the dearest.
    """

    def __init__(self, costs: Costs, cost_weight: float) -> None:
        self._costs = costs
        self._cost_weight = cost_weight

    def rank(
        self,
        workload: Workload,
        candidates: Sequence[Model],
        quality: Sequence[float],
        bonus: Sequence[float] | None = None,
    ) -> Ranked:
        """Rank by the score; equals stay in the order given, but the cheaper one goes first.

        `quality` and `bonus` (of exploration; counts like quality) are in the candidates' order.
        """
        wished = workload.preferences.cost
        weight = self._cost_weight if wished is None else wished
        costs = [self._costs.expected_usd(model, workload) for model in candidates]
        known = [cost for cost in costs if cost is not None]
        dearest = max(known, default=0.0) or 1.0
        shares = [1.0 if cost is None else cost / dearest for cost in costs]
        extra = bonus or [0.0] * len(candidates)
        scores = [
            q + more - weight * share for q, more, share in zip(quality, extra, shares, strict=True)
        ]
        order = sorted(range(len(candidates)), key=lambda i: (-scores[i], shares[i]))
        first = order[0]
        parts = {
            model.name: Parts(
                quality=quality[i], cost_usd=costs[i], bonus=bonus[i] if bonus else None
            )
            for i, model in enumerate(candidates)
        }
        return Ranked(
            ranking=tuple([candidates[i] for i in order]),
            scores={model.name: scores[i] for i, model in enumerate(candidates)},
            parts=parts,
            reason=_words(quality[first], costs[first], weight),
        )


def _words(quality: float, cost_usd: float | None, weight: float) -> str:
    cost = "no price known" if cost_usd is None else f"{cost_usd:.2g} USD"
    return f"quality {quality:.2f} for {cost} expected, cost weight {weight:g}"
