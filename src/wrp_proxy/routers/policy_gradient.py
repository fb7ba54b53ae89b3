"""A stochastic policy, trained off-line on examples and on-line by policy gradients."""

import random
from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Gt, Le

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.context import CONTEXT_SIGNALS, Context, Contexts, Priors
from wrp_proxy.routers.costs import Costs
from wrp_proxy.routers.drawing import draw
from wrp_proxy.routers.lessons import Lesson, Roster, lesson_of
from wrp_proxy.routers.policy_training import trained
from wrp_proxy.routers.rows import rows_of
from wrp_proxy.routers.score_table import ScoreTable
from wrp_proxy.routers.scoring import Ranked, Scoring
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Decision, Model, Outcome, Workload


class PolicyGradient:
    """Draw by softmax over linear scores, conditioned on what the caller would pay.

    (BaRP, arXiv 2510.07429: REINFORCE with an entropy term, from feedback on the chosen model
    only.) The score of a model is its prior, plus weights times (context, cost weight), less the
    cost weight times its share of the highest cost; the policy is softmax(score / temperature).
    The baseline is what the candidates have scored so far, in proportion to the policy.
    All weights are sums of increments, so that replicas can add theirs up.
    """

    name = "policy_gradient"
    signals = CONTEXT_SIGNALS

    def __init__(  # noqa: PLR0913 - parameters of the configuration
        self,
        *,
        cost_weight: Annotated[float, Ge(0)] = 0.1,
        temperature: Annotated[float, Gt(0), Le(10)] = 0.1,
        learning_rate: Annotated[float, Gt(0), Le(1)] = 0.04,
        entropy: Annotated[float, Ge(0), Le(1)] = 0.02,
        discount: Annotated[float, Gt(0), Le(1)] = 0.997,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        """`entropy` and `discount`, by which moves fade, keep the policy from becoming certain."""
        self._cost_weight = cost_weight
        self._temperature = temperature
        self._learning_rate = learning_rate
        self._entropy = entropy
        self._moves = Statistics("moves", discount=discount, clock=clock)
        self._fitted = Statistics("fitted", clock=clock)
        self._critic = ScoreTable(discount=discount, optimism=0.0, clock=clock)
        self._costs = Costs(clock)
        self._scoring = Scoring(self._costs, cost_weight)
        self._contexts = Contexts()
        self._roster = Roster()
        self._priors = Priors()
        self._lately: tuple[Model, ...] = ()
        self._random = random.Random(seed)  # noqa: S311 - exploration, not a secret
        own = (self._moves, self._fitted, self._costs.statistics)
        critic = [one.under("critic") for one in self._critic.statistics]
        self.statistics: tuple[Statistics, ...] = (*own, *critic)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        self._roster.note(candidates)
        self._lately = tuple(candidates)
        ranked = self._ranked(self._contexts.of(workload), workload, candidates)
        chances = self._chances(ranked, ranked.ranking)
        ranking, chance = draw(ranked.ranking, chances.tolist(), self._random)
        return ranked.decision(
            self.name,
            f"drawn by the policy with a chance of {chance:.2f}; first: {ranked.reason}",
            ranking=ranking,
            propensity=chance,
        )

    def learn(self, outcome: Outcome) -> None:
        self._costs.learn(outcome)
        lesson = lesson_of(outcome)
        if lesson is None:
            return
        candidates = [
            model for name in outcome.scores if (model := self._roster.get(name)) is not None
        ] or list(self._lately)
        names = [model.name for model in candidates]
        if outcome.model in names:
            self._step(outcome.workload, candidates, names.index(outcome.model), lesson)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        """Train on examples, for several cost weights."""
        self._costs.fit(examples, models)
        self._roster.note(models)
        self._critic.fit(examples, self._contexts)
        self._fitted.clear()
        weights = trained(
            examples, models, self._contexts, self._costs, temperature=self._temperature
        )
        for space, rows in weights.items():
            for model, row in zip(models, rows, strict=True):
                self._fitted.add(space.key(model.name), row)

    def _ranked(self, context: Context, workload: Workload, candidates: Sequence[Model]) -> Ranked:
        seen = self._seen(context, workload)
        learnt = rows_of(self._moves, context.space, candidates, len(seen)) @ seen
        if self._critic.estimate(context, candidates).believes_examples:
            learnt += rows_of(self._fitted, context.space, candidates, len(seen)) @ seen
        quality = (self._priors.of(context, candidates) + learnt).tolist()
        return self._scoring.rank(workload, candidates, quality)

    def _seen(self, context: Context, workload: Workload) -> Vector:
        """Return what the policy looks at: the context, and the cost weight."""
        wished = workload.preferences.cost
        weight = self._cost_weight if wished is None else wished
        return np.append(context.vector, min(weight, 1.0))

    def _chances(self, ranked: Ranked, models: Sequence[Model]) -> Vector:
        scores = np.array([ranked.scores[model.name] for model in models], float)
        powers = np.exp(np.maximum((scores - scores.max()) / self._temperature, -30.0))
        return np.asarray(powers / powers.sum())

    def _step(
        self, workload: Workload, candidates: Sequence[Model], chosen: int, lesson: Lesson
    ) -> None:
        """Move the weights by the gradient of log pi(chosen) times the advantage, and of H(pi)."""
        context = self._contexts.of(workload, is_past=True)
        chances = self._chances(self._ranked(context, workload, candidates), candidates)
        expected = float(chances @ self._critic.estimate(context, candidates).means)
        advantage = lesson.reward - lesson.weight * expected
        steps = -chances * advantage
        steps[chosen] += advantage
        is_new = lesson.weight > 0
        if is_new:
            surprise = np.log(chances)
            steps -= self._entropy * chances * (surprise - float(chances @ surprise))
        seen = self._learning_rate * self._seen(context, workload)
        for model, step in zip(candidates, steps.tolist(), strict=True):
            self._moves.add(context.space.key(model.name), seen * step, discounts=is_new)
        self._critic.learn(context, candidates[chosen].name, lesson)
