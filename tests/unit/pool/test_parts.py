"""Short requests go to short endpoints, long ones to long ones, unless these are too busy."""

from collections.abc import Sequence
from random import Random

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, workload
from wrp_proxy.errors import NoEndpointError, PoolFullError
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pooling import TokenBudget
from wrp_proxy.types import Model

SHORT = endpoint("s", label="short", context_window=8192, max_concurrency=4)
LONG = endpoint("l", label="long", context_window=65_536, max_concurrency=4)
CUT = model("cut", SHORT, LONG, budget=TokenBudget(boundary_tokens=4096, spillover=0.5))

pytestmark = pytest.mark.anyio


@pytest.fixture
def pool() -> LocalPool:
    return LocalPool(clock=Clock(), random=Random(0))  # noqa: S311 - reproducible, not secret


async def lease(pool: LocalPool, tokens: int, asked: Model = CUT) -> LocalLease:
    """Take a slot for a request that needs so many tokens in all."""
    return await pool.lease(asked, Demand(workload(input_tokens=tokens, max_output_tokens=0)))


async def chosen(pool: LocalPool, tokens: Sequence[int], asked: Model = CUT) -> str:
    """Say where requests go that stay in flight, one letter each."""
    leases = [await lease(pool, total - 50, asked) for total in tokens]
    return "".join(one.endpoint.model for one in leases)


async def test_the_boundary_parts_short_from_long(pool: LocalPool) -> None:
    assert await chosen(pool, [4096, 4097, 60_000]) == "sll"


async def test_from_the_threshold_on_a_part_spills_over(pool: LocalPool) -> None:
    assert await chosen(pool, [100] * 5) == "sslls"


async def test_a_part_that_is_past_the_threshold_itself_gets_nothing(pool: LocalPool) -> None:
    assert await chosen(pool, [5000, 5000, 100, 100, 100, 100]) == "llssss"


async def test_a_full_part_spills_over_whatever_the_threshold(pool: LocalPool) -> None:
    strict = model("strict", SHORT, LONG, budget=TokenBudget(boundary_tokens=4096, spillover=1))

    assert await chosen(pool, [100] * 8, strict) == "ssssllll"


async def test_a_window_that_does_not_fit_is_never_taken(pool: LocalPool) -> None:
    assert await chosen(pool, [60_000] * 4) == "llll"
    with pytest.raises(PoolFullError):
        await lease(pool, 60_000)
    with pytest.raises(NoEndpointError, match="left to try"):
        await lease(pool, 70_000)


async def test_an_endpoint_without_a_part_belongs_to_both(pool: LocalPool) -> None:
    either = endpoint("e", max_concurrency=None)
    mixed = model("mixed", either, LONG, budget=TokenBudget(boundary_tokens=4096))

    assert await chosen(pool, [100, 100], mixed) == "ee"
    assert set(await chosen(pool, [5000] * 6, mixed)) == {"e", "l"}


async def test_a_short_request_is_long_if_its_window_says_so(pool: LocalPool) -> None:
    tiny = endpoint("t", label="short", context_window=1000)
    asked = model("tiny", tiny, LONG, budget=TokenBudget(boundary_tokens=4096))

    assert await chosen(pool, [900, 2000], asked) == "tl"
