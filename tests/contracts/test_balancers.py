"""What every balancer promises, alone and as a part of the pool."""

import tracemalloc
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from copy import copy
from dataclasses import replace
from random import Random
from statistics import mean

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contracts.simulated import Served, Simulation, p99_s, poisson, shares, upstreams
from tests.unit.clock import Clock
from tests.unit.nouns import endpoint, model, outcome, workload
from tests.unit.pool.states import balancer, state_of, states, turns
from wrp_proxy.errors import NoEndpointError, PoolFullError, RateLimitedError, UpstreamError
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.breaker import BreakerRules
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.pool.registry import BALANCERS
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pooling import Balancing
from wrp_proxy.types import Endpoint, Model, Workload

pytestmark = pytest.mark.anyio

ENDPOINTS = tuple(endpoint(f"e{n}", weight=float(n), max_concurrency=n) for n in range(1, 6))
BLIND = {"round_robin", "weighted"}
"""They take no notice of the load."""
IN_TURNS = {"cheapest", "least_busy", "weighted"}
"""Idle endpoints get exact turns by weight, where all else is equal."""
SLOW = (1.0, 1.0, 10.0)


@pytest.fixture
def anyio_backend() -> str:
    """Nothing here waits for an event loop, whichever it is."""
    return "asyncio"


@pytest.fixture(scope="module", params=BALANCERS)
def name(request: pytest.FixtureRequest) -> str:
    assert isinstance(request.param, str)
    return request.param


def asked_of(name: str) -> Callable[[int], Workload]:
    """Make the workload of the nth request, of one of forty sessions where that matters."""
    if name != "prefix_affinity":
        return lambda place: workload()
    return lambda place: workload(session=f"s{place * 7 % 40}", fingerprint=f"p{place * 7 % 4}")


async def leased(pool: LocalPool, asked: Model, count: int) -> Counter[str]:
    """Take leases one after the other, each answered well."""
    chosen: Counter[str] = Counter()
    for place in range(count):
        with await pool.lease(asked, Demand(workload(session=f"s{place}"))) as lease:
            chosen[lease.endpoint.model] += 1
            lease.settle(outcome(), None)
    return chosen


def pool_of(clock: Clock | None = None) -> LocalPool:
    rules = BreakerRules(failures=1, failure_share=0.01)
    random = Random(1)  # noqa: S311 - repeatable
    return LocalPool(rules, clock=clock or Clock(), random=random)


def model_of(name: str, *endpoints: Endpoint) -> Model:
    return model("m", *endpoints, balancing=Balancing(name=name))


@given(
    st.lists(
        st.tuples(
            st.dictionaries(st.sampled_from(ENDPOINTS), st.integers(0, 9), min_size=1),
            st.sampled_from([None, "s1", "s2", "s3"]),
            st.floats(0, 400),
        ),
        max_size=30,
    )
)
def test_one_of_the_free_is_chosen_whoever_comes_and_goes(
    name: str, arrivals: list[tuple[dict[Endpoint, int], str | None, float]]
) -> None:
    clock = Clock()
    one, known = balancer(name, clock), {endpoint: state_of(endpoint) for endpoint in ENDPOINTS}

    for busy, session, after_s in arrivals:
        clock.now += after_s
        free = [known[endpoint] for endpoint in busy]
        for state in free:
            state.in_flight = busy[state.endpoint]

        assert one.choose(free, workload(session=session)) in free


def test_the_states_are_left_as_they_are(name: str) -> None:
    free = states(1, 2, 3)
    before = [_content(state) for state in free]

    turns(balancer(name), free, workload(session="s"), 9)

    assert [_content(state) for state in free] == before


def _content(state: EndpointState) -> list[object]:
    plain = (getattr(state, field) for field in state.__slots__)
    return [
        *(copy(one) for one in plain if isinstance(one, int | float | dict | Endpoint)),
        state.pace.latency_s,
        state.breaker.opened_at,
    ]


def test_what_is_kept_in_mind_is_bounded(name: str) -> None:
    clock, (like,) = Clock(), states(1)
    parameters = {"most_sessions": 100} if name == "prefix_affinity" else {}
    one = balancer(name, clock, **parameters)

    def ask(count: int) -> int:
        """Return the bytes held after so many sessions, and endpoints, that never come again."""
        for place in range(count):
            clock.now += 1
            one.choose([replace(like), replace(like)], workload(session=f"{place}-{clock.now}"))
        return tracemalloc.get_traced_memory()[0]

    tracemalloc.start()
    try:
        before = ask(1200)
        after = ask(2400)
    finally:
        tracemalloc.stop()

    assert after < before * 1.2 + 100_000


def test_the_same_seed_makes_the_same_choices(name: str) -> None:
    asked = asked_of(name)

    def choices() -> list[str]:
        one, free = balancer(name, seed=7), states(1, 2, 1)
        return [one.choose(free, asked(place)).endpoint.model for place in range(50)]

    assert choices() == choices()


@pytest.mark.parametrize(
    "weights", [(1, 1), (3, 1), (1, 2, 5), (0.5, 1.5), (1, 99), (1e-3, 3e-3), (1,)]
)
@pytest.mark.parametrize("name", IN_TURNS, scope="module")
def test_idle_endpoints_get_turns_in_proportion_to_their_weights(
    name: str, weights: tuple[float, ...]
) -> None:
    free, count = states(*weights), 1000

    chosen = Counter(turns(balancer(name), free, workload(), count))

    for state in free:
        share = state.weight / sum(weights)
        assert abs(chosen[state.endpoint.model] - count * share) <= 2


