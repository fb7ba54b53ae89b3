"""The model that has scored best, but now and then any other."""

import random
from collections.abc import Sequence
from time import time
from typing import Annotated

from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import CONTEXT_SIGNALS, Contexts
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.drawing import explored
from wrp_proxy.routers.lessons import lesson_of
from wrp_proxy.routers.score_table import ScoreTable
from wrp_proxy.routers.scoring import Scoring
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload


class EpsilonGreedy:
    """Explore with a chance that falls with what is known of the category, never below `floor`.

    (Sutton and Barto, Reinforcement Learning, chapter 2; GreenServ, arXiv 2601.17551.) The chance
    is `epsilon` at first, and halved where there are `patience` observations per candidate.
    """

    name = "epsilon_greedy"
    signals = CONTEXT_SIGNALS

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        epsilon: Annotated[float, Ge(0), Le(1)] = 0.2,
        floor: Annotated[float, Ge(0), Le(1)] = 0.02,
        patience: Annotated[float, Gt(0)] = 5.0,
        discount: Annotated[float, Gt(0), Le(1)] = 0.995,
        optimism: Annotated[float, Ge(0), Le(1)] = 0.1,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        self._epsilon = epsilon
        self._floor = min(floor, epsilon)
        self._patience = patience
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._table = ScoreTable(discount=discount, optimism=optimism, clock=clock)
        self._contexts = Contexts()
        self._random = random.Random(seed)  # noqa: S311 - exploration, not a secret
        self.statistics: tuple[Statistics, ...] = (*self._table.statistics, self._costs.statistics)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        means, counts, _ = self._table.estimate(self._contexts.of(workload), candidates)
        ranked = self._scoring.rank(workload, candidates, means.tolist())
        epsilon = self._chance_to_explore(float(counts.mean()))
        ranking, chance = explored(ranked.ranking, epsilon, self._random)
        is_best = ranking[0] is ranked.ranking[0]
        reason = f"explored, as happens to {epsilon:.2f} of requests"
        return ranked.decision(
            self.name,
            f"best so far: {ranked.reason}" if is_best else reason,
            ranking=ranking,
            propensity=chance,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is not None:
            context = self._contexts.of(outcome.workload, is_past=True)
            self._table.learn(context, outcome.model, lesson)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self._costs.fit(examples, models)
        self._table.fit(examples, self._contexts)

    def _chance_to_explore(self, count: float) -> float:
        """Return it for a mean count of observations per candidate."""
        known = count / self._patience
        return self._floor + (self._epsilon - self._floor) / (1.0 + known)
