"""What the cache is doing, in figures: for `GET /v1/cache/stats` and for the metrics."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from wrp_proxy.cache.base import Embedder, Store
from wrp_proxy.cache.labels import Labels
from wrp_proxy.cache.tally import Tally

Row = tuple[str, str, float, Mapping[str, str], bool]
"""Name, meaning, value, labels, and whether it only grows."""


@dataclass(frozen=True, slots=True)
class Report:
    """Reads what the parts of the cache count; every read is cheap."""

    store: Store
    embedder: Embedder
    labels: Labels
    tally: Tally
    in_flight: Callable[[], Mapping[str, int]]
    """How many answers are under way, and for how many requests."""

    def stats(self) -> dict[str, Any]:
        """Return all figures, as JSON knows them."""
        return {
            "store": asdict(self.store.status()),
            "embedder": {"fingerprint": self.embedder.fingerprint} | dict(self.embedder.counts()),
            "answers": {
                "by_tier": self.tally.by_tier(),
                "by_route": self.tally.by(0),
                "by_category": self.tally.by(1),
                "by_partition": self.tally.partitions(),
            },
            "reasons": dict(self.tally.reasons),
            "saved_usd": self.tally.saved_usd,
            "in_flight": dict(self.in_flight()),
            "false_hits": [
                {"route": route, "category": category} | asdict(bound)
                for (route, category), bound in self.labels.bounds().items()
            ],
            "judge": dict(self.labels.counts()),
        }

    def state(self) -> dict[str, str]:
        """Say in a word how the store is, for the health check."""
        status = self.store.status()
        return {"state": status.state, "detail": status.detail}

    def rows(self) -> Iterator[Row]:
        """Yield figures for Prometheus, with few labels."""
        yield from self._of_store()
        for (route, category, status), count in self.tally.answers.items():
            labels = {"route": route, "category": category, "status": status}
            yield "wrp_cache_lookups", "Look-ups by outcome", count, labels, True
        flights = self.in_flight()
        about = "Requests that joined another's answer"
        yield "wrp_cache_shared", about, flights["followers"], {}, True
        for what, count in self.embedder.counts().items():
            yield "wrp_cache_embeddings", "Texts by outcome", count, {"outcome": what}, True
        for (route, category), bound in self.labels.bounds().items():
            labels = {"route": route, "category": category}
            about = "Upper limit of the share of wrong semantic hits"
            yield "wrp_cache_false_hit_bound", about, bound.upper, labels, False
            yield "wrp_cache_audited", "Audited hits counted in it", bound.audited, labels, False
            about = "What audits add to the threshold"
            yield "wrp_cache_threshold_raised", about, bound.raised, labels, False
        for what, figure in self.labels.counts().items():
            yield "wrp_cache_judge", "What the judge did", figure, {"what": what}, False

    def _of_store(self) -> Iterator[Row]:
        status = self.store.status()
        is_ok = float(status.state == "ok")
        yield "wrp_cache_store_ok", "1 while the store can be reached", is_ok, {}, False
        yield "wrp_cache_entries", "Entries held", status.entries, {}, False
        yield "wrp_cache_payload_bytes", "Bytes of answers held", status.payload_bytes, {}, False
        yield "wrp_cache_vectors", "Vectors held", status.vectors, {}, False
        yield "wrp_cache_evicted", "Entries that made room", status.evicted, {}, True
        yield "wrp_cache_waiting_writes", "Writes in line", status.waiting_writes, {}, False
        yield "wrp_cache_lost_writes", "Writes given up", status.lost_writes, {}, True
