"""Quality, cost and latency in one weighted sum, among the models that keep the ceilings."""

from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Annotated

from annotated_types import Ge, Gt

from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.routers.base import Example
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.latencies import latencies
from wrp_proxy.routers.qualities import Qualities
from wrp_proxy.routers.scoring import Ranked, Scoring
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.signals import Parts, Signal
from wrp_proxy.statistics import Clock
from wrp_proxy.types import Decision, Model, Outcome, Workload


class Balanced:
    """Rank by `quality - cost_weight * cost / C - latency_weight * latency / L`.

    C and L are those of the dearest and the slowest candidate. A latency is what the pool expects
    of a model now, with the wait for a slot, else what was learnt of it. Models that are expected
    to break a ceiling (`max_latency_s`, `max_cost_usd`) come after all others, the least bad first;
    those that are out of service come last. The caller's weights and ceiling go before the route's.
    What is unknown of a model is its prior.
    """

    name = "balanced"
    signals: frozenset[Signal] = frozenset({"category"})

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.2,
        latency_weight: Annotated[float, Ge(0)] = 0.1,
        max_latency_s: Annotated[float, Gt(0)] | None = None,
        max_cost_usd: Annotated[float, Gt(0)] | None = None,
        half_life_s: Annotated[float, Gt(0)] = 3600.0,
        clock: Clock = time,
        pool: PoolView = NOTHING_SEEN,
    ) -> None:
        """`half_life_s` is that of latencies that were learnt."""
        self._pool = pool
        self._latency_weight = latency_weight
        self._max_latency_s = max_latency_s
        self._max_cost_usd = max_cost_usd
        self._costs = Costs(clock)
        self._qualities = Qualities(clock)
        self._speeds = Speeds(half_life_s, clock)
        self._scoring = Scoring(self._costs, cost_weight)
        learners = (self._qualities, self._costs, self._speeds)
        self.statistics = tuple(one.statistics for one in learners)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        wished = workload.preferences.latency
        weight = self._latency_weight if wished is None else wished
        expected = latencies(self._speeds, self._pool, workload, candidates)
        slowest = max(expected.seconds) or 1.0
        losses = [-weight * seconds / slowest for seconds in expected.seconds]
        quality = self._qualities.expected(workload, candidates)
        ranked = self._scoring.rank(workload, candidates, quality, losses)
        parts = {
            model.name: Parts(
                quality=quality[i],
                cost_usd=ranked.parts[model.name].cost_usd,
                latency_s=expected.seconds[i],
            )
            for i, model in enumerate(candidates)
        }
        down = {
            model.name for model, is_down in zip(candidates, expected.down, strict=True) if is_down
        }
        decision = self._decision(ranked, parts, down, workload.preferences.max_cost_usd)
        return replace(decision, fired=expected.said)

    def learn(self, outcome: Outcome) -> None:
        self._qualities.learn(outcome)
        self._costs.learn(outcome)
        self._speeds.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._qualities.statistics.clear()
        self._costs.statistics.clear()
        self._qualities.fit(examples)
        self._costs.fit(examples, models)

    def _decision(
        self, ranked: Ranked, parts: dict[str, Parts], down: set[str], wished_usd: float | None
    ) -> Decision:
        max_cost_usd = self._max_cost_usd if wished_usd is None else wished_usd
        excess = {name: self._excess(part, max_cost_usd) for name, part in parts.items()}
        ranking = tuple(sorted(ranked.ranking, key=lambda m: (m.name in down, excess[m.name])))
        first = ranking[0].name
        says = (
            f"quality {parts[first].quality:.2f}, {_usd(parts[first].cost_usd)}, "
            f"{parts[first].latency_s:.1f} s expected"
        )
        kept = sum(not over for over in excess.values())
        if not kept:
            says = f"no model keeps the ceilings, the least bad: {says}"
        elif kept < len(ranking):
            says = f"best of {kept} that keep the ceilings: {says}"
        return Decision(
            ranking=ranking, router=self.name, reason=says, scores=ranked.scores, parts=parts
        )

    def _excess(self, part: Parts, max_cost_usd: float | None) -> float:
        """Return by which share the worse of the ceilings is broken; a cost not known keeps it."""
        over = 0.0
        if self._max_latency_s is not None and part.latency_s is not None:
            over = part.latency_s / self._max_latency_s - 1.0
        if max_cost_usd is not None and part.cost_usd:
            over = max(over, part.cost_usd / max(max_cost_usd, 1e-12) - 1.0)
        return max(over, 0.0)


def _usd(cost_usd: float | None) -> str:
    return "no price known" if cost_usd is None else f"{cost_usd:.2g} USD"
