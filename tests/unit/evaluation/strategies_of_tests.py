"""Strategies that tests can see into."""

from collections.abc import Sequence

from wrp_proxy.errors import RequestError
from wrp_proxy.signals import Check, Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


class Listening:
    """Ranks by name as told, holds answers where there is a check, and keeps what it hears."""

    name = "listening"
    statistics: tuple[Statistics, ...] = ()

    def __init__(
        self,
        *ranking: str,
        check: Check | None = None,
        signals: frozenset[Signal] = frozenset(),
        refuses: bool = False,
    ) -> None:
        self.heard: list[Outcome] = []
        self.asked: list[Workload] = []
        self.signals = signals
        self._ranking = ranking
        self._check = check
        self._refuses = refuses

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        self.asked.append(workload)
        if self._refuses:
            raise RequestError("no")
        by_name = {model.name: model for model in candidates}
        ranking = tuple([by_name[name] for name in self._ranking if name in by_name])
        return Decision(
            ranking=ranking, router=self.name, reason="told", propensity=0.5, check=self._check
        )

    def learn(self, outcome: Outcome) -> None:
        self.heard.append(outcome)
