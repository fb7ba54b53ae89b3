"""What an outcome teaches of the model that answered, in the form that sums take."""

from collections.abc import Iterable
from dataclasses import dataclass
from math import isfinite

from wrp_proxy.types import Model, Outcome

FAILURE_WEIGHT = 0.3
"""A failed attempt is a bad answer, but as often the network's doing as the model's."""
_MAX_MODELS = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Lesson:
    """What to add: to a count, and to a total of rewards."""

    weight: float
    """0 for a correction: what it corrects has been counted."""
    reward: float
    """The score times its weight; of a correction, the difference to what was said before."""


def lesson_of(outcome: Outcome) -> Lesson | None:
    """Return what to learn; None: the outcome does not tell how good the model is."""
    score = outcome.score
    if score is None:
        is_own = outcome.cached in {"miss", "bypass"}
        has_failed = outcome.finish == "failed" and is_own
        return Lesson(weight=FAILURE_WEIGHT, reward=0.0) if has_failed else None
    numbers = (score.value, score.weight, score.replaces or 0.0)
    # A score of an answer to a merely similar question is one of the cache.
    if outcome.cached == "semantic" or not all(map(isfinite, numbers)) or score.weight <= 0:
        return None
    value = _clipped(score.value)
    if score.replaces is None:
        return Lesson(weight=score.weight, reward=score.weight * value)
    return Lesson(weight=0.0, reward=score.weight * (value - _clipped(score.replaces)))


class Roster:
    """The models that were candidates lately: an outcome only has a name."""

    def __init__(self) -> None:
        self._models: dict[str, Model] = {}

    def note(self, candidates: Iterable[Model]) -> None:
        for model in candidates:
            known = self._models.get(model.name)
            if known is model:
                continue
            if known is None and len(self._models) >= _MAX_MODELS:
                del self._models[next(iter(self._models))]
            self._models[model.name] = model

    def get(self, name: str) -> Model | None:
        return self._models.get(name)

    def names(self) -> Iterable[str]:
        return self._models.keys()


def _clipped(value: float) -> float:
    return min(max(value, 0.0), 1.0)
