"""What a strategy has learnt: named vectors of sums that fade, and that replicas can add up."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from time import time

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]
Clock = Callable[[], float]
"""Gives Unix seconds; a parameter of this type is never part of the configuration."""
MAX_KEYS = 10_000
"""Of one strategy; the one that was added to the longest ago makes room."""


@dataclass(slots=True)
class Sums:
    """One vector of sums."""

    values: Vector
    """Faded to `at`."""
    at: float
    """Unix seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What was added to one vector since the last exchange, for others to add to theirs."""

    key: str
    factor: float
    """Multiply what was there before by this: the product of all discounts."""
    added: Sequence[float]
    at: float
    """Unix seconds to which `added` is faded."""


class Statistics:
    """Sums by key, faded by time (half-life) and by each further observation (discount).

    Both kinds of fading are linear, so that the sums of several replicas are merged exactly but
    for the order of their discounts: `total * factor + added` (`changes`, then `merge`).
    Everything that is learnt must be written as such sums, also what is not a mean: increments of
    weights (policy gradients) or of ratings (Elo), counts of a histogram (quantiles).
    """

    def __init__(
        self,
        name: str,
        *,
        half_life_s: float | None = None,
        discount: float = 1.0,
        clock: Clock = time,
    ) -> None:
        """`name` tells apart the statistics of one router; `discount` is per `add` to a key."""
        self.name = name
        self.version = 0
        """Grows with every change; for whoever keeps something computed from the sums."""
        self._half_life_s = half_life_s
        self._discount = discount
        self._clock = clock
        self._sums: dict[str, Sums] = {}
        self._changes: dict[str, tuple[float, Sums]] = {}

    @property
    def half_life_s(self) -> float | None:
        return self._half_life_s

    def under(self, prefix: str) -> "Statistics":
        """Let it be known as part of a wrapper."""
        self.name = f"{prefix}.{self.name}"
        return self

    def get(self, key: str) -> Vector | None:
        """Return the sums of a key as of now, not to be changed; None: there are none."""
        sums = self._sums.get(key)
        if sums is None:
            return None
        fading = self._fading(sums.at, self._clock()) if self._half_life_s else 1.0
        return sums.values if fading == 1.0 else sums.values * fading

    def keys(self) -> Iterable[str]:
        return self._sums.keys()

    def add(self, key: str, values: Sequence[float] | Vector, *, discounts: bool = True) -> None:
        """Add to the sums of a key, which fade first; `discounts` False: by time only."""
        added = np.asarray(values, np.float64)
        discount = self._discount if discounts else 1.0
        now = self._clock()
        self._add_to(self._sums, key, added, discount, now)
        factor, own = self._changes.get(key) or (1.0, Sums(np.zeros_like(added), now))
        if len(own.values) != len(added):
            factor, own = 0.0, Sums(np.zeros_like(added), now)
        own.values = own.values * (self._fading(own.at, now) * discount) + added
        own.at = now
        self._changes[key] = (factor * discount, own)
        self.version += 1
        self._bound()

    def changes(self) -> list[Change]:
        """Return what was added since the last call."""
        changes = [
            Change(key=key, factor=factor, added=sums.values.tolist(), at=sums.at)
            for key, (factor, sums) in self._changes.items()
        ]
        self._changes.clear()
        return changes

    def take_back(self, changes: Iterable[Change]) -> None:
        """Keep changes that could not be handed over for the next time."""
        for change in changes:
            factor, sums = self._changes.get(change.key) or (
                1.0,
                Sums(np.zeros(len(change.added)), change.at),
            )
            if change.key not in self._sums or len(sums.values) != len(change.added):
                continue
            earlier = np.asarray(change.added) * self._fading(change.at, sums.at)
            sums.values = sums.values + earlier * factor
            self._changes[change.key] = (change.factor * factor, sums)

    def replace(self, totals: Mapping[str, tuple[Sequence[float], float]]) -> None:
        """Let these be the sums, with what was added since `changes` on top of them.

        `totals`: key -> (values, Unix seconds to which they are faded). Keys that are not in it
        stay. What is not finite, or of another length than what is here, is not taken over.
        """
        for key, (values, at) in totals.items():
            total = np.asarray(values, np.float64)
            known = self._sums.get(key)
            if total.ndim != 1 or not np.isfinite(total).all() or not isfinite(at):
                continue
            if known and len(known.values) != len(total):
                continue
            pending = self._changes.get(key)
            if pending is not None and len(pending[1].values) == len(total):
                factor, own = pending
                latest = max(at, own.at)
                added = own.values * self._fading(own.at, latest)
                total = total * (self._fading(at, latest) * factor) + added
                at = latest
            self._sums[key] = Sums(total, at)
        self.version += 1
        self._bound()

    def dump(self) -> dict[str, tuple[list[float], float]]:
        """Return all sums, in the form that `replace` takes."""
        return {key: (sums.values.tolist(), sums.at) for key, sums in self._sums.items()}

    def clear(self) -> None:
        """Forget everything, here."""
        self._sums.clear()
        self._changes.clear()
        self.version += 1

    def _add_to(
        self, sums: dict[str, Sums], key: str, added: Vector, discount: float, now: float
    ) -> None:
        known = sums.pop(key, None)  # put back at the end: the order is that of the last addition
        if known is not None and len(known.values) == len(added):
            added = known.values * (self._fading(known.at, now) * discount) + added
        sums[key] = Sums(added, now)

    def _fading(self, since: float, now: float) -> float:
        if self._half_life_s is None or now <= since:
            return 1.0
        return float(0.5 ** ((now - since) / self._half_life_s))

    def _bound(self) -> None:
        while len(self._sums) > MAX_KEYS:
            oldest = next(iter(self._sums))
            del self._sums[oldest]
            self._changes.pop(oldest, None)
