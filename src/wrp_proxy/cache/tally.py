"""Counts of what the cache did, for metrics and `GET /v1/cache/stats`."""

from collections import Counter, OrderedDict
from collections.abc import Mapping
from typing import Any

from wrp_proxy.types import CacheStatus

_MAX_PARTITIONS = 10_000


class Tally:
    """Counted on the event loop; the least recently asked partitions are forgotten."""

    def __init__(self) -> None:
        self.answers: Counter[tuple[str, str, CacheStatus]] = Counter()
        """By route, category and status."""
        self.reasons: Counter[str] = Counter()
        """Why requests passed by, near entries were refused, and answers were not kept."""
        self.saved_usd = 0.0
        self._partitions: OrderedDict[bytes, Counter[str]] = OrderedDict()

    def count(self, route: str, category: str, status: CacheStatus, partition: bytes) -> None:
        self.answers[route, category, status] += 1
        if not partition:
            return
        counts = self._partitions.setdefault(partition, Counter())
        counts[status] += 1
        self._partitions.move_to_end(partition)
        if len(self._partitions) > _MAX_PARTITIONS:
            self._partitions.popitem(last=False)

    def partitions(self) -> Mapping[str, Mapping[str, int]]:
        return {name.hex(): dict(counts) for name, counts in self._partitions.items()}

    def by_tier(self) -> dict[str, int]:
        sums: Counter[str] = Counter()
        for (_, _, status), count in self.answers.items():
            sums[status] += count
        return dict(sums)

    def by(self, place: int) -> dict[str, dict[str, Any]]:
        """Sum by route (0) or category (1), and status."""
        sums: dict[str, Counter[str]] = {}
        for key, count in self.answers.items():
            sums.setdefault(key[place], Counter())[key[2]] += count
        return {name: dict(counts) for name, counts in sums.items()}
