"""What tries endpoints, before one fake upstream."""

import time
from random import Random

from wrp_proxy.accounting.base import Recorder
from wrp_proxy.attempt import TimeLimits
from wrp_proxy.attempting import Attempts
from wrp_proxy.fail_over import FailOver
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.budget import TrafficBudget
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.providers.openai import OpenAIProvider
from wrp_proxy.providers.upstream import Upstream
from wrp_proxy.workload.base import Classifier


def lasting_pool() -> LocalPool:
    """A pool that takes nothing out of service."""
    return LocalPool(BreakerRules(cooldown_s=0), clock=time.monotonic, random=Random(0))  # noqa: S311 - the same in every run


def fail_over_to(
    url: str, upstream: Upstream, recorder: Recorder, classifier: Classifier
) -> FailOver:
    return FailOver(
        pool=lasting_pool(),
        attempts=Attempts(
            providers={"lab": OpenAIProvider(base_url=url, api_key=None)},
            upstream=upstream,
            recorder=recorder,
            learners=[classifier],
            limits=TimeLimits(first_content_s=10, stall_s=10, answer_s=10),
        ),
        retries=TrafficBudget(0.2, 100, clock=time.monotonic),
        max_attempts=3,
        max_wait_s=10,
    )
