"""Slots and rest: which endpoint may be asked, and when again."""

import pytest

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, workload
from wrp_proxy.errors import (
    DisconnectedError,
    NoEndpointError,
    NotReadyError,
    PoolFullError,
    RateLimitedError,
    RejectedError,
    UpstreamContextError,
    UpstreamError,
    UpstreamTimeoutError,
)
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.types import Endpoint, Model

A, B = endpoint("a"), endpoint("b")
PAIR = model("pair", A, B)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def pool(clock: Clock) -> LocalPool:
    return LocalPool(cooldown_s=5, clock=clock)


def settle(pool: LocalPool, at: Endpoint, error: UpstreamError | None, asked: Model = PAIR) -> None:
    """Have one endpoint of a model answer, or fail."""
    others = [other for other in asked.endpoints if other != at]
    with pool.lease(asked, workload(), others) as lease:
        lease.settle(error)


def chosen(pool: LocalPool, asked: Model = PAIR) -> set[str]:
    """Say which endpoints would be asked now."""
    found = set()
    for _ in range(4):
        with pool.lease(asked, workload(), ()) as lease:
            found.add(lease.endpoint.model)
    return found


def in_flight(pool: LocalPool) -> dict[str, int]:
    return {load.endpoint.model: load.in_flight for load in pool.loads()}


@pytest.mark.parametrize(
    "error",
    [
        UpstreamError("boom"),
        DisconnectedError("gone"),
        UpstreamTimeoutError("slow"),
        RateLimitedError("slow down"),
    ],
)
def test_a_failed_endpoint_rests_until_its_cooldown_is_over(
    pool: LocalPool, clock: Clock, error: UpstreamError
) -> None:
    settle(pool, A, error)

    assert chosen(pool) == {"b"}
    clock.now += 4.9
    assert chosen(pool) == {"b"}
    clock.now += 0.2
    assert chosen(pool) == {"a", "b"}


@pytest.mark.parametrize(
    "error", [RejectedError("no"), UpstreamContextError("long"), NotReadyError("loading")]
)
def test_an_endpoint_that_is_not_at_fault_does_not_rest(
    pool: LocalPool, error: UpstreamError
) -> None:
    settle(pool, A, error)

    assert chosen(pool) == {"a", "b"}


@pytest.mark.parametrize(
    ("retry_after_s", "rest_s"), [(None, 5), (0, 5), (1, 5), (60, 60), (299, 299), (86_400, 300)]
)
def test_retry_after_makes_the_rest_longer_up_to_a_limit(
    pool: LocalPool, clock: Clock, retry_after_s: float | None, rest_s: float
) -> None:
    settle(pool, A, RateLimitedError("slow down", retry_after_s=retry_after_s))

    clock.now += rest_s - 0.1
    assert chosen(pool) == {"b"}
    clock.now += 0.2
    assert chosen(pool) == {"a", "b"}


def test_a_cooldown_of_zero_is_none(clock: Clock) -> None:
    pool = LocalPool(cooldown_s=0, clock=clock)

    settle(pool, A, RateLimitedError("slow down", retry_after_s=60))

    assert chosen(pool) == {"a", "b"}


def test_a_long_cooldown_is_not_cut_by_the_limit_of_retry_after(clock: Clock) -> None:
    pool = LocalPool(cooldown_s=600, clock=clock)
    settle(pool, A, UpstreamError("boom"))

    clock.now += 599

    assert chosen(pool) == {"b"}


def test_an_answer_ends_the_rest(pool: LocalPool) -> None:
    settle(pool, A, UpstreamError("boom"))
    settle(pool, A, None)

    assert chosen(pool) == {"a", "b"}


def test_leaving_without_a_word_changes_nothing(pool: LocalPool) -> None:
    settle(pool, A, UpstreamError("boom"))
    with pool.lease(PAIR, workload(), [B]):
        pass

    assert chosen(pool) == {"b"}


def test_the_only_endpoint_of_a_model_is_never_out_of_service(pool: LocalPool) -> None:
    only = model("only", A)

    for _ in range(3):
        settle(pool, A, UpstreamError("boom"), only)

    assert chosen(pool, only) == {"a"}


