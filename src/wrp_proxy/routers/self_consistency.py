"""Ask the cheapest model several times: where it agrees with itself, it is probably right."""

from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Annotated

from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.inner_ranking import InnerRanking, cheapest_of
from wrp_proxy.signals import Check
from wrp_proxy.statistics import Clock
from wrp_proxy.types import Decision, Model, Outcome, Workload

_ESCALATIONS = 2


class SelfConsistency:
    """Take samples of the cheapest model; if all agree, that is the answer. If most agree, a
    second model is asked, if none agree, two more, and all vote. (ACAR, arXiv 2602.21231.)

    Only for short answers and for JSON by a schema, which can be compared; all else is answered as
    the wrapped strategy ranks, else by quality against cost, without a check. Samples need a
    `temperature` above 0: this one is set for them where the caller has set none. Where he has
    set 0, the samples would be the same: one is taken, and a second model asked.
    """

    def __init__(
        self,
        inner: Router | None = None,
        *,
        samples: Annotated[int, Ge(2), Le(5)] = 3,
        max_tokens: Annotated[int, Ge(1)] = 256,
        temperature: Annotated[float, Gt(0), Le(2)] = 1.0,
        cost_weight: Annotated[float, Ge(0)] = 0.3,
        clock: Clock = time,
    ) -> None:
        """`max_tokens`: answers expected to be longer are not short."""
        costs = Costs(clock)
        self._ranking = InnerRanking(inner, costs, cost_weight, clock)
        self.name = self._ranking.name_of("self_consistency")
        self.signals = self._ranking.signals
        self.statistics = self._ranking.statistics
        self._costs = costs
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._check = Check(
            how="agree", verifiers=("agreement",), escalations=_ESCALATIONS, samples=samples
        )

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        best = self._ranking.select(workload, candidates)
        if not self._is_comparable(workload):
            return replace(best, router=self.name)
        first = cheapest_of(self._costs, workload, candidates)
        rest = tuple(model for model in best.ranking if model is not first)
        return replace(
            best,
            ranking=(first, *rest),
            router=self.name,
            reason=f"{self._check.samples} samples of the cheapest",
            propensity=1.0,
            check=replace(self._check, escalations=min(_ESCALATIONS, len(rest))),
            parameters={**best.parameters, "temperature": self._temperature},
        )

    def learn(self, outcome: Outcome) -> None:
        self._ranking.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._ranking.fit(examples, models)

    def _is_comparable(self, workload: Workload) -> bool:
        if "tools" in workload.needs or workload.api == "embeddings":
            return False
        tokens = workload.max_output_tokens or workload.expected_output_tokens
        return tokens <= self._max_tokens or "json_schema" in workload.needs
