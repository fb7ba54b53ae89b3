"""Quality against cost: the score that the strategies which estimate quality rank by."""

from collections.abc import Sequence
from dataclasses import dataclass

from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.signals import Parts
from wrp_proxy.types import Decision, Model, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """Candidates in order, with what they were ranked by."""

    ranking: tuple[Model, ...]
    scores: dict[str, float | None]
    parts: dict[str, Parts]
    reason: str
    """Of the first place, in words."""

    def decision(
        self,
        router: str,
        reason: str,
        *,
        ranking: tuple[Model, ...] | None = None,
        propensity: float = 1.0,
    ) -> Decision:
        """Make it a router's decision; `ranking`: where another order was drawn."""
        return Decision(
            ranking=self.ranking if ranking is None else ranking,
            router=router,
            reason=reason,
            propensity=propensity,
            scores=self.scores,
            parts=self.parts,
        )


class Scoring:
    """`quality - cost_weight * cost / C`, C being the cost of the dearest candidate.

    (The rule of Avengers-Pro, arXiv 2508.12631.) Where latency has a weight, it counts likewise,
    against the slowest. The caller's own weights go before the route's. A candidate of unknown
    price counts as the dearest.
    """

    def __init__(
        self,
        costs: Costs,
        cost_weight: float,
        speeds: Speeds | None = None,
        latency_weight: float = 0.0,
    ) -> None:
        self._costs = costs
        self._cost_weight = cost_weight
        self._speeds = speeds
        self._latency_weight = latency_weight

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
        costs = self._costs.expected(workload, candidates)
        dearest = max([cost for cost in costs if cost is not None], default=0.0) or 1.0
        shares = [1.0 if cost is None else cost / dearest for cost in costs]
        extra = bonus or [0.0] * len(candidates)
        waits = self._waits(workload, candidates)
        scores = [
            q + more - weight * share - wait
            for q, more, share, (wait, _) in zip(quality, extra, shares, waits, strict=True)
        ]
        order = sorted(range(len(candidates)), key=lambda i: (-scores[i], shares[i]))
        first = order[0]
        parts = {
            model.name: Parts(
                quality=quality[i],
                cost_usd=costs[i],
                latency_s=waits[i][1],
                bonus=bonus[i] if bonus else None,
            )
            for i, model in enumerate(candidates)
        }
        return Ranked(
            ranking=tuple([candidates[i] for i in order]),
            scores={model.name: scores[i] for i, model in enumerate(candidates)},
            parts=parts,
            reason=_words(quality[first], costs[first], weight, len(order)),
        )

    def _waits(
        self, workload: Workload, candidates: Sequence[Model]
    ) -> list[tuple[float, float | None]]:
        """Return what each candidate's latency costs it, and the seconds expected."""
        wished = workload.preferences.latency
        weight = self._latency_weight if wished is None else wished
        if self._speeds is None or not weight:
            return [(0.0, None)] * len(candidates)
        seconds = self._speeds.expected_s(workload, candidates)
        slowest = max(seconds) or 1.0
        return [(weight * one / slowest, one) for one in seconds]


def _words(quality: float, cost_usd: float | None, weight: float, among: int) -> str:
    if among == 1:
        return "the only able model"
    cost = "no price known" if cost_usd is None else f"{cost_usd:.2g} USD"
    return f"quality {quality:.2f} for {cost} expected, cost weight {weight:g}"
