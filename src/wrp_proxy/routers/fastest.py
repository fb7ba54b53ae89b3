"""The model that is expected to be done first with this very request."""

import random
from collections.abc import Sequence
from time import time
from typing import Annotated

from annotated_types import Ge, Gt, Le

from wrp_proxy.pool_view import NOTHING_SEEN, PoolView
from wrp_proxy.routers.latencies import latencies
from wrp_proxy.routers.speeds import Speeds
from wrp_proxy.routers.wrapping import put_first
from wrp_proxy.signals import Parts, Signal
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


class Fastest:
    """Rank by TTFT + TPOT * expected output tokens, as the pool expects them now, with the wait for
    a slot, else by fading means of what was seen lately.

    A model that was not seen is taken to be as fast as the mean of the others; one that is out of
    service comes last. A share `explore` of requests goes to any candidate, so that a model that
    has recovered is found again.
    """

    name = "fastest"
    signals: frozenset[Signal] = frozenset()

    def __init__(
        self,
        explore: Annotated[float, Ge(0), Le(1)] = 0.02,
        half_life_s: Annotated[float, Gt(0)] = 600.0,
        seed: int | None = None,
        clock: Clock = time,
        pool: PoolView = NOTHING_SEEN,
    ) -> None:
        self._pool = pool
        self._explore = explore
        self._random = random.Random(seed)  # noqa: S311 - a share of traffic, not a secret
        self._speeds = Speeds(half_life_s, clock)
        self.statistics: tuple[Statistics, ...] = (self._speeds.statistics,)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        expected = latencies(self._speeds, self._pool, workload, candidates)
        order = sorted(
            range(len(candidates)), key=lambda i: (expected.down[i], expected.seconds[i])
        )
        ranking = tuple(candidates[i] for i in order)
        fastest = ranking[0]
        if self._random.random() < self._explore:
            ranking = put_first(ranking, self._random.choice(candidates).name)
        seconds = {model.name: expected.seconds[i] for i, model in enumerate(candidates)}
        first = ranking[0].name
        why = "fastest able model" if ranking[0] is fastest else "tried, though not the fastest"
        return Decision(
            ranking=ranking,
            router=self.name,
            reason=f"{why}, {seconds[first]:.1f} s expected",
            propensity=self._chance(ranking[0] is fastest, len(candidates)),
            scores=dict(seconds),
            parts={name: Parts(latency_s=expected_s) for name, expected_s in seconds.items()},
            fired=expected.said,
        )

    def learn(self, outcome: Outcome) -> None:
        self._speeds.learn(outcome)

    def _chance(self, is_fastest: bool, count: int) -> float:
        if count == 1:
            return 1.0
        return self._explore / count + (1.0 - self._explore if is_fastest else 0.0)
