"""The first able model in the order of the route."""

from collections.abc import Sequence

from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


class FixedOrder:
    """Prefer models in the order written; the rest is the fail-over order."""

    name = "fixed_order"
    signals: frozenset[Signal] = frozenset()
    statistics: tuple[Statistics, ...] = ()

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        return Decision(
            ranking=tuple(candidates),
            router=self.name,
            reason="first able model of the route",
            scores={model.name: float(-rank) for rank, model in enumerate(candidates)},
        )

    def learn(self, outcome: Outcome) -> None:
        return
