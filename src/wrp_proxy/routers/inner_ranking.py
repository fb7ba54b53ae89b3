"""How strategies that check answers rank models: by a wrapped strategy, or by scores so far."""

from collections.abc import Sequence
from math import inf

from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.qualities import Qualities
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.routers.wrapping import fit, statistics_under
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Clock
from wrp_proxy.types import Decision, Model, Outcome, Workload

_CATEGORY: frozenset[Signal] = frozenset({"category"})


class InnerRanking:
    """Without a wrapped strategy: quality against cost.

    Quality is a Beta-Bernoulli mean per model and category, learnt from the scores of verifiers,
    who see every answer, and of all others, whose word may count for more.
    """

    def __init__(
        self,
        inner: Router | None,
        costs: Costs,
        cost_weight: float,
        clock: Clock,
    ) -> None:
        self._inner = inner
        self._costs = costs
        self._qualities = Qualities(clock)
        self._scoring = Scoring(costs, cost_weight)
        own = (costs.statistics, self._qualities.statistics)
        wrapped = () if self._inner is None else statistics_under("inner", self._inner)
        self.statistics = own + wrapped
        self.signals = _CATEGORY if self._inner is None else self._inner.signals

    def name_of(self, kind: str) -> str:
        """Return the name of the strategy around it."""
        return kind if self._inner is None else f"{kind}({self._inner.name})"

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        if self._inner is not None:
            return self._inner.select(workload, candidates)
        quality = self._qualities.expected(workload, candidates)
        ranked = self._scoring.rank(workload, candidates, quality)
        return Decision(
            ranking=ranked.ranking,
            router="",
            reason=ranked.reason,
            scores=ranked.scores,
            parts=ranked.parts,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        if outcome.score is not None:
            self._qualities.learn(outcome)
        if self._inner is not None:
            self._inner.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._costs.statistics.clear()
        self._qualities.statistics.clear()
        self._costs.fit(examples, models)
        self._qualities.fit(examples)
        if self._inner is not None:
            fit(self._inner, examples, models)


def cheapest_of(costs: Costs, workload: Workload, candidates: Sequence[Model]) -> Model:
    """Return the model that the request costs least with; one without a price is the dearest."""

    def cost_of(model: Model) -> float:
        cost_usd = costs.expected_usd(model, workload)
        return inf if cost_usd is None else cost_usd

    return min(candidates, key=cost_of)
