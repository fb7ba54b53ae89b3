"""How much a store may hold, and who may have how much of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from wrp_proxy.cache.base import Entry

_ENTRY_BYTES = 1000
"""What an entry takes besides its payload and question, with its place in the index; measured."""
_VECTOR_BYTES = 768
"""384 dimensions in half precision."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreLimits:
    """Bounds of one store; with Redis they are those of all replicas together."""

    max_bytes: int = 256 * 1024 * 1024
    """Payloads, and what it takes to find them."""
    max_entries: int = 1_000_000
    quotas: Mapping[str, float] = field(default_factory=dict)
    """Category -> the share of `max_bytes` that it may have; others may have all."""
    tenant_share: float = 0.5
    """A scope with more than this share of the bytes makes room before all others."""
    writes_per_minute: int | None = None
    """Of one scope; None: as many as it likes."""
    max_notes: int = 100_000


def weight(entry: Entry) -> int:
    """Return the bytes that an entry is reckoned with."""
    vector_bytes = _VECTOR_BYTES if entry.fingerprint else 0
    return entry.size + len(entry.question) + _ENTRY_BYTES + vector_bytes
