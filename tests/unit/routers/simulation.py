"""A world of models whose quality by category is known, to watch strategies learn in."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tests.unit.nouns import model, outcome, workload
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.signals import Score
from wrp_proxy.types import Decision, Model, Workload

CERTAINTY = 0.85
"""The chance that the classifier gives to the true category."""


class World:
    """Qualities of models by category; answers are right or wrong by that chance."""

    def __init__(self, quality: Sequence[Sequence[float]], seed: int = 1) -> None:
        self.quality = np.array(quality)
        self.models = tuple(model(f"m{i}") for i in range(len(self.quality)))
        self.categories = [f"c{i}" for i in range(self.quality.shape[1])]
        self._random = np.random.default_rng(seed)

    @classmethod
    def drawn(cls, models: int, categories: int, seed: int = 1) -> "World":
        """Make a world where other models are best at other things."""
        return cls(np.random.default_rng(seed).beta(2, 2, (models, categories)).tolist(), seed)

    def request(self) -> tuple[int, Workload]:
        """Return the true category, and what the classifier says."""
        count = len(self.categories)
        true = int(self._random.integers(count))
        rest = (1 - CERTAINTY) / max(count - 1, 1)
        chances = dict.fromkeys(self.categories, rest)
        chances[self.categories[true]] = 1 - rest * (count - 1)
        return true, workload(probabilities=chances, category=self.categories[true])

    def answers(self, chosen: Model, true: int) -> float:
        """Return 1 for a right answer, 0 for a wrong one."""
        return float(self._random.random() < self.expected(chosen, true))

    def expected(self, chosen: Model, true: int) -> float:
        return float(self.quality[self.models.index(chosen), true])

    def swap(self, first: int, second: int) -> None:
        """Let two models exchange their qualities."""
        self.quality[[first, second]] = self.quality[[second, first]]

    def examples(self, count: int) -> list[Example]:
        """Let all models answer some requests."""
        found = []
        for _ in range(count):
            true, asked = self.request()
            scores = {one.name: self.answers(one, true) for one in self.models}
            found.append(Example(workload=asked, scores=scores, costs_usd={}))
        return found


def serve(world: World, router: Router, count: int, models: Sequence[Model] | None = None) -> float:
    """Serve requests with feedback on each; return the share of the best possible quality."""
    candidates = world.models if models is None else models
    reached = possible = 0.0
    for _ in range(count):
        true, asked = world.request()
        decision = router.select(asked, candidates)
        chosen = decision.ranking[0]
        tell(router, asked, chosen, Score(value=world.answers(chosen, true)), decision)
        reached += world.expected(chosen, true)
        possible += max(world.expected(one, true) for one in candidates)
    return reached / possible


def tell(
    router: Router,
    asked: Workload,
    chosen: Model,
    score: Score,
    decision: Decision | None = None,
) -> None:
    """Tell a router of an answer, and how good it was."""
    told = outcome(model=chosen.name, workload=asked, scores=decision.scores if decision else {})
    router.learn(told)
    router.learn(replace(told, score=score))
