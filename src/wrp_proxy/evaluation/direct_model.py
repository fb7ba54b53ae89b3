"""Guesses a reward from the category and the model: a table, shrunk."""

from collections import defaultdict
from collections.abc import Iterable

_PSEUDO_COUNT = 20.0
"""Towards the model's mean, and of that towards the mean of all."""


class DirectModel:
    """Means by category and model; what was seen seldom is close to what was seen often."""

    def __init__(self, seen: Iterable[tuple[str, str, float]]) -> None:
        """Take categories, models and rewards."""
        cells: dict[tuple[str, str], list[float]] = defaultdict(lambda: [0.0, 0.0])
        models: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
        total = [0.0, 0.0]
        for category, model, reward in seen:
            for sums in (cells[category, model], models[model], total):
                sums[0] += 1
                sums[1] += reward
        self._mean = total[1] / total[0] if total[0] else 0.5
        self._models = {name: _shrunk(sums, self._mean) for name, sums in models.items()}
        self._cells = {key: _shrunk(sums, self._models[key[1]]) for key, sums in cells.items()}

    def guess(self, category: str, model: str) -> float:
        by_model = self._models.get(model, self._mean)
        return self._cells.get((category, model), by_model)


def _shrunk(sums: list[float], towards: float) -> float:
    return (sums[1] + _PSEUDO_COUNT * towards) / (sums[0] + _PSEUDO_COUNT)
