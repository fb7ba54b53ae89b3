"""How good the answers of a model are expected to be: its prior, and the scores of its answers."""

from collections.abc import Mapping, Sequence
from time import time

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.figures import Figures
from wrp_proxy.routers.lessons import lesson_of
from wrp_proxy.routers.prior import prior_quality
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Model, Outcome, Workload

_HALF_LIFE_S = 14 * 24 * 3600.0
_OF_PRIOR = 5.0
"""Scores that the prior counts as, for a model's mean."""
_OF_MODEL = 10.0
"""Scores that a model's mean counts as, for its mean in one category."""
_LEAST_CHANCE = 0.05
"""Categories that a request hardly belongs to are not looked up: it would take longer."""
_ALL = "*"


class Qualities:
    """Learns mean scores per model and category, shrunk to the model's mean and that to the prior.

    Keys are `model` + newline + category; each score counts in the categories of its request by
    their chances.
    """

    def __init__(self, clock: Clock = time) -> None:
        self.statistics = Statistics("qualities", half_life_s=_HALF_LIFE_S, clock=clock)
        self._figures = Figures(self.statistics, 2, clock)

    def expected(self, workload: Workload, candidates: Sequence[Model]) -> list[float]:
        """Return the qualities expected, 0 to 1, in the candidates' order."""
        chances = likely_categories(workload)
        categories = (_ALL, *chances)
        sums = self._figures.of(
            [f"{model.name}\n{category}" for model in candidates for category in categories]
        )
        width = len(categories)
        return [
            _expected(prior_quality(model, workload), sums[i * width : (i + 1) * width], chances)
            for i, model in enumerate(candidates)
        ]

    def learn(self, outcome: Outcome) -> None:
        """Take note of a score, or of a failure."""
        lesson = lesson_of(outcome)
        if lesson is not None:
            self._add(outcome.model, outcome.workload, lesson.weight, lesson.reward)

    def fit(self, examples: Sequence[Example]) -> None:
        for example in examples:
            for name, value in example.scores.items():
                self._add(name, example.workload, 1.0, value)

    def _add(self, name: str, workload: Workload, weight: float, total: float) -> None:
        self._figures.add(f"{name}\n{_ALL}", (weight, total))
        for category, chance in likely_categories(workload).items():
            self._figures.add(f"{name}\n{category}", (chance * weight, chance * total))


def _expected(
    prior: float, sums: Sequence[tuple[float, ...]], chances: Mapping[str, float]
) -> float:
    """Shrink a model's means in each category; `sums`: those of all categories go first."""
    (weight, total), *cells = sums
    mean = (total + _OF_PRIOR * prior) / (weight + _OF_PRIOR)
    expected = 0.0
    for chance, (weight, total) in zip(chances.values(), cells, strict=True):
        expected += chance * (total + _OF_MODEL * mean) / (weight + _OF_MODEL)
    return min(max(expected, 0.0), 1.0)


def likely_categories(workload: Workload) -> dict[str, float]:
    """Return the categories that are likely enough; their chances add up to 1."""
    likely = {name: p for name, p in workload.probabilities.items() if p >= _LEAST_CHANCE}
    total = sum(likely.values())
    if not total:
        return {workload.category: 1.0}
    return {name: p / total for name, p in likely.items()}
