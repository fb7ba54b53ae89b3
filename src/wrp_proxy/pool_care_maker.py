"""Makes what looks after the pool: the operator's view, probes, and the exchange with replicas."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from random import Random
from time import monotonic, time
from typing import TYPE_CHECKING

from fastapi import APIRouter

from wrp_proxy.accounting.figures import Row
from wrp_proxy.api.pools import pools_api
from wrp_proxy.lifespan import Work
from wrp_proxy.pool.overseer import PoolOverseer
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.report import rows
from wrp_proxy.pool_probing import PoolProbes
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.upstream import Call, Upstream
from wrp_proxy.settings.cache import RedisSettings
from wrp_proxy.settings.schema import ProviderSettings, Settings
from wrp_proxy.types import Model

if TYPE_CHECKING:
    from wrp_proxy.pool_sharing import PoolSharing


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolCare:
    """What the composition root has to run, to show and to close."""

    api: APIRouter
    opening: Sequence[Work]
    background: Sequence[Work]
    closing: Sequence[Work]
    rows: Callable[[], Iterable[Row]]


def make_pool_care(
    settings: Settings,
    pool: LocalPool,
    models: Callable[[], Iterable[Model]],
    providers: Mapping[str, Provider],
    upstream: Upstream,
) -> PoolCare:
    """`models` are those that clients see; replicas meet in the Redis of the cache."""
    overseer = PoolOverseer(pool, models, clock=monotonic)
    probes = PoolProbes(
        _listings(settings, providers),
        upstream,
        overseer,
        interval_s=settings.resilience.probe_interval_s,
        clock=monotonic,
        random=Random(),  # noqa: S311 - spreads waiting times
    )
    redis = settings.cache.redis
    if redis is None:
        return PoolCare(
            api=pools_api(overseer, is_kept=False),
            opening=(),
            background=(probes.run,),
            closing=(),
            rows=lambda: rows(pool.keys(), None),
        )
    sharing = _sharing(redis, overseer, settings.providers)
    return PoolCare(
        api=pools_api(overseer, is_kept=True),
        opening=(sharing.load,),
        background=(probes.run, sharing.run),
        closing=(sharing.close,),
        rows=lambda: rows(pool.keys(), sharing.status),
    )


def _listings(settings: Settings, providers: Mapping[str, Provider]) -> dict[str, Call]:
    """Return the calls that ask for models; LiteLLM's vendors cannot be asked."""
    return {
        name: listing
        for name, given in settings.providers.items()
        if given.type != "litellm" and (listing := providers[name].listing()) is not None
    }


def _sharing(
    redis: RedisSettings, overseer: PoolOverseer, providers: Mapping[str, ProviderSettings]
) -> "PoolSharing":
    from wrp_proxy.cache.stores.redis_link import RedisLink
    from wrp_proxy.pool_sharing import PoolSharing

    return PoolSharing(
        RedisLink(redis.meeting_url, cluster=redis.cluster),
        redis.prefix,
        overseer,
        identities={name: _identity(given) for name, given in providers.items()},
        clocks=(monotonic, time),
        random=Random(),  # noqa: S311 - spreads waiting times
    )


def _identity(settings: ProviderSettings) -> str:
    """Tell one key from another of the same provider's name, as while it is being exchanged."""
    secret = settings.api_key.get_secret_value() if settings.api_key else ""
    return sha256(f"{settings.base_url}\0{secret}".encode()).hexdigest()[:16]
