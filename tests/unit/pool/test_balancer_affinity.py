"""Prefix affinity: who stays, who moves, and that nobody is overloaded by it."""

from collections import Counter
from collections.abc import Mapping
from math import ceil
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import workload
from tests.unit.pool.states import balancer, state, states, turns
from wrp_proxy.pool.base import Balancer
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

GOLDEN = ["e0", "e1", "e1", "e1", "e1", "e2", "e2", "e1", "e0", "e0", "e1", "e1"]
KEYS = [f"s{place}" for place in range(300)]


def affinity(clock: Clock | None = None, **parameters: Any) -> Balancer:
    return balancer("prefix_affinity", clock, **parameters)


def of_session(session: str, **more: object) -> Workload:
    return workload(session=session, **more)


def homes(one: Balancer, free: list[EndpointState]) -> dict[str, EndpointState]:
    """Say where each session goes, when nothing is in flight."""
    return {key: one.choose(free, of_session(key)) for key in KEYS}


def moved(before: Mapping[str, EndpointState], after: Mapping[str, EndpointState]) -> set[str]:
    return {key for key in before if before[key] is not after[key]}


def test_a_session_stays_where_it_is_though_others_are_idle() -> None:
    free = states(1, 1, 1)
    one = affinity()
    home = one.choose(free, of_session("s"))

    home.in_flight = 4

    assert one.choose(free, of_session("s")) is home


def test_a_session_leaves_an_endpoint_over_the_bound_and_stays_away() -> None:
    free = states(1, 1, 1)
    one = affinity()
    home = one.choose(free, of_session("s"))
    for each in free:
        each.in_flight = 10

    home.in_flight = 12

    assert one.choose(free, of_session("s")) is home

    home.in_flight = 15

    second = one.choose(free, of_session("s"))
    for each in free:
        each.in_flight = 0
    assert second is not home
    assert turns(one, free, of_session("s"), 3) == [second.endpoint.model] * 3


def test_a_session_leaves_an_endpoint_that_is_out_and_stays_away() -> None:
    free = states(1, 1, 1)
    one = affinity()
    home = one.choose(free, of_session("s"))

    second = one.choose([each for each in free if each is not home], of_session("s"))

    assert one.choose(free, of_session("s")) is second


def test_a_session_that_was_idle_for_long_goes_where_its_hash_says() -> None:
    clock, free = Clock(), states(1, 1, 1)
    one = affinity(clock, ttl_s=60)
    first = one.choose(free, of_session("s"))
    second = one.choose([each for each in free if each is not first], of_session("s"))

    clock.now += 59

    assert one.choose(free, of_session("s")) is second

    clock.now += 60

    assert one.choose(free, of_session("s")) is first


def test_the_longest_idle_sessions_are_forgotten_first() -> None:
    clock, free = Clock(), states(1, 1, 1)
    one = affinity(clock, most_sessions=2)
    first = {key: one.choose(free, of_session(key)) for key in "ab"}
    away = {
        key: one.choose([each for each in free if each is not first[key]], of_session(key))
        for key in "ba"
    }

    one.choose(free, of_session("c"))

    assert one.choose(free, of_session("a")) is away["a"]
    assert one.choose(free, of_session("b")) is first["b"]


def test_new_sessions_of_one_system_prompt_go_to_one_endpoint() -> None:
    free = states(1, 1, 1)
    one = affinity()

    chosen = {
        one.choose(free, of_session(key, fingerprint="prompt")).endpoint.model for key in KEYS
    }

    assert len(chosen) == 1


def test_different_system_prompts_are_spread() -> None:
    free = states(1, 1, 1)

    chosen = Counter(
        affinity().choose(free, workload(fingerprint=key)).endpoint.model for key in KEYS
    )

    assert all(70 <= chosen[each.endpoint.model] <= 130 for each in free)


def test_a_prompt_without_a_session_goes_to_the_next_when_its_endpoint_is_over_the_bound() -> None:
    free = states(1, 1, 1)
    one, asked = affinity(), workload(fingerprint="prompt")
    home = one.choose(free, asked)

    home.in_flight = 1
    second = one.choose(free, asked)

    assert second is not home
    home.in_flight = 0
    assert one.choose(free, asked) is home