def test_where_all_rest_the_least_recently_failed_one_is_tried(
    pool: LocalPool, clock: Clock
) -> None:
    settle(pool, B, RateLimitedError("slow down", retry_after_s=200))
    clock.now += 1
    settle(pool, A, UpstreamError("boom"))

    assert chosen(pool) == {"b"}
    clock.now += 1
    settle(pool, B, UpstreamError("boom"))
    assert chosen(pool) == {"a"}


def test_a_full_endpoint_is_no_last_resort(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1), B)
    settle(pool, B, UpstreamError("boom"), narrow)

    with (
        pool.lease(narrow, workload(), [B]),
        pool.lease(narrow, workload(), ()) as lease,
    ):
        assert lease.endpoint == B


def test_models_share_the_rest_of_an_endpoint(pool: LocalPool) -> None:
    other = model("other", A, endpoint("c"))

    settle(pool, A, UpstreamError("boom"))

    assert chosen(pool, other) == {"c"}


def test_models_share_the_slots_of_an_endpoint(pool: LocalPool) -> None:
    narrow = endpoint("a", max_concurrency=1)
    one, other = model("one", narrow), model("other", narrow)

    with (
        pool.lease(one, workload(), ()),
        pytest.raises(PoolFullError),
        pool.lease(other, workload(), ()),
    ):
        pass


def test_a_slot_is_freed_on_leaving(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))

    for _ in range(3):
        with pool.lease(narrow, workload(), ()):
            assert in_flight(pool) == {"a": 1}

    assert in_flight(pool) == {"a": 0}


def test_a_slot_is_freed_on_an_exception(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))

    with pytest.raises(KeyError), pool.lease(narrow, workload(), ()):
        raise KeyError

    assert in_flight(pool) == {"a": 0}


def test_a_refused_lease_takes_no_slot(pool: LocalPool) -> None:
    with pytest.raises(NoEndpointError), pool.lease(PAIR, workload(), [A, B]):
        pass

    assert in_flight(pool) == {}


def test_an_endpoint_whose_window_is_too_short_is_left_out(pool: LocalPool) -> None:
    mixed = model("mixed", endpoint("short", context_window=100), endpoint("unknown"))
    short = model("short", endpoint("short", context_window=100))
    long = workload(input_tokens=100, max_output_tokens=1)

    with pool.lease(mixed, long, ()) as lease:
        assert lease.endpoint.model == "unknown"
    with pytest.raises(NoEndpointError), pool.lease(short, long, ()):
        pass


def test_a_full_pool_is_told_from_an_empty_one(pool: LocalPool) -> None:
    narrow = model("narrow", endpoint("a", max_concurrency=1))

    with (
        pool.lease(narrow, workload(), ()),
        pytest.raises(PoolFullError, match="'narrow' is busy"),
        pool.lease(narrow, workload(), ()),
    ):
        pass
    with (
        pytest.raises(NoEndpointError, match="left to try") as empty,
        pool.lease(narrow, workload(), narrow.endpoints),
    ):
        pass
    assert empty.value.status == 503


def test_names_that_callers_made_up_leave_nothing_behind(pool: LocalPool) -> None:
    for number in range(100):
        made_up = model(f"lab/x{number}", endpoint(f"x{number}"), listed=False)
        settle(pool, made_up.endpoints[0], UpstreamError("boom"), made_up)

    assert in_flight(pool) == {}


def test_a_made_up_name_is_served_as_often_as_it_is_asked_for(pool: LocalPool) -> None:
    made_up = model("lab/x", endpoint("x"), listed=False)

    with pool.lease(made_up, workload(), ()), pool.lease(made_up, workload(), ()) as lease:
        assert lease.endpoint.model == "x"


def test_a_made_up_name_does_not_end_the_rest_of_a_listed_endpoint(pool: LocalPool) -> None:
    settle(pool, A, UpstreamError("boom"))
    with pool.lease(model("lab/a", A, listed=False), workload(), ()):
        pass

    assert chosen(pool) == {"b"}
