"""Slots and rest: which endpoint may be asked, and when again."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

import pytest

from tests.unit.nouns import endpoint, model, outcome, workload
from tests.unit.pool.virtual_time import VirtualLoop, now
from wrp_proxy.errors import (
    AllLimitedError,
    AllRestingError,
    DisconnectedError,
    NoEndpointError,
    NotReadyError,
    PoolFullError,
    RateLimitedError,
    RejectedError,
    UnauthorisedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamTimeoutError,
)
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pooling import Balancing
from wrp_proxy.types import Endpoint, Model

A, B = endpoint("a", provider="one"), endpoint("b", provider="two")
TURNS = Balancing(name="round_robin")
PAIR = model("pair", A, B, balancing=TURNS)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualLoop}


def pool_of(rules: BreakerRules | None = None, **more: Any) -> LocalPool:
    return LocalPool(rules, clock=now, random=Random(0), **more)  # noqa: S311 - the same in every run


@pytest.fixture
def pool() -> LocalPool:
    return pool_of()


def wish(tried: Sequence[Endpoint] = (), **more: Any) -> Demand:
    return Demand(workload(**more), tried)


def finish(lease: LocalLease, error: UpstreamError | None = None) -> None:
    """End an attempt, by an answer or a failure."""
    with lease:
        how = "complete" if error is None else "failed"
        lease.settle(outcome(finish=how), error)


async def settle(
    pool: LocalPool, at: Endpoint, error: UpstreamError | None, asked: Model = PAIR, times: int = 1
) -> None:
    """Have one endpoint of a model answer, or fail."""
    others = [other for other in asked.endpoints if other != at]
    for _ in range(times):
        finish(await pool.lease(asked, wish(others)), error)


async def chosen(pool: LocalPool, asked: Model = PAIR) -> set[str]:
    """Say which endpoints would be asked now, one request at a time."""
    found = set()
    for _ in range(4):
        with await pool.lease(asked, wish()) as lease:
            found.add(lease.endpoint.model)
    return found


def in_flight(pool: LocalPool) -> dict[str, int]:
    return {state.endpoint.model: state.in_flight for state in pool.states()}


FAILURES = [UpstreamError("boom"), DisconnectedError("gone"), UpstreamTimeoutError("slow")]


@pytest.mark.parametrize("error", FAILURES)
async def test_three_failures_in_a_window_take_an_endpoint_out_of_service(
    pool: LocalPool, error: UpstreamError
) -> None:
    await settle(pool, A, error, times=2)
    before = await chosen(pool)
    await settle(pool, A, error)

    assert before == {"a", "b"}
    assert await chosen(pool) == {"b"}
    await asyncio.sleep(4.9)
    assert await chosen(pool) == {"b"}
    await asyncio.sleep(1.2)
    assert await chosen(pool) == {"a", "b"}


async def test_failures_that_are_far_apart_do_not_add_up(pool: LocalPool) -> None:
    for _ in range(5):
        await settle(pool, A, UpstreamError("boom"))
        await asyncio.sleep(31)

    assert await chosen(pool) == {"a", "b"}


@pytest.mark.parametrize(
    "error", [RejectedError("no"), UpstreamContextError("long"), NotReadyError("loading")]
)
async def test_an_endpoint_that_is_not_at_fault_does_not_rest(
    pool: LocalPool, error: UpstreamError
) -> None:
    await settle(pool, A, error, times=5)

    assert await chosen(pool) == {"a", "b"}


@pytest.mark.parametrize(
    ("retry_after_s", "least_s", "most_s"),
    [(None, 5, 6), (0, 5, 6), (1, 5, 6), (60, 60, 60), (299, 299, 299), (86_400, 300, 300)],
)
async def test_a_rate_limited_endpoint_rests_at_once_and_as_long_as_it_asks_for(
    pool: LocalPool, retry_after_s: float | None, least_s: float, most_s: float
) -> None:
    await settle(pool, A, RateLimitedError("slow down", retry_after_s=retry_after_s))

    await asyncio.sleep(least_s - 0.1)
    assert await chosen(pool) == {"b"}
    await asyncio.sleep(most_s - least_s + 0.2)
    assert await chosen(pool) == {"a", "b"}


async def test_a_cooldown_of_zero_is_none() -> None:
    pool = pool_of(BreakerRules(cooldown_s=0))

    await settle(pool, A, RateLimitedError("slow down", retry_after_s=60))
    await settle(pool, A, UpstreamError("boom"), times=5)

    assert await chosen(pool) == {"a", "b"}


async def test_after_its_rest_one_request_at_a_time_tries(pool: LocalPool) -> None:
    await settle(pool, A, UpstreamError("boom"), times=3)
    await asyncio.sleep(6.1)

    leases = [await pool.lease(PAIR, wish()) for _ in range(4)]
    tried = [lease.endpoint.model for lease in leases]
    for lease in leases:
        finish(lease)
    healed = [(await pool.lease(PAIR, wish())).endpoint.model for _ in range(4)]

    assert sorted(tried) == ["a", "b", "b", "b"]
    assert sorted(healed) == ["a", "a", "b", "b"]


async def test_who_fails_again_when_tried_rests_for_longer(pool: LocalPool) -> None:
    await settle(pool, A, UpstreamError("boom"), times=3)
    await asyncio.sleep(6.1)
    await settle(pool, A, UpstreamError("boom"))

    await asyncio.sleep(9.9)
    assert await chosen(pool) == {"b"}
    await asyncio.sleep(2.2)
    assert await chosen(pool) == {"a", "b"}


async def test_a_try_that_ends_without_a_word_leaves_it_to_the_next(pool: LocalPool) -> None:
    await settle(pool, A, UpstreamError("boom"), times=3)
    await asyncio.sleep(6.1)
    with await pool.lease(PAIR, wish([B])):
        pass

    with await pool.lease(PAIR, wish([B])) as lease:
        assert lease.endpoint == A


async def test_a_refused_key_takes_all_its_endpoints_out_of_service(pool: LocalPool) -> None:
    twins = model("twins", endpoint("x"), endpoint("y"), B, balancing=TURNS)

    await settle(pool, twins.endpoints[0], UnauthorisedError("no such key"), twins)

    assert await chosen(pool, twins) == {"b"}


async def test_where_all_rest_that_is_told_at_once_with_the_time_of_the_first(
    pool: LocalPool,
) -> None:
    await settle(pool, A, UpstreamError("boom"), times=3)
    await settle(pool, B, RateLimitedError("slow down", retry_after_s=100))
    began = now()

    with pytest.raises(AllRestingError, match="out of service: one/a rests") as down:
        await pool.lease(PAIR, wish(), 10)

    assert now() == began
    assert (down.value.status, down.value.code) == (503, "all_endpoints_down")
    assert 5 <= (down.value.retry_after_s or 0) <= 6


async def test_where_all_are_at_their_rate_limits_that_is_told_as_one(pool: LocalPool) -> None:
    for at in (A, B):
        await settle(pool, at, RateLimitedError("slow down", retry_after_s=30))
    began = now()

    with pytest.raises(AllLimitedError, match="rate limit") as limited:
        await pool.lease(PAIR, wish(), 10)

    assert now() == began
    assert (limited.value.status, limited.value.code) == (429, "rate_limit_exceeded")
    assert limited.value.retry_after_s == 30


async def test_models_share_the_rest_of_an_endpoint(pool: LocalPool) -> None:
    other = model("other", A, endpoint("c"), balancing=TURNS)

    await settle(pool, A, UpstreamError("boom"), times=3)

    assert await chosen(pool, other) == {"c"}


async def test_models_share_the_slots_of_an_endpoint(pool: LocalPool) -> None:
    narrow = endpoint("a", max_concurrency=1)
    one, other = model("one", narrow), model("other", narrow)

    with await pool.lease(one, wish()), pytest.raises(PoolFullError):
        await pool.lease(other, wish())


async def test_a_slot_is_freed_on_leaving(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))

    for _ in range(3):
        with await pool.lease(narrow, wish()):
            assert in_flight(pool) == {"a": 1}

    assert in_flight(pool) == {"a": 0}


async def test_a_slot_is_freed_once(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=2))
    one, _ = [await pool.lease(narrow, wish()) for _ in range(2)]

    for _ in range(2):
        finish(one)

    assert in_flight(pool) == {"a": 1}


async def test_a_slot_is_freed_on_an_exception(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))

    with pytest.raises(KeyError), await pool.lease(narrow, wish()):
        raise KeyError

    assert in_flight(pool) == {"a": 0}


async def test_a_refused_lease_takes_no_slot(pool: LocalPool) -> None:
    with pytest.raises(NoEndpointError):
        await pool.lease(PAIR, wish([A, B]))

    assert in_flight(pool) == {"a": 0, "b": 0}


async def test_an_endpoint_whose_window_is_too_short_is_left_out(pool: LocalPool) -> None:
    mixed = model("mixed", endpoint("short", context_window=100), endpoint("unknown"))
    short = model("short", endpoint("short", context_window=100))
    long = wish(input_tokens=100, max_output_tokens=1)

    with await pool.lease(mixed, long) as lease:
        assert lease.endpoint.model == "unknown"
    with pytest.raises(NoEndpointError):
        await pool.lease(short, long, 10)


async def test_a_window_that_has_turned_out_too_short_is_left_out(pool: LocalPool) -> None:
    mixed = model("mixed", endpoint("s", context_window=1000), endpoint("l", context_window=9000))

    with await pool.lease(mixed, Demand(workload(), above_tokens=1000)) as lease:
        assert lease.endpoint.model == "l"


async def test_a_full_pool_is_told_from_an_empty_one(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))

    with await pool.lease(narrow, wish()):
        with pytest.raises(PoolFullError, match="'narrow' is busy") as full:
            await pool.lease(narrow, wish())
        with pytest.raises(NoEndpointError, match="left to try") as empty:
            await pool.lease(narrow, wish(narrow.endpoints), 10)

    assert (full.value.status, full.value.retry_after_s) == (429, 1)
    assert empty.value.status == 503


async def test_names_that_callers_made_up_leave_nothing_behind(pool: LocalPool) -> None:
    for number in range(100):
        made_up = model(f"lab/x{number}", endpoint(f"x{number}"), listed=False)
        await settle(pool, made_up.endpoints[0], UnauthorisedError("boom"), made_up)

    assert (pool.states(), pool.keys(), pool.lines()) == ((), (), [])


async def test_a_made_up_name_is_served_as_often_as_it_is_asked_for(pool: LocalPool) -> None:
    made_up = model("lab/x", endpoint("x"), listed=False)

    with await pool.lease(made_up, wish()), await pool.lease(made_up, wish()) as lease:
        assert lease.endpoint.model == "x"


async def test_a_made_up_name_does_not_touch_what_is_listed(pool: LocalPool) -> None:
    narrow = model("lab/a", endpoint("a", max_concurrency=1))

    with await pool.lease(narrow, wish()):
        finish(await pool.lease(replace(narrow, listed=False), wish()), RateLimitedError("no"))

        with pytest.raises(PoolFullError):
            await pool.lease(narrow, wish())


async def test_a_model_that_is_listed_anew_keeps_what_is_in_flight(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))
    anew = replace(narrow, endpoints=(endpoint("a", max_concurrency=1), B))

    with await pool.lease(narrow, wish()), await pool.lease(anew, wish()) as lease:
        assert lease.endpoint == B
        assert in_flight(pool) == {"a": 1, "b": 1}


async def test_a_drained_endpoint_gets_nothing(pool: LocalPool) -> None:
    await chosen(pool)
    pool.states()[0].is_draining = True

    assert await chosen(pool) == {"b"}
    pool.states()[1].is_draining = True
    with pytest.raises(AllRestingError, match="one/a is drained; two/b is drained") as down:
        await pool.lease(PAIR, wish(), 10)
    assert down.value.retry_after_s is None
