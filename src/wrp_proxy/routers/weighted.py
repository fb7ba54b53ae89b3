"""A random model in proportion to weights, for splits and experiments."""

import random
from collections.abc import Mapping, Sequence
from math import inf, log
from typing import Annotated

from annotated_types import Ge

from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

Weight = Annotated[float, Ge(0)]


class Weighted:
    """Draw a ranking without replacement, each place in proportion to the weights left.

    `weights` maps model names to shares (default 1). A model of weight 0 serves only when all
    others fail. The draw is Efraimidis and Spirakis, Weighted random sampling with a reservoir
    (2006), in logarithms: sort by log(u) / weight.
    """

    name = "weighted"
    signals: frozenset[Signal] = frozenset()
    statistics: tuple[Statistics, ...] = ()

    def __init__(
        self, weights: Mapping[str, Weight] | None = None, seed: int | None = None
    ) -> None:
        self._weights = dict(weights or {})
        self._random = random.Random(seed)  # noqa: S311 - a share of traffic, not a secret

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        weights = {model.name: self._weights.get(model.name, 1.0) for model in candidates}
        keys = {name: self._key(weight) for name, weight in weights.items()}
        ranking = sorted(candidates, key=lambda model: keys[model.name], reverse=True)
        first, total = ranking[0].name, sum(weights.values())
        propensity = weights[first] / total if total else 1.0
        return Decision(
            ranking=tuple(ranking),
            router=self.name,
            reason=f"drawn with a chance of {propensity:.2f}",
            propensity=propensity,
            scores=dict(weights),
        )

    def learn(self, outcome: Outcome) -> None:
        return

    def _key(self, weight: float) -> float:
        return log(1.0 - self._random.random()) / weight if weight else -inf