def test_what_has_neither_session_nor_prompt_goes_to_the_least_busy() -> None:
    free = [state("a", 2), state("b", 1)]

    assert turns(affinity(), free, workload(), 3) == ["b"] * 3


def test_tenants_are_kept_apart() -> None:
    free = states(1, 1, 1)
    one = affinity()

    differs = sum(
        one.choose(free, of_session(key, tenant="alice"))
        is not one.choose(free, of_session(key, tenant="bob"))
        for key in KEYS
    )

    assert 150 <= differs <= 250


def test_sessions_are_spread_by_weight() -> None:
    chosen = Counter(
        home.endpoint.model for home in homes(affinity(stay_load=0), states(1, 1, 4)).values()
    )

    assert chosen["e2"] == pytest.approx(200, abs=30)
    assert chosen["e0"] == pytest.approx(50, abs=20)


def test_the_hash_is_the_same_in_every_process_and_version() -> None:
    found = homes(affinity(), states(1, 2, 1))

    assert [found[key].endpoint.model for key in KEYS[:12]] == GOLDEN


@settings(max_examples=15)
@given(
    weights=st.lists(st.sampled_from([0.5, 1.0, 2.0, 5.0]), min_size=2, max_size=8),
    place=st.integers(0, 7),
)
def test_an_endpoint_that_goes_moves_its_own_keys_only(weights: list[float], place: int) -> None:
    free = states(*weights)
    gone = free[place % len(free)]
    before = homes(affinity(), free)

    after = homes(affinity(), [each for each in free if each is not gone])

    assert moved(before, after) == {key for key, home in before.items() if home is gone}


@settings(max_examples=15)
@given(
    weights=st.lists(st.sampled_from([0.5, 1.0, 2.0, 5.0]), min_size=2, max_size=8),
    place=st.integers(0, 7),
)
def test_an_endpoint_with_more_weight_only_gains_keys(weights: list[float], place: int) -> None:
    free = states(*weights)
    grown = free[place % len(free)]
    before = homes(affinity(), free)

    grown.weight *= 2
    after = homes(affinity(), free)

    assert all(after[key] is grown for key in moved(before, after))


Step = tuple[int, int | None, bool, int]
"""Session, prompt, whether it is known by its session, and how many end before it."""


@given(
    steps=st.lists(
        st.tuples(
            st.integers(0, 5), st.none() | st.integers(0, 1), st.booleans(), st.integers(0, 2)
        ),
        max_size=120,
    ),
    weights=st.lists(st.sampled_from([0.5, 1.0, 3.0]), min_size=1, max_size=5),
    bound=st.sampled_from([1.0, 1.25, 2.0]),
    stay_load=st.sampled_from([0, 4]),
)
def test_no_arrival_takes_an_endpoint_above_its_bound(
    steps: list[Step], weights: list[float], bound: float, stay_load: int
) -> None:
    free = states(*weights)
    one = affinity(load_bound=bound, stay_load=stay_load)
    held: list[EndpointState] = []

    for session, prompt, has_session, ending in steps:
        for _ in range(min(ending, len(held))):
            held.pop(session % len(held)).in_flight -= 1
        chosen = one.choose(
            free,
            workload(
                session=f"s{session}" if has_session else None,
                fingerprint=None if prompt is None else f"p{prompt}",
            ),
        )
        chosen.in_flight += 1
        held.append(chosen)

        is_idlest = not has_session and prompt is None
        share = len(held) * chosen.weight / sum(weights)
        allowed = max(ceil(bound * share), stay_load + 1 if has_session else 0)
        assert is_idlest or chosen.in_flight <= allowed


def test_all_sessions_that_begin_alike_do_not_pile_up() -> None:
    free = states(1, 1, 1)
    one = affinity()

    for key in KEYS:
        one.choose(free, of_session(key, fingerprint="prompt")).in_flight += 1

    assert max(each.in_flight for each in free) <= ceil(1.25 * len(KEYS) / 3)