@pytest.mark.parametrize("name", sorted(BALANCERS.keys() - {"round_robin"}), scope="module")
async def test_what_is_in_flight_is_shared_by_weight(name: str) -> None:
    """Hold many requests at once, as a crowd would: weights are capacities."""
    pool = pool_of()
    asked = model_of(name, *(endpoint(f"e{n}", weight=w) for n, w in enumerate((1.0, 1.0, 4.0))))

    with ExitStack() as held:
        for place in range(300):
            demand = Demand(workload(session=f"s{place}"))
            held.enter_context(await pool.lease(asked, demand))
        loads = [state.in_flight for state in pool.states()]

    assert loads == pytest.approx([50, 50, 200], rel=0.3)


async def test_no_endpoint_serves_more_than_it_may(name: str) -> None:
    pool = pool_of()
    asked = model_of(
        name, endpoint("a", max_concurrency=2, weight=9.0), endpoint("b", max_concurrency=3)
    )

    with ExitStack() as held:
        leases = [
            held.enter_context(await pool.lease(asked, Demand(workload(session="s"))))
            for _ in range(5)
        ]
        with pytest.raises(PoolFullError):
            await pool.lease(asked, Demand(workload()))

    assert Counter(lease.endpoint.model for lease in leases) == {"a": 2, "b": 3}


async def test_what_rests_or_is_drained_is_passed_over(name: str) -> None:
    pool = pool_of()
    asked = model_of(name, *(endpoint(one, provider=one) for one in "abcd"))
    await leased(pool, asked, 8)
    for failing, error in (("a", UpstreamError("boom")), ("b", RateLimitedError("slow down"))):
        others = [one for one in asked.endpoints if one.model != failing]
        with await pool.lease(asked, Demand(workload(), others)) as lease:
            lease.settle(outcome(finish="failed"), error)
    pool.states()[2].is_draining = True

    assert await leased(pool, asked, 10) == {"d": 10}


async def test_no_endpoint_is_tried_twice(name: str) -> None:
    pool = pool_of()
    asked = model_of(name, *(endpoint(one, provider=one) for one in "abc"))
    tried: list[Endpoint] = []

    for _ in asked.endpoints:
        with await pool.lease(asked, Demand(workload(session="s"), tried)) as lease:
            tried.append(lease.endpoint)
            lease.settle(outcome(finish="failed"), UpstreamError("boom"))

    assert sorted(endpoint.model for endpoint in tried) == ["a", "b", "c"]
    with pytest.raises(NoEndpointError):
        await pool.lease(asked, Demand(workload(session="s"), tried))


async def test_endpoints_whose_window_is_too_short_are_left_out(name: str) -> None:
    asked = model_of(
        name, endpoint("short", context_window=149), endpoint("long", context_window=150)
    )

    assert await leased(pool_of(), asked, 10) == {"long": 10}


async def test_an_endpoint_that_comes_anew_is_tried_and_not_flooded(name: str) -> None:
    old = states(1, 1)
    new = state_of(endpoint("new"))
    clock = Clock()
    one = balancer(name, clock)
    asked = asked_of(name)
    for state in old:
        state.in_flight = 3
        state.pace.hit(0.5, clock.now)

    for place in range(30):
        state = one.choose([*old, new], asked(place))
        state.in_flight += 1
        state.unanswered[object()] = clock.now

    if name not in {*BLIND, "predicted_latency"}:
        loads = [state.in_flight for state in (*old, new)]
        assert max(loads) <= 1.5 * sum(loads) / 3
    assert 1 <= new.in_flight <= 16


@pytest.mark.parametrize("trouble", ["slow", "failing"])
async def test_an_endpoint_that_recovers_gets_its_traffic_back(name: str, trouble: str) -> None:
    lab = upstreams(1, 1, 1)
    simulation = Simulation(lab, Balancing(name=name))
    rate = 6.0
    lab[2].slowness, lab[2].fails = (10.0, False) if trouble == "slow" else (1.0, True)
    await simulation.play(poisson(rate, 40, asked=asked_of(name)))
    lab[2].slowness, lab[2].fails = 1.0, False

    await simulation.play(poisson(rate, 100, seed=2, asked=asked_of(name)))
    late = await simulation.play(poisson(rate, 40, seed=3, asked=asked_of(name)))

    assert shares(late)["e2"] >= len(late) / 6


@pytest.mark.parametrize("rate", [6.0, 10.0])
@pytest.mark.parametrize("name", sorted(BALANCERS.keys() - BLIND), scope="module")
async def test_one_slow_endpoint_in_three_is_spared(name: str, rate: float) -> None:
    served = await _play(name, SLOW, rate)
    blind = await _play("round_robin", SLOW, rate)

    assert shares(served)["e2"] <= len(served) / 8
    assert max(max(one.loads) for one in served) <= 16
    assert _mean_imbalance(served) < 0.8 * _mean_imbalance(blind)
    assert p99_s(served) < p99_s(blind) / 4


async def _play(name: str, slowness: Sequence[float], rate: float) -> list[Served]:
    simulation = Simulation(upstreams(*slowness), Balancing(name=name))
    return await simulation.play(poisson(rate, 120, asked=asked_of(name)))


def _mean_imbalance(served: Sequence[Served]) -> float:
    """Return how many times the mean the busiest endpoint has in flight, on average."""
    return mean(max(one.loads) * len(one.loads) / sum(one.loads) for one in served)
