"""Makes what keeps and shares all that is learnt."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from random import Random
from time import time

from wrp_proxy.catalog import Route
from wrp_proxy.learning.base import Sharing, named
from wrp_proxy.learning.store import FILE, LearningStore
from wrp_proxy.settings.cache import RedisSettings
from wrp_proxy.statistics import Statistics


def make_learning(
    redis: RedisSettings | None,
    state_dir: Path,
    routes: Iterable[Route],
    others: Mapping[str, Iterable[Statistics]],
) -> LearningStore:
    """Keep it in the state directory; replicas share it through the Redis of the cache.

    `others`: what is learnt by others than the strategies of routes, by their names.
    """
    # Another strategy may have other sums under the same name.
    of_routes = {f"{one.name}/{one.router.name}": one.router.statistics for one in routes}
    statistics = named({**of_routes, **others})
    sharing = _sharing(redis, statistics) if redis is not None else None
    return LearningStore(state_dir / FILE, statistics, sharing)


def _sharing(redis: RedisSettings, statistics: Mapping[str, Statistics]) -> Sharing:
    from wrp_proxy.cache.stores.redis_link import RedisLink
    from wrp_proxy.learning.sharing import RedisSharing

    link = RedisLink(redis.meeting_url, cluster=redis.cluster)
    return RedisSharing(link, redis.prefix, statistics, clock=time, random=Random())  # noqa: S311 - spreads waiting times
