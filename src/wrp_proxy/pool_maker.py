"""Makes the pool, and what tries its endpoints, of what is configured."""

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from time import monotonic

from wrp_proxy.accounting.base import Recorder
from wrp_proxy.attempt import TimeLimits
from wrp_proxy.attempting import Attempts, Learner
from wrp_proxy.fail_over import FailOver
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.providers.base import Provider
from wrp_proxy.providers.upstream import Upstream
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


def make_fail_over(
    settings: ResilienceSettings,
    pool: LocalPool,
    *,
    providers: Mapping[str, Provider],
    upstream: Upstream,
    recorder: Recorder,
    learners: Sequence[Learner],
) -> FailOver:
    attempts = Attempts(
        providers=providers,
        upstream=upstream,
        recorder=recorder,
        learners=learners,
        limits=TimeLimits(
            first_content_s=settings.first_content_timeout_s,
            stall_s=settings.stall_timeout_s,
            answer_s=settings.answer_timeout_s or 10 * settings.first_content_timeout_s,
        ),
    )
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


def live(pool: LocalPool) -> Iterable[tuple[str, int, bool]]:
    """Sum what stands under one endpoint name: what is in flight, and whether it is out."""
    seen: dict[str, tuple[int, bool]] = {}
    for state in pool.states():
        requests, is_out = seen.get(state.endpoint.name, (0, False))
        seen[state.endpoint.name] = (requests + state.in_flight, is_out or pool.is_out(state))
    return [(name, requests, is_out) for name, (requests, is_out) in seen.items()]
