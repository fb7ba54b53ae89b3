"""Two tiers: the hardest requests go to the strong models, and just as many as wanted."""

import random
from collections.abc import Sequence
from time import time
from typing import Annotated

import numpy as np
from annotated_types import Ge, Le, MinLen

from wrp_proxy.routers.prior import prior_quality
from wrp_proxy.signals import Parts, Signal
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

_LOWEST, _HIGHEST, _BINS = -1.0, 2.0, 300
"""Of difficulties: a gap of -1 to 1, and a complexity of 0 to 1."""
_DISCOUNT = 0.999
"""The last thousand requests, about, say what is difficult."""
_CORRECTION = 0.02
"""By how much the share is moved for each request that the strong models had too few."""


class StrongShare:
    """Send `share` of requests, those above a running quantile of difficulty, to `strong` models.

    Difficulty is how much better the best strong model is expected to be than the best weak one,
    by what is said of their quality in the categories of the request, plus its complexity. (The
    threshold for a share of strong calls is RouteLLM's, arXiv 2406.18665, section 4; there it is
    calibrated beforehand, here by a histogram.) Requests as difficult as the threshold are drawn.
    Within a tier the order of the route holds.
    """

    name = "strong_share"
    signals: frozenset[Signal] = frozenset({"category", "complexity"})

    def __init__(
        self,
        strong: Annotated[list[str], MinLen(1)],
        share: Annotated[float, Ge(0), Le(1)] = 0.3,
        seed: int | None = None,
        clock: Clock = time,
    ) -> None:
        """`strong`: names of models; all others are weak."""
        self._strong = frozenset(strong)
        self._share = share
        self._random = random.Random(seed)  # noqa: S311 - a share of traffic, not a secret
        self._seen = Statistics("difficulties", discount=_DISCOUNT, clock=clock)
        """`histogram`: counts by difficulty; `share`: requests, and those that strong models had.
        """
        self.statistics: tuple[Statistics, ...] = (self._seen,)

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        strong = [model for model in candidates if model.name in self._strong]
        weak = [model for model in candidates if model.name not in self._strong]
        quality = {model.name: prior_quality(model, workload) for model in candidates}
        parts = {name: Parts(quality=value) for name, value in quality.items()}
        if not strong or not weak:
            only = "strong" if strong else "weak"
            reason = f"only {only} models are able"
            return Decision(ranking=tuple(candidates), router=self.name, reason=reason, parts=parts)
        gap = max(quality[m.name] for m in strong) - max(quality[m.name] for m in weak)
        difficulty = gap + (workload.complexity or 0.0)
        chance = self._chance(difficulty)
        is_hard = self._random.random() < chance
        word = "strong" if is_hard else "weak"
        return Decision(
            ranking=(*strong, *weak) if is_hard else (*weak, *strong),
            router=self.name,
            reason=f"difficulty {difficulty:.2f}: {word}, to keep a share of {self._share:g}",
            propensity=chance if is_hard else 1.0 - chance,
            scores={m.name: difficulty if m.name in self._strong else None for m in candidates},
            parts=parts,
        )

    def learn(self, outcome: Outcome) -> None:
        """Count a request at its first attempt; its difficulty is the score of strong models."""
        if outcome.score is not None or outcome.attempt != 1:
            return
        for name, difficulty in outcome.scores.items():
            if name in self._strong and difficulty is not None:
                counts = np.zeros(_BINS)
                counts[_bin(difficulty)] = 1.0
                self._seen.add("histogram", counts)
                self._seen.add("share", (1.0, float(outcome.model in self._strong)))
                return

    def _chance(self, difficulty: float) -> float:
        """Return how probably a request of this difficulty is to go to a strong model."""
        counts, sent = self._seen.get("histogram"), self._seen.get("share")
        if counts is None or sent is None or len(counts) != _BINS:
            return self._share
        own = _bin(difficulty)
        harder, alike = float(counts[own + 1 :].sum()), float(counts[own])
        lacking = self._share * float(sent[0]) - float(sent[1])
        share = min(max(self._share + _CORRECTION * lacking, 0.0), 1.0)
        left = share * float(counts.sum()) - harder
        return min(max(left / (alike or 1.0), 0.0), 1.0)


def _bin(difficulty: float) -> int:
    place = (difficulty - _LOWEST) / (_HIGHEST - _LOWEST) * _BINS
    return min(max(int(place), 0), _BINS - 1)
