"""A share of traffic to another strategy, until scores tell which one is to have all of it."""

import random
from collections.abc import Sequence
from dataclasses import replace
from time import time
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le, Lt

from wrp_proxy.errors import WrpError
from wrp_proxy.routers import sequential
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.dearest import Dearest
from wrp_proxy.routers.wrapping import fit, passed_on, statistics_under
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

_ALPHA = 0.05
Arm = Literal["inner", "candidate"]


class Canary:
    """Ask `candidate` for `share` of requests; promote it for good, or roll it back, when sure.

    An answer's utility is its score less `cost_weight` times its share of what the dearest
    candidate model would have cost. When each arm has `min_scores`, a mixture sequential
    probability ratio test (`sequential`) at 5 % asks after every score whether the candidate's mean
    differs from the other's less `tolerance`: if above, it gets all traffic, if below, none.
    Whose an answer is, is read from its reason, which the journal keeps; those of models that
    others failed over to are nobody's.
    """

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        inner: Router,
        candidate: Router,
        *,
        share: Annotated[float, Gt(0), Lt(1)] = 0.05,
        min_scores: Annotated[int, Ge(10)] = 100,
        tolerance: Annotated[float, Ge(0), Le(1)] = 0.01,
        cost_weight: Annotated[float, Ge(0)] = 0.0,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        self.name = f"canary({inner.name}, {candidate.name})"
        self.signals = inner.signals | candidate.signals
        self._arms: dict[Arm, Router] = {"inner": inner, "candidate": candidate}
        self._share = share
        self._min_scores = min_scores
        self._tolerance = tolerance
        self._cost_weight = cost_weight
        self._random = random.Random(seed)  # noqa: S311 - a share of traffic, not a secret
        self._costs = Costs(clock)
        self._dearest = Dearest(self._costs)
        self._seen = Statistics("arms", clock=clock)
        """Arm -> the sums of `sequential`; `verdict` -> how often promoted, and rolled back."""
        self.statistics = (
            self._seen,
            self._costs.statistics,
            *statistics_under("inner", inner),
            *statistics_under("candidate", candidate),
        )

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        self._dearest.see(workload, candidates)
        share = self._share_now()
        arm: Arm = "candidate" if self._random.random() < share else "inner"
        decision = self._arms[arm].select(workload, candidates)
        chance = share if arm == "candidate" else 1.0 - share
        if chance < 1.0:
            other = self._chance_of_other(arm, decision.ranking[0], workload, candidates)
            decision = replace(decision, propensity=other + chance * (decision.propensity - other))
        reason = f"{self._mark(arm, decision.ranking[0].name)}{decision.reason}"
        return passed_on(replace(decision, reason=reason), self.name, self._words(share))

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        arm = self._arm_of(outcome)
        if outcome.score is not None and arm is not None:
            self._count(arm, outcome)
        for router in self._arms.values():
            router.learn(outcome)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        for router in self._arms.values():
            fit(router, examples, models)

    def _mark(self, arm: Arm, model: str) -> str:
        return f"{arm} {self._arms[arm].name} chose {model}: "

    def _arm_of(self, outcome: Outcome) -> Arm | None:
        for arm in self._arms:
            if self._mark(arm, outcome.model) in outcome.reason:
                return arm
        return None

    def _chance_of_other(
        self, arm: Arm, chosen: Model, workload: Workload, candidates: Sequence[Model]
    ) -> float:
        """Return how probably the other arm chooses this model; 0 if it drew another one.

        (That is exact where the other arm does not draw; where it does, it is the least.)
        """
        other: Arm = "inner" if arm == "candidate" else "candidate"
        try:
            decision = self._arms[other].select(workload, candidates)
        except WrpError:
            return 0.0
        return decision.propensity if decision.ranking[0].name == chosen.name else 0.0

    def _count(self, arm: Arm, outcome: Outcome) -> None:
        score = outcome.score
        if score is None:
            return
        loss = self._loss(outcome)
        replaces = None if score.replaces is None else score.replaces - loss
        self._seen.add(arm, sequential.sums_of(score.value - loss, score.weight, replaces))
        better = self._better()
        if better is not None and not any(self._sums("verdict", 2)):
            self._seen.add("verdict", (float(better), float(not better)))

    def _loss(self, outcome: Outcome) -> float:
        dearest_usd = self._dearest.expected_usd(outcome) if self._cost_weight else None
        if not dearest_usd or outcome.cost_usd is None:
            return 0.0
        return self._cost_weight * min(outcome.cost_usd / dearest_usd, 1.0)

    def _better(self) -> bool | None:
        """Tell whether the candidate is good enough; None: not sure yet."""
        own, other = self._sums("candidate", sequential.ARM), self._sums("inner", sequential.ARM)
        if min(own[3], other[3]) < self._min_scores or min(own[0], other[0]) <= 0:
            return None
        difference, variance = sequential.difference(own, other)
        difference += self._tolerance
        if sequential.evidence(difference, variance) < 1 / _ALPHA:
            return None
        return difference > 0

    def _share_now(self) -> float:
        promoted, rolled_back = self._sums("verdict", 2)
        if rolled_back:
            return 0.0
        return 1.0 if promoted else self._share

    def _words(self, share: float) -> str:
        name = self._arms["candidate"].name
        own, other = self._sums("candidate", sequential.ARM), self._sums("inner", sequential.ARM)
        scores = f"{own[3]:.0f} scores against {other[3]:.0f}"
        if share in {0.0, 1.0}:
            done = "promoted" if share else "rolled back"
            return f"canary: {name} is {done} after {scores}"
        return f"canary: {name} gets {share:.0%}, {scores} so far"

    def _sums(self, key: str, length: int) -> list[float]:
        sums = self._seen.get(key)
        return [0.0] * length if sums is None else sums.tolist()
