"""Ridge regressions of the score on the context, one per model, with their inverses at hand."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from wrp_proxy.routers.context import Context, Space, prior_vector
from wrp_proxy.routers.rows import fade
from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Model

_TOLERANCE = 0.01
"""The relative change of the sums from which an inverse is made anew."""
_CHECKS_PER_HALF_LIFE = 200.0
_MAX_ARMS = 500


class Prediction(NamedTuple):
    """Of all candidates, in their order."""

    means: Vector
    deviations: Vector
    """sqrt(x' A^-1 x)."""


class Ridge:
    """Predicts theta.x, theta = A^-1 (b + v), A = I + sum of w x x', b = sum of w r x.

    v is the model's prior, linear in x, so that a model without observations is at its prior. The
    statistics hold the upper triangle of A - I, and b. Inverses follow each score (Sherman and
    Morrison, 1950); they are made anew where the sums have moved otherwise, by fading or merging.
    """

    def __init__(self, sources: Sequence[Statistics], clock: Clock) -> None:
        """`sources` are added up; scores go to the first."""
        self._sources = tuple(sources)
        self._clock = clock
        self._arms: _Arms | None = None
        self._epoch = 0
        self._versions: list[int] = []
        self._due = 0.0

    def predict(self, context: Context, candidates: Sequence[Model]) -> Prediction:
        arms = self._arms_of(context.space)
        self._notice_changes()
        places = [self._place(arms, model) for model in candidates]
        spread = arms.inverse[places] @ context.vector
        variances = np.maximum(spread @ context.vector, 0.0)
        return Prediction(arms.theta[places] @ context.vector, np.sqrt(variances))

    def add(self, context: Context, name: str, weight: float, reward: float) -> None:
        """Add a score, or correct one (weight 0)."""
        self._notice_changes()
        x = context.vector
        added = sums_of(x, weight, reward)
        self._sources[0].add(context.space.key(name), added, discounts=weight > 0)
        arms = self._arms
        if arms is not None and arms.space == context.space and name in arms.places:
            arms.follow(arms.places[name], x, weight, reward, added)
        self._versions = self._current()

    def fade_rest(self, context: Context, name: str) -> None:
        """Let all that a score of this model has not made older grow old by one observation."""
        arms = self._arms
        if arms is None or arms.space != context.space:
            return
        keys = {other: context.space.key(other) for other in arms.places}
        fade(self._sources[0], [key for other, key in keys.items() if other != name])
        for source in self._sources[1:]:
            fade(source, keys.values())
        for other, place in arms.places.items():
            self._renew(arms, place, other)
        self._versions = self._current()

    def _arms_of(self, space: Space) -> "_Arms":
        arms = self._arms
        if arms is None or arms.space != space or len(arms.places) > _MAX_ARMS:
            arms = self._arms = _Arms(space)
        return arms

    def _place(self, arms: "_Arms", model: Model) -> int:
        place = arms.places.get(model.name)
        if place is None:
            place = arms.open(model.name)
        if arms.models[place] is not model:
            arms.models[place] = model
            arms.prior[place] = prior_vector(model, arms.space)
            arms.make(place, self._sums(arms.space, model.name))
            arms.epochs[place] = self._epoch
        elif arms.epochs[place] != self._epoch:
            self._renew(arms, place, model.name)
        return place

    def _renew(self, arms: "_Arms", place: int, name: str) -> None:
        """Make the inverse anew if the sums are no longer those that it was made of."""
        sums = self._sums(arms.space, name)
        known = arms.sums[place]
        if np.abs(sums - known).max() > _TOLERANCE * (1.0 + arms.count(sums)):
            arms.make(place, sums)
        arms.epochs[place] = self._epoch

    def _sums(self, space: Space, name: str) -> Vector:
        total = np.zeros(_length(space))
        for source in self._sources:
            sums = source.get(space.key(name))
            if sums is not None and len(sums) == len(total):
                total += sums
        return total

    def _notice_changes(self) -> None:
        """Begin an epoch, in which all sums are looked at, after foreign changes or much time."""
        half_life_s = self._sources[0].half_life_s
        is_due = half_life_s is not None and self._clock() >= self._due
        if is_due or self._versions != self._current():
            self._epoch += 1
            self._versions = self._current()
            self._due = self._clock() + (half_life_s or 0.0) / _CHECKS_PER_HALF_LIFE

    def _current(self) -> list[int]:
        return [source.version for source in self._sources]


class _Arms:
    """What is computed from the sums, in arrays over all models of one space."""

    def __init__(self, space: Space) -> None:
        size = space.dimensions
        self.space = space
        self.places: dict[str, int] = {}
        self.models: list[Model | None] = []
        self.epochs: list[int] = []
        self.inverse = np.zeros((0, size, size))
        self.theta = np.zeros((0, size))
        self.prior = np.zeros((0, size))
        self.sums = np.zeros((0, _length(space)))
        self._upper = np.triu_indices(size)

    def open(self, name: str) -> int:
        place = self.places[name] = len(self.models)
        self.models.append(None)
        self.epochs.append(-1)
        if place == len(self.theta):
            for array in ("inverse", "theta", "prior", "sums"):
                known = getattr(self, array)
                more = np.zeros((max(len(known), 16), *known.shape[1:]))
                setattr(self, array, np.concatenate((known, more)))
        return place

    def count(self, sums: Vector) -> float:
        """Return the weight of all observations: the square of the bias, summed."""
        return abs(float(sums[len(self._upper[0]) - 1]))

    def make(self, place: int, sums: Vector) -> None:
        size = self.space.dimensions
        matrix = np.zeros((size, size))
        matrix[self._upper] = sums[:-size]
        matrix += np.triu(matrix, 1).T + np.eye(size)
        try:
            self.inverse[place] = np.linalg.inv(matrix)
        except np.linalg.LinAlgError:  # only sums from elsewhere can be like that
            self.inverse[place] = np.eye(size)
        self.sums[place] = sums
        self._solve(place)

    def follow(self, place: int, x: Vector, weight: float, reward: float, added: Vector) -> None:
        """Add one observation to what is computed."""
        inverse = self.inverse[place]
        spread = inverse @ x
        inverse -= np.outer(spread, spread) * (weight / (1.0 + weight * float(x @ spread)))
        self.sums[place] += added
        self._solve(place)

    def _solve(self, place: int) -> None:
        target = self.sums[place, -self.space.dimensions :] + self.prior[place]
        self.theta[place] = self.inverse[place] @ target


def sums_of(x: Vector, weight: float, reward: float) -> Vector:
    """Return what an observation adds: the upper triangle of w x x', and the reward times x."""
    upper = np.triu_indices(len(x))
    return np.concatenate((weight * np.outer(x, x)[upper], reward * x))


def sums_of_all(rows: Vector, rewards: Vector) -> Vector:
    """Return what all observations add, each of weight 1; a row each."""
    upper = np.triu_indices(rows.shape[1])
    return np.concatenate(((rows.T @ rows)[upper], rewards @ rows))


def _length(space: Space) -> int:
    size = space.dimensions
    return size * (size + 1) // 2 + size
