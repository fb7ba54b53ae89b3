"""What every balancer promises, alone and as a part of the pool."""

from collections import Counter
from contextlib import ExitStack

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, workload
from wrp_proxy.errors import NoEndpointError, PoolFullError, UpstreamError
from wrp_proxy.pool.base import Balancer, Load
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.registry import BALANCERS
from wrp_proxy.types import Endpoint, Model

ENDPOINTS = tuple(endpoint(f"e{n}", weight=float(n), max_concurrency=n) for n in range(1, 6))


@pytest.fixture(scope="module", params=BALANCERS)
def name(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


@pytest.fixture
def balancer(name: str) -> Balancer:
    return BALANCERS[name]()


@pytest.fixture
def pool() -> LocalPool:
    return LocalPool(cooldown_s=5, clock=Clock())


def loads(*weights: float) -> list[Load]:
    return [Load(endpoint(f"e{n}", weight=w)) for n, w in enumerate(weights)]


def leased(pool: LocalPool, asked: Model, count: int) -> Counter[str]:
    """Take leases one after the other, each answered well."""
    chosen: Counter[str] = Counter()
    for _ in range(count):
        with pool.lease(asked, workload(), ()) as lease:
            chosen[lease.endpoint.model] += 1
            lease.settle(None)
    return chosen


@given(
    turns=st.lists(
        st.dictionaries(st.sampled_from(ENDPOINTS), st.integers(0, 9), min_size=1), max_size=30
    )
)
def test_one_of_the_free_is_chosen_whoever_comes_and_goes(
    name: str, turns: list[dict[Endpoint, int]]
) -> None:
    balancer = BALANCERS[name]()

    for turn in turns:
        free = [Load(endpoint, in_flight=busy) for endpoint, busy in turn.items()]

        assert balancer.choose(free) in free


def test_the_loads_are_left_as_they_are(balancer: Balancer) -> None:
    free = loads(1, 2, 3)

    balancer.choose(free)

    assert free == loads(1, 2, 3)


@pytest.mark.parametrize(
    "weights", [(1, 1), (3, 1), (1, 2, 5), (0.5, 1.5), (1, 99), (1e-3, 3e-3), (1,)]
)
def test_idle_endpoints_get_turns_in_proportion_to_their_weights(
    balancer: Balancer, weights: tuple[float, ...]
) -> None:
    free, turns = loads(*weights), 1000

    chosen = Counter(balancer.choose(free).endpoint.model for _ in range(turns))

    for load in free:
        share = load.endpoint.weight / sum(weights)
        assert abs(chosen[load.endpoint.model] - turns * share) <= 2


def test_turns_are_spread_evenly(balancer: Balancer) -> None:
    free = loads(2, 1)

    turns = [balancer.choose(free).endpoint.model for _ in range(9)]

    assert all(Counter(turns[n : n + 3]) == {"e0": 2, "e1": 1} for n in range(0, 9, 3))


def test_a_newcomer_gets_no_arrears(balancer: Balancer) -> None:
    old, new = loads(1, 1)
    for _ in range(100):
        balancer.choose([old])

    chosen = Counter(balancer.choose([old, new]).endpoint.model for _ in range(10))

    assert chosen == {"e0": 5, "e1": 5}


def test_the_pool_leases_by_weight(name: str, pool: LocalPool) -> None:
    asked = model("m", endpoint("a", weight=3.0), endpoint("b"), balancer=name)

    assert leased(pool, asked, 400) == {"a": 300, "b": 100}


def test_models_take_their_turns_apart(name: str, pool: LocalPool) -> None:
    ab = [endpoint("a"), endpoint("b")]
    one, other = (model(label, *ab, balancer=name) for label in ("one", "other"))

    turns = [leased(pool, asked, 1) for _ in range(10) for asked in (one, other)]

    assert sum(turns, Counter()) == {"a": 10, "b": 10}
    assert sum(turns[::2], Counter()) == {"a": 5, "b": 5}


def test_no_endpoint_serves_more_than_it_may(name: str, pool: LocalPool) -> None:
    asked = model(
        "m",
        endpoint("a", max_concurrency=2, weight=9.0),
        endpoint("b", max_concurrency=3),
        balancer=name,
    )

    with ExitStack() as held:
        leases = [held.enter_context(pool.lease(asked, workload(), ())) for _ in range(5)]
        with pytest.raises(PoolFullError) as full, pool.lease(asked, workload(), ()):
            pass

    assert Counter(lease.endpoint.model for lease in leases) == {"a": 2, "b": 3}
    assert full.value.status == 429
    assert full.value.retry_after_s == 1


def test_a_resting_endpoint_is_passed_over(name: str, pool: LocalPool) -> None:
    asked = model("m", endpoint("a"), endpoint("b"), endpoint("c"), balancer=name)
    with pool.lease(asked, workload(), asked.endpoints[1:]) as lease:
        lease.settle(UpstreamError("boom"))

    assert leased(pool, asked, 10) == {"b": 5, "c": 5}


def test_a_rested_endpoint_does_not_catch_up(name: str) -> None:
    clock = Clock()
    pool = LocalPool(cooldown_s=5, clock=clock)
    asked = model("m", endpoint("a"), endpoint("b"), endpoint("c"), balancer=name)
    leased(pool, asked, 3)
    with pool.lease(asked, workload(), asked.endpoints[1:]) as lease:
        lease.settle(UpstreamError("boom"))
    leased(pool, asked, 100)

    clock.now += 6

    assert max(leased(pool, asked, 9).values()) <= 4


def test_no_endpoint_is_tried_twice(name: str, pool: LocalPool) -> None:
    asked = model("m", endpoint("a"), endpoint("b"), endpoint("c"), balancer=name)
    tried: list[Endpoint] = []

    for _ in asked.endpoints:
        with pool.lease(asked, workload(), tried) as lease:
            tried.append(lease.endpoint)
            lease.settle(UpstreamError("boom"))

    assert sorted(endpoint.model for endpoint in tried) == ["a", "b", "c"]
    with pytest.raises(NoEndpointError), pool.lease(asked, workload(), tried):
        pass


def test_endpoints_whose_window_is_too_short_are_left_out(name: str, pool: LocalPool) -> None:
    asked = model(
        "m",
        endpoint("short", context_window=149),
        endpoint("long", context_window=150),
        balancer=name,
    )

    assert leased(pool, asked, 10) == {"long": 10}
