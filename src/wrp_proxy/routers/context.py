"""What the learning strategies see of a workload: a short vector, in a space that has a name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from wrp_proxy.routers.prior import quality_by_price
from wrp_proxy.signals import CATEGORIES, Signal
from wrp_proxy.statistics import Vector
from wrp_proxy.types import Model, Workload

CONTEXT_SIGNALS: frozenset[Signal] = frozenset({"category", "complexity"})
_BINS = 3
BINS_AND_BIAS = _BINS + 1
"""Places of a context vector after those of the categories."""
_MAX_SPACES = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """What the places of a context vector stand for: categories, complexity bins, bias."""

    categories: tuple[str, ...]
    """In alphabetical order, whatever order a workload gives them in."""
    fingerprint: str
    """Of the categories; sums of another set must not be mixed in."""

    @property
    def dimensions(self) -> int:
        return len(self.categories) + BINS_AND_BIAS

    def key(self, name: str) -> str:
        """Return the key of statistics that this name has in this space."""
        return f"{self.fingerprint}|{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """One workload in its space."""

    space: Space
    vector: Vector = field(repr=False, compare=False)
    """Posterior over the categories, one-hot bin of the complexity (unknown: none), 1."""

    @property
    def posterior(self) -> Vector:
        """Chance of each category; adds up to 1."""
        return self.vector[: len(self.space.categories)]


class Contexts:
    """Reads workloads; the set of categories is whatever the classifier knows at the time."""

    def __init__(self) -> None:
        self._space = space_of(CATEGORIES)
        self._known: dict[tuple[str, ...], Space] = {}

    def of(self, workload: Workload, *, is_past: bool = False) -> Context:
        """Return the context; `is_past`: what it knows as categories may be out of date.

        Without probabilities the category counts as certain where it is one of those last seen,
        else nothing is known and all are equally probable.
        """
        space = self._space
        if workload.probabilities:
            space = self._space_of(tuple(workload.probabilities))
            if not is_past:
                self._space = space
        vector = np.zeros(space.dimensions)
        count = len(space.categories)
        vector[:count] = _posterior(workload, space)
        if workload.complexity is not None:
            vector[count + complexity_bin(workload.complexity)] = 1.0
        vector[-1] = 1.0
        return Context(space=space, vector=vector)

    def _space_of(self, names: tuple[str, ...]) -> Space:
        space = self._known.get(names)
        if space is None:
            if len(self._known) >= _MAX_SPACES:
                self._known.clear()
            space = self._known[names] = space_of(names)
        return space


class Priors:
    """Prior qualities of candidates; their vectors are kept while the candidates stay the same."""

    def __init__(self) -> None:
        self._space: Space | None = None
        self._candidates: list[Model] = []
        self._vectors = np.zeros((0, 0))

    def of(self, context: Context, candidates: Sequence[Model]) -> Vector:
        """Return the prior quality of each candidate in this context."""
        quality: Vector = self.vectors(context.space, candidates) @ context.vector
        return quality

    def vectors(self, space: Space, candidates: Sequence[Model]) -> Vector:
        """Return (candidates, dimensions), see `prior_vector`."""
        if self._space != space or self._candidates != list(candidates):
            self._space, self._candidates = space, list(candidates)
            self._vectors = np.array([prior_vector(model, space) for model in candidates])
        return self._vectors


def space_of(names: tuple[str, ...]) -> Space:
    categories = tuple(sorted(names))
    fingerprint = f"{crc32(chr(0).join(categories).encode()):08x}"
    return Space(categories=categories, fingerprint=fingerprint)


def prior_vector(model: Model, space: Space) -> Vector:
    """Return v with v.x the prior quality in the context x, as `prior_quality` has it."""
    v = np.zeros(space.dimensions)
    quality = model.quality
    if not quality:
        v[-1] = quality_by_price(model.price)
        return v
    default = quality.get("default", sum(quality.values()) / len(quality))
    v[: len(space.categories)] = [quality.get(name, default) for name in space.categories]
    return v


def complexity_bin(complexity: float) -> int:
    """Return 0 (plain) to 2 (hard)."""
    return min(max(int(complexity * _BINS), 0), _BINS - 1)


def _posterior(workload: Workload, space: Space) -> list[float]:
    given: Mapping[str, float] = workload.probabilities or {workload.category: 1.0}
    chances = [given.get(name, 0.0) for name in space.categories]
    total = sum(chances)
    if total > 0:
        return [chance / total for chance in chances]
    return [1 / len(chances)] * len(chances)
