"""One strategy decides; what another would have chosen is written beside it."""

from collections.abc import Sequence
from time import time

from wrp_proxy.errors import WrpError
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.wrapping import fit, passed_on, statistics_under
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


class Shadow:
    """Let `inner` decide, ask `candidate` too, and count how often they agree.

    Both learn from what `inner` chose.
    """

    def __init__(self, inner: Router, candidate: Router, *, clock: Clock = time) -> None:
        self.name = f"shadow({inner.name}, {candidate.name})"
        self.signals = inner.signals | candidate.signals
        self._inner = inner
        self._candidate = candidate
        self._agreement = Statistics("agreement", clock=clock)
        """`all`: decisions, and those that were the same."""
        self.statistics = (
            self._agreement,
            *statistics_under("inner", inner),
            *statistics_under("candidate", candidate),
        )

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        decision = self._inner.select(workload, candidates)
        other = self._candidate.name
        try:
            would = self._candidate.select(workload, candidates).ranking[0]
        except WrpError as refusal:
            self._agreement.add("all", (1.0, 0.0))
            return passed_on(decision, self.name, f"{other} would have refused: {refusal}")
        agrees = would.name == decision.ranking[0].name
        self._agreement.add("all", (1.0, float(agrees)))
        says = f"{other} agrees" if agrees else f"{other} would have chosen {would.name}"
        return passed_on(decision, self.name, says)

    def learn(self, outcome: Outcome) -> None:
        self._inner.learn(outcome)
        self._candidate.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        fit(self._inner, examples, models)
        fit(self._candidate, examples, models)
