"""What a threshold would have done to pairs of questions that somebody has labelled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from wrp_proxy.cache.base import Verifier
from wrp_proxy.cache.bounds.wilson import wilson_lower, wilson_upper

THRESHOLDS = tuple(percent / 100 for percent in range(85, 100))


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Two questions, and whether the answer to one answers the other."""

    text_a: str
    text_b: str
    same: bool
    similarity: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """What is served from one threshold on."""

    threshold: float
    pairs: int
    same: int
    """Pairs that are the same, served or not."""
    served: int
    wrong: int
    """Served, and not the same."""

    @property
    def hit_rate(self) -> float:
        return self.served / self.pairs if self.pairs else 0.0

    @property
    def recall(self) -> float:
        """Return the share of what is the same that is served."""
        return (self.served - self.wrong) / self.same if self.same else 0.0

    @property
    def wrong_share(self) -> float:
        return self.wrong / self.served if self.served else 0.0

    @property
    def wrong_bounds(self) -> tuple[float, float]:
        """Return Wilson's limits of the wrong share; 0 and 1 where nothing is served."""
        return wilson_lower(self.wrong, self.served), wilson_upper(self.wrong, self.served)


def calibrate(
    pairs: Sequence[Pair], verifier: Verifier, thresholds: Iterable[float] = THRESHOLDS
) -> list[Served]:
    """Return one row per threshold, in the order given."""
    return [served(pairs, verifier, threshold) for threshold in thresholds]


def served(pairs: Sequence[Pair], verifier: Verifier, threshold: float) -> Served:
    near = [pair for pair in pairs if pair.similarity >= threshold]
    answered = [
        pair for pair in near if verifier.refuse(pair.text_a, pair.text_b, pair.similarity) is None
    ]
    return Served(
        threshold=threshold,
        pairs=len(pairs),
        same=sum(pair.same for pair in pairs),
        served=len(answered),
        wrong=sum(not pair.same for pair in answered),
    )


def suggested(rows: Iterable[Served], error_budget: float) -> Served | None:
    """Return the row that serves most and is surely within the budget; None: no row is."""
    within = [row for row in rows if row.served and row.wrong_bounds[1] <= error_budget]
    return max(within, key=lambda row: (row.served, row.threshold), default=None)
