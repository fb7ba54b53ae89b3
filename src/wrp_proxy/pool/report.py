"""Figures of keys and of what replicas share, for Prometheus."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from wrp_proxy.pool.state import KeyState

Row = tuple[str, str, float, Mapping[str, str], bool]
"""Name, meaning, value, labels, whether it only grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolSharingStatus:
    """How the exchange with other replicas goes."""

    trouble: str = ""
    """Why it does not work now, in words."""
    exchanged_at: float | None = None
    """Unix seconds."""
    failures: int = 0
    damaged: int = 0
    """Values in Redis that cannot be read."""
    replicas: int = 0
    """Others that are heard of."""


def rows(keys: Iterable[KeyState], sharing: PoolSharingStatus | None) -> Iterator[Row]:
    """Without a Redis there is nothing to tell of `sharing`."""
    for key in keys:
        about = "Whether the upstream has refused the key"
        labels = {"provider": key.provider}
        yield "wrp_key_refused", about, float(key.killed_at is not None), labels, False
    if sharing is None:
        return
    if sharing.exchanged_at is not None:
        about = "Unix time of the last exchange of the pools' state"
        yield "wrp_pool_sharing_success_seconds", about, sharing.exchanged_at, {}, False
    about = "Failures to exchange the pools' state"
    yield "wrp_pool_sharing_failures", about, sharing.failures, {}, True
    about = "Values of the pools' state in Redis that cannot be read"
    yield "wrp_pool_sharing_damaged", about, sharing.damaged, {}, False
    about = "Other replicas that are heard of"
    yield "wrp_pool_replicas", about, sharing.replicas, {}, False
