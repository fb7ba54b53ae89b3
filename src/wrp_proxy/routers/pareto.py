"""The Pareto front of quality, cost and latency, and on it what is closest to the ideal."""

from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
import numpy.typing as npt
from annotated_types import Ge, Gt

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.qualities import Qualities
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.signals import Parts, Signal
from wrp_proxy.statistics import Clock, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload

Flags = npt.NDArray[np.bool_]


class Pareto:
    """Rank by TOPSIS closeness, those first that no other beats in everything.

    (MoMA, arXiv 2509.07571, section on routing; TOPSIS: Hwang and Yoon, 1981.) Quality counts as it
    is, cost and latency as shares of the dearest and slowest candidate, so that no unit counts more
    than another; the caller's weights go before the route's, and quality weighs 1. A model of
    unknown price counts as the dearest.
    """

    name = "pareto"
    signals: frozenset[Signal] = frozenset({"category"})

    def __init__(
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.2,
        latency_weight: Annotated[float, Ge(0)] = 0.1,
        half_life_s: Annotated[float, Gt(0)] = 3600.0,
        clock: Clock = time,
    ) -> None:
        """`half_life_s` is that of latencies."""
        self._weights = (cost_weight, latency_weight)
        self._costs = Costs(clock)
        self._qualities = Qualities(clock)
        self._speeds = Speeds(half_life_s, clock)
        learners = (self._qualities, self._costs, self._speeds)
        self.statistics = tuple(one.statistics for one in learners)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        quality = self._qualities.expected(workload, candidates)
        costs = self._costs.expected(workload, candidates)
        latencies = self._speeds.expected_s(workload, candidates)
        dearest = max((cost for cost in costs if cost is not None), default=0.0) or 1.0
        shares = [1.0 if cost is None else cost / dearest for cost in costs]
        slowest = max(latencies) or 1.0
        values = np.array([quality, [-s for s in shares], [-s / slowest for s in latencies]]).T
        is_best = front(values)
        near = closeness(values * self._weights_of(workload), is_best).tolist()
        order = sorted(range(len(candidates)), key=lambda i: (not is_best[i], -near[i], shares[i]))
        first = order[0]
        count = int(is_best.sum())
        return Decision(
            ranking=tuple(candidates[i] for i in order),
            router=self.name,
            reason=f"closest to the ideal ({near[first]:.2f}) of {count} that none beats in all: "
            f"quality {quality[first]:.2f}, {latencies[first]:.1f} s expected",
            scores={model.name: near[i] for i, model in enumerate(candidates)},
            parts={
                model.name: Parts(quality=quality[i], cost_usd=costs[i], latency_s=latencies[i])
                for i, model in enumerate(candidates)
            },
        )

    def learn(self, outcome: Outcome) -> None:
        self._qualities.learn(outcome)
        self._costs.learn(outcome)
        self._speeds.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._qualities.statistics.clear()
        self._costs.statistics.clear()
        self._qualities.fit(examples)
        self._costs.fit(examples, models)

    def _weights_of(self, workload: Workload) -> tuple[float, float, float]:
        cost, latency = self._weights
        wished = workload.preferences
        return (
            1.0,
            cost if wished.cost is None else wished.cost,
            latency if wished.latency is None else wished.latency,
        )


def front(values: Vector) -> Flags:
    """Tell which rows no other row beats: in nothing worse, and better in something."""
    others, own = values[:, None, :], values[None, :, :]
    beaten = (others >= own).all(axis=2) & (others > own).any(axis=2)
    return np.logical_not(beaten.any(axis=0))


def closeness(values: Vector, is_best: Flags) -> Vector:
    """Return 1 for the best of the front in everything, 0 for the worst of it in everything."""
    best, worst = values[is_best].max(axis=0), values[is_best].min(axis=0)
    to_best = np.sqrt(((best - values) ** 2).sum(axis=1))
    to_worst = np.sqrt(((values - worst) ** 2).sum(axis=1))
    total = to_best + to_worst
    near: Vector = np.where(total > 0, to_worst / np.where(total > 0, total, 1.0), 1.0)
    return near
