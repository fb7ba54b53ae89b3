"""Which Redis, and how long to wait for it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class RedisOptions:
    """What a RedisStore is told of its Redis."""

    url: str = field(repr=False)
    """`redis://`, `rediss://` or `unix://`, as redis-py reads it; it may hold a password."""
    cluster: bool = False
    prefix: str = "wrp"
    timeout_s: float = 0.02
    """How long a request waits for a payload."""
    local_bytes: int = 64 * 1024 * 1024
    """Of payloads that are kept here for the time when Redis is away."""
    max_writes: int = 10_000
    """Entries that may wait to be written."""
    max_write_bytes: int = 64 * 1024 * 1024
    log_length: int = 100_000
    """Changes that a replica may miss before it reads all entries anew."""
