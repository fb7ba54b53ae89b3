"""Where a pool is cut into short and long, and where it should be.

The boundary is right where both parts are equally busy: where the seconds that requests below it
take of the slots are shared like the slots themselves (boundary rebalancing, arXiv 2603.21354,
opportunity 11). It moves with the lengths of the last hours, and with hysteresis.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, log2

import numpy as np

from wrp_proxy.statistics import Clock, Statistics, Vector
from wrp_proxy.types import Model, Outcome

SHORT, LONG = "short", "long"
_PER_OCTAVE = 4
_OCTAVES = 21
_BINS = _PER_OCTAVE * _OCTAVES
"""Of the length in tokens, up to two million."""
_HALF_LIFE_S = 3600.0
_PERIOD_S = 60.0
_ENOUGH = 200.0
"""Requests before anything is proposed."""
_LEAST_MOVE = 0.25
"""In octaves: less is not worth a move."""
_PATIENCE = 3
"""Periods in a row that must propose a move in the same direction."""
_LEAST_TOKENS = 256


@dataclass(slots=True, eq=False)
class _Cut:
    """The boundary of one model, as it is and as it was proposed."""

    tokens: int
    proposed: int | None = None
    direction: int = 0
    agreed: int = 0
    """Periods in a row that proposed to move in this direction."""
    is_settled: bool = False
    """Something was proposed before; the first proposal needs no patience."""
    looked_at: float = 0.0


class Boundaries:
    """Knows the boundary of each model that has endpoints labelled `short` and `long`.

    Lengths are kept as fading sums, requests and seconds of service per length, so that they
    outlive a restart, and replicas reckon with those of all.
    """

    def __init__(self, clock: Callable[[], float], statistics_clock: Clock) -> None:
        """`clock` gives monotonic seconds, the other one Unix seconds."""
        self._clock = clock
        self._lengths = Statistics("lengths", half_life_s=_HALF_LIFE_S, clock=statistics_clock)
        self.statistics: tuple[Statistics, ...] = (self._lengths,)
        """Model -> requests by length, then seconds of service by length."""
        self._cuts: dict[str, _Cut] = {}

    def of(self, model: Model) -> int:
        """Return the boundary in tokens, looking every minute whether it should move."""
        cut = self._cuts.get(model.name)
        if cut is None:
            cut = self._cuts[model.name] = _Cut(model.budget.boundary_tokens)
        now = self._clock()
        if now - cut.looked_at >= _PERIOD_S and model.budget.rebalance != "off":
            cut.looked_at = now
            self._look(model, cut)
        return cut.tokens

    def proposed(self, model: Model) -> int | None:
        """Return what the boundary should be; None: too little is known."""
        cut = self._cuts.get(model.name)
        return cut.proposed if cut else None

    def move(self, model: Model, tokens: int) -> None:
        """Set the boundary, as an operator wants it."""
        cut = self._cuts.setdefault(model.name, _Cut(tokens))
        cut.tokens, cut.agreed = tokens, 0

    def learn(self, outcome: Outcome) -> None:
        """Take note of an answer of a model that is cut."""
        if outcome.finish != "complete" or outcome.score or outcome.model not in self._cuts:
            return
        sums = np.zeros(2 * _BINS)
        place = _bin(outcome.workload.total_tokens)
        sums[place], sums[_BINS + place] = 1.0, outcome.duration_s
        self._lengths.add(outcome.model, sums)

    def _look(self, model: Model, cut: _Cut) -> None:
        sums = self._lengths.get(model.name)
        cut.proposed = propose(model, sums) if sums is not None else None
        if cut.proposed is None:
            return
        moved = log2(cut.proposed / cut.tokens)
        direction = 0 if abs(moved) < _LEAST_MOVE else (1 if moved > 0 else -1)
        cut.agreed = cut.agreed + 1 if direction == cut.direction else 1
        cut.direction = direction
        is_sure = cut.agreed >= _PATIENCE or not cut.is_settled
        cut.is_settled = True
        if direction and is_sure and model.budget.rebalance == "auto":
            cut.tokens, cut.agreed = cut.proposed, 0


def propose(model: Model, sums: Vector) -> int | None:
    """Return the boundary at which both parts are equally busy; None: too little is known.

    `sums`: requests by length, then seconds of service by length.
    """
    short, long = _slots(model, SHORT), _slots(model, LONG)
    requests, seconds = sums[:_BINS], sums[_BINS:]
    if requests.sum() < _ENOUGH or not short or not long or seconds.sum() <= 0:
        return None
    share = np.cumsum(seconds) / seconds.sum()
    place = int(np.argmin(np.abs(share - short / (short + long))))
    tokens = max(round(2 ** ((place + 1) / _PER_OCTAVE)), _LEAST_TOKENS)
    windows = [e.context_window for e in model.endpoints if e.label == SHORT and e.context_window]
    return min([tokens, *windows])


def _slots(model: Model, label: str) -> float:
    """Return the slots of a part; where none are configured, endpoints by their weight."""
    own = [endpoint for endpoint in model.endpoints if endpoint.label == label]
    if all(endpoint.max_concurrency for endpoint in own):
        return float(sum(endpoint.max_concurrency or 0 for endpoint in own))
    return sum(endpoint.weight for endpoint in own)


def _bin(tokens: int) -> int:
    """Return the place of a length; the bin of place n ends with 2 ** ((n + 1) / 4) tokens."""
    return min(max(ceil(_PER_OCTAVE * log2(max(tokens, 1))) - 1, 0), _BINS - 1)
