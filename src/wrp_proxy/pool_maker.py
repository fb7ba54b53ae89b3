"""Makes the pool, and what tries its endpoints, of what is configured."""

from random import Random
from time import monotonic

from wrp_proxy.attempting import Attempts
from wrp_proxy.fail_over import FailOver
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.settings.pools import ResilienceSettings

_RETRIES_PER_S = 10.0
"""Little traffic may always be tried again."""


def make_pool(settings: ResilienceSettings) -> LocalPool:
    rules = BreakerRules(
        cooldown_s=settings.cooldown_s,
        max_cooldown_s=settings.max_cooldown_s,
        window_s=settings.failure_window_s,
        failures=settings.failures,
        failure_share=settings.failure_share,
    )
    random = Random()  # noqa: S311 - spreads load and waiting times
    return LocalPool(rules, longest_line=settings.max_queue, clock=monotonic, random=random)


def make_fail_over(settings: ResilienceSettings, pool: LocalPool, attempts: Attempts) -> FailOver:
    retries = TrafficBudget(
        settings.retry_share, settings.retry_reserve, per_s=_RETRIES_PER_S, clock=monotonic
    )
    return FailOver(
        pool=pool,
        attempts=attempts,
        retries=retries,
        max_attempts=settings.max_attempts,
        max_wait_s=settings.max_wait_s,
    )
