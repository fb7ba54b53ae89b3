"""Whose turn it is in line: interactive before batch, fair between tenants, and never too long."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from itertools import count
from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import workload
from wrp_proxy.errors import PoolFullError
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.line import Line, Waiter

ANY = 1


class Lab:
    """A line, of which nobody waits really."""

    def __init__(self, most: int = 256) -> None:
        self.line = Line("small", most, Clock(), lambda: 1.0)
        self.names: dict[Waiter, str] = {}
        self._numbers = count(1)

    def come(self, tenant: str, number: int = 1, *, batch: bool = False, able: int = ANY) -> None:
        """Have requests of a tenant stand in line; they are named after it, and numbered."""
        kind = "batch" if batch else "chat"
        for _ in range(number):
            demand = Demand(workload(tenant=tenant, kind=kind))
            waiter = self.line.enter(demand, able)
            self.names[waiter] = f"{tenant}{next(self._numbers)}"

    def serve(self, number: int = 1, free: int = ANY) -> list[str]:
        """Give slots to whose turn it is; return who got them."""
        served = []
        for _ in range(number):
            waiter = self.line.first(free)
            if waiter is not None:
                self.line.grant(waiter, cast("LocalLease", None))
                served.append(self.names[waiter])
        return served

    def pushed_out(self) -> list[str]:
        return [name for waiter, name in self.names.items() if _is_refused(waiter)]


def _is_refused(waiter: Waiter) -> bool:
    granted = waiter.granted
    return granted.done() and granted.exception() is not None


def in_loop(act: Callable[[], None]) -> None:
    """Act where an event loop runs."""

    async def run() -> None:
        act()

    with asyncio.Runner() as runner:
        runner.run(run())


pytestmark = pytest.mark.anyio


async def test_one_tenant_is_served_in_the_order_of_arrival() -> None:
    lab = Lab()
    lab.come("a", 4)

    assert lab.serve(5) == ["a1", "a2", "a3", "a4"]


async def test_a_greedy_tenant_does_not_delay_another_by_more_than_a_round() -> None:
    lab = Lab(most=2000)
    lab.come("greedy", 1000)
    lab.come("modest", 2)

    assert lab.serve(4) == ["greedy1", "modest1001", "greedy2", "modest1002"]


async def test_who_comes_again_and_again_gets_every_second_turn_and_no_more() -> None:
    lab = Lab()
    lab.come("greedy", 20)

    served = []
    for _ in range(6):
        lab.come("modest")
        served += lab.serve(2)

    assert [name[0] for name in served] == ["g", "m"] * 6


async def test_interactive_requests_go_before_batch() -> None:
    lab = Lab()
    lab.come("b", 3, batch=True)
    lab.come("i", 3)

    assert lab.serve(6) == ["i4", "i5", "i6", "b1", "b2", "b3"]


async def test_every_eighth_turn_is_one_of_batch() -> None:
    lab = Lab()
    lab.come("i", 30)
    lab.come("b", 3, batch=True)

    served = lab.serve(24)

    assert [place for place, name in enumerate(served, 1) if name[0] == "b"] == [8, 16, 24]


async def test_tenants_take_turns_in_batch_too() -> None:
    lab = Lab()
    lab.come("a", 3, batch=True)
    lab.come("b", 2, batch=True)

    assert [name[0] for name in lab.serve(5)] == ["a", "b", "a", "b", "a"]


async def test_who_is_passed_over_keeps_its_turn() -> None:
    lab = Lab()
    lab.come("a", able=0b10)
    lab.come("b", 2, able=0b11)

    assert lab.serve(1, free=0b01) == ["b2"]
    assert lab.serve(2, free=0b11) == ["a1", "b3"]


async def test_a_tenant_whose_first_cannot_be_served_gives_its_turn_to_its_next() -> None:
    lab = Lab()
    lab.come("a", able=0b10)
    lab.come("a", able=0b01)
    lab.come("b", able=0b01)

    assert lab.serve(1, free=0b01) == ["a2"]


async def test_a_full_line_pushes_out_the_newest_of_the_greediest() -> None:
    lab = Lab(most=5)
    lab.come("greedy", 4)
    lab.come("other")

    lab.come("modest")

    assert lab.pushed_out() == ["greedy4"]
    assert len(lab.line) == 5


async def test_who_has_as_many_in_line_as_anybody_is_refused_itself() -> None:
    lab = Lab(most=4)
    lab.come("a", 2)
    lab.come("b", 2)

    for tenant in ("a", "b"):
        with pytest.raises(PoolFullError, match="Too many requests wait for 'small'") as full:
            lab.come(tenant)

    assert (full.value.status, full.value.code, full.value.retry_after_s) == (429, "pool_full", 5)
    assert lab.pushed_out() == []


async def test_two_tenants_do_not_push_out_each_other_for_ever() -> None:
    lab = Lab(most=5)
    lab.come("a", 5)
    for _ in range(10):
        for tenant in ("b", "a"):
            with suppress(PoolFullError):
                lab.come(tenant)

    assert lab.pushed_out() == ["a4", "a5"]


async def test_an_interactive_request_pushes_out_batch_whoever_has_more() -> None:
    lab = Lab(most=4)
    lab.come("a", 2)
    lab.come("b", 2, batch=True)

    lab.come("a")
    with pytest.raises(PoolFullError):
        lab.come("c", batch=True)

    assert lab.pushed_out() == ["b4"]


async def test_a_flood_of_interactive_requests_leaves_batch_an_eighth_of_the_places() -> None:
    lab = Lab(most=16)
    lab.come("greedy", 16)

    lab.come("modest", 2, batch=True)
    for tenant, batch in (("greedy", False), ("modest", True)):
        with pytest.raises(PoolFullError):
            lab.come(tenant, batch=batch)

    assert lab.pushed_out() == ["greedy15", "greedy16"]
    assert [place for place, name in enumerate(lab.serve(16), 1) if name[0] == "m"] == [8, 16]


async def test_batch_pushes_out_no_interactive_request_of_a_modest_tenant() -> None:
    lab = Lab(most=8)
    for tenant in "abcdefgh":
        lab.come(tenant)

    with pytest.raises(PoolFullError):
        lab.come("i", batch=True)

    assert lab.pushed_out() == []


async def test_a_pushed_out_request_is_told_when_to_come_back() -> None:
    lab = Lab(most=2)
    lab.come("greedy", 2)
    lab.come("modest")

    (out,) = (waiter for waiter in lab.names if _is_refused(waiter))
    error = out.granted.exception()

    assert isinstance(error, PoolFullError)
    assert (error.code, error.retry_after_s) == ("pool_full", 3)


async def test_a_line_of_no_length_takes_nobody() -> None:
    with pytest.raises(PoolFullError):
        Lab(most=0).come("a")


async def test_those_in_line_keep_their_places_when_a_model_is_listed_anew() -> None:
    lab = Lab()
    lab.come("a", 2)
    lab.come("b", 2)
    lab.serve(1)

    lab.line.renew(lambda demand: 0b100)

    assert lab.serve(1, free=0b011) == []
    assert lab.serve(3, free=0b100) == ["b3", "a2", "b4"]


async def test_those_are_known_whom_nobody_can_serve() -> None:
    lab = Lab()
    lab.come("a", able=0b01)
    lab.come("b", able=0b11, batch=True)
    lab.come("c", able=0b10)

    lost = lab.line.beyond(0b10)

    assert [lab.names[waiter] for waiter in lost] == ["a1"]
    assert lab.line.beyond(0b11) == []


ARRIVALS = st.lists(st.one_of(st.sampled_from("abcde"), st.just("serve")), min_size=1, max_size=120)


@given(events=ARRIVALS)
def test_the_first_request_of_a_tenant_waits_for_one_round_at_most(events: Sequence[str]) -> None:
    def act() -> None:
        lab = Lab()
        # Who had nobody in line before: how many may go first, one of each tenant.
        turns_left: dict[str, int] = {}
        for event in [*events, *["serve"] * len(events)]:
            if event == "serve":
                (served,) = lab.serve() or ["-"]
                turns_left.pop(served[0], None)
                turns_left.update({tenant: left - 1 for tenant, left in turns_left.items()})
                assert all(left >= 0 for left in turns_left.values())
            else:
                tenants = {waiter.tenant for waiter in lab.line.beyond(0)}
                if event not in tenants:
                    turns_left[event] = len(tenants)
                lab.come(event)
        assert len(lab.line) == 0

    in_loop(act)


@given(events=st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=80))
def test_a_full_line_stays_bounded_and_keeps_the_modest(
    events: Sequence[tuple[str, bool]],
) -> None:
    def act() -> None:
        lab = Lab(most=8)
        refused: list[str] = []
        for tenant, batch in events:
            try:
                lab.come(tenant, batch=batch)
            except PoolFullError:
                refused.append(tenant)
                shares = _shares(lab, batch=batch)
                assert max(shares.values(), default=0) <= shares.get(tenant, 0) + 1
        assert len(lab.line) == min(len(lab.names), 8)
        assert len(lab.line) + len(lab.pushed_out()) + len(refused) == len(events)

    in_loop(act)


def _shares(lab: Lab, *, batch: bool) -> dict[str, int]:
    """Count what tenants have in line."""
    waiting = [waiter.tenant for waiter in lab.line.beyond(0) if waiter.is_batch is batch]
    return {tenant: waiting.count(tenant) for tenant in waiting}
