"""Who gets a slot that comes free, and what becomes of those who wait for one."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import endpoint, model, outcome, workload
from tests.unit.pool.virtual_time import VirtualLoop, now
from wrp_proxy.errors import (
    AllRestingError,
    NoEndpointError,
    PoolFullError,
    QueueTimeoutError,
    RateLimitedError,
    UnauthorisedError,
    UpstreamError,
)
from wrp_proxy.pool.base import Demand
from wrp_proxy.pool.lease import LocalLease
from wrp_proxy.pool.pool import LocalPool
from wrp_proxy.types import Endpoint, Model

ONE = endpoint("a", max_concurrency=1)
NARROW = model("narrow", ONE)
SHORT = endpoint("s", max_concurrency=1, context_window=1000)
LONG = endpoint("l", max_concurrency=1)
MIXED = model("mixed", SHORT, LONG)

pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"loop_factory": VirtualLoop}


@dataclass(slots=True)
class Lab:
    """A pool, and those who want something of it, by their names."""

    pool: LocalPool
    leases: dict[str, LocalLease] = field(default_factory=dict)
    tasks: dict[str, "asyncio.Task[None]"] = field(default_factory=dict)
    wishes: dict[str, Demand] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    """Who was served, one after the other."""
    failed: dict[str, NoEndpointError] = field(default_factory=dict)
    long: set[str] = field(default_factory=set)
    """Who needs a long window."""

    async def come(
        self, *names: str, asked: Model = NARROW, wait_s: float = 10, **more: Any
    ) -> None:
        """Want a slot, as the tenant of the same name unless told otherwise."""
        tried: Sequence[Endpoint] = more.pop("tried", ())
        if more.get("input_tokens", 0) > 1000:
            self.long.update(names)
        for name in names:
            wanted = self.wishes[name] = Demand(workload(**{"tenant": name, **more}), tried)
            self.tasks[name] = asyncio.create_task(self._want(name, asked, wanted, wait_s))
            await settled()

    async def _want(self, name: str, asked: Model, wanted: Demand, wait_s: float) -> None:
        try:
            self.leases[name] = await self.pool.lease(asked, wanted, wait_s)
            self.order.append(name)
        except NoEndpointError as error:
            self.failed[name] = error

    async def free(self, *names: str, error: UpstreamError | None = None) -> None:
        for name in names:
            with self.leases.pop(name) as lease:
                lease.settle(outcome(finish="failed" if error else "complete"), error)
            await settled()

    async def leave(self, name: str) -> None:
        self.tasks[name].cancel()
        await settled()

    def in_line(self) -> int:
        return sum(length for _, length in self.pool.lines())


async def settled() -> None:
    """Let all go on who can."""
    for _ in range(5):
        await asyncio.sleep(0)


def new_lab(**more: Any) -> Lab:
    return Lab(LocalPool(clock=now, random=Random(0), **more))  # noqa: S311 - the same in every run


@pytest.fixture
def lab() -> Lab:
    return new_lab()


async def test_a_freed_slot_goes_to_who_has_waited(lab: Lab) -> None:
    await lab.come("first", "second", "third")
    await asyncio.sleep(2)
    waiting = lab.in_line()

    await lab.free("first")

    assert waiting == 2
    assert lab.order == ["first", "second"]
    assert lab.wishes["second"].waited_s == pytest.approx(2)
    assert lab.in_line() == 1


async def test_no_newcomer_goes_before_who_is_in_line(lab: Lab) -> None:
    await lab.come("first", "second")
    with lab.leases.pop("first"):
        pass
    newcomer = lab.pool.lease(NARROW, Demand(workload()))

    with pytest.raises(PoolFullError):
        await newcomer
    await settled()

    assert lab.order == ["first", "second"]


async def test_who_cannot_be_served_by_what_is_free_is_passed_over(lab: Lab) -> None:
    await lab.come("short", "long", asked=MIXED)
    await lab.come("long too", asked=MIXED, input_tokens=5000)
    await lab.come("other", asked=MIXED)
    (short,) = (name for name, lease in lab.leases.items() if lease.endpoint == SHORT)

    await lab.free(short)
    served = list(lab.order)
    await lab.come("newcomer", asked=MIXED, wait_s=0)

    assert served[2:] == ["other"]
    assert isinstance(lab.failed["newcomer"], PoolFullError)
    assert lab.in_line() == 1


async def test_a_free_slot_that_nobody_in_line_can_use_is_for_newcomers(lab: Lab) -> None:
    await lab.come("one", "two", asked=MIXED)
    await lab.come("long", asked=MIXED, input_tokens=5000)
    (short,) = (name for name, lease in lab.leases.items() if lease.endpoint == SHORT)
    await lab.free(short)

    await lab.come("newcomer", asked=MIXED, wait_s=0)

    assert lab.order[2:] == ["newcomer"]
    assert lab.in_line() == 1


async def test_what_failed_a_request_is_not_waited_for(lab: Lab) -> None:
    pair = model("pair", ONE, LONG)
    await lab.come("one", "two", asked=pair)
    await lab.come("again", asked=pair, tried=[ONE])
    (at_one,) = (name for name, lease in lab.leases.items() if lease.endpoint == ONE)

    await lab.free(at_one)
    before = list(lab.order)
    await lab.free(*lab.leases)

    assert "again" not in before
    assert lab.leases["again"].endpoint == LONG


async def test_a_wait_ends_when_its_time_is_over(lab: Lab) -> None:
    await lab.come("first")
    began = now()
    wanted = Demand(workload())

    with pytest.raises(QueueTimeoutError) as late:
        await lab.pool.lease(NARROW, wanted, 2.5)

    assert now() - began == pytest.approx(2.5)
    assert wanted.waited_s == pytest.approx(2.5)
    assert (late.value.status, late.value.code) == (429, "queue_timeout")
    assert lab.in_line() == 0


async def test_who_leaves_frees_its_place(lab: Lab) -> None:
    await lab.come("first", "second", "third")

    await lab.leave("second")
    in_line = lab.in_line()
    await lab.free("first")

    assert in_line == 1
    assert lab.order == ["first", "third"]


async def test_a_slot_of_who_leaves_in_that_very_moment_goes_to_the_next(lab: Lab) -> None:
    await lab.come("first", "second", "third")

    with lab.leases.pop("first"):
        pass
    await lab.leave("second")

    assert lab.order == ["first", "third"]
    assert [state.in_flight for state in lab.pool.states()] == [1]


async def test_who_leaves_just_before_a_slot_comes_free_does_not_get_it(lab: Lab) -> None:
    await lab.come("first", "second", "third")

    lab.tasks["second"].cancel()
    with lab.leases.pop("first"):
        pass
    await settled()

    assert lab.order == ["first", "third"]
    assert [state.in_flight for state in lab.pool.states()] == [1]


async def test_nobody_waits_for_what_has_gone_out_of_service(lab: Lab) -> None:
    await lab.come("first", "second", "third")

    await lab.free("first", error=RateLimitedError("slow down", retry_after_s=60))

    assert {error.code for error in lab.failed.values()} == {"rate_limit_exceeded"}
    assert set(lab.failed) == {"second", "third"}
    assert lab.in_line() == 0


async def test_who_waits_for_a_drained_endpoint_is_told_so(lab: Lab) -> None:
    await lab.come("first", "second")

    lab.pool.states()[0].is_draining = True
    lab.pool.serve_lines()
    await settled()

    assert isinstance(lab.failed["second"], AllRestingError)


async def test_an_endpoint_that_comes_back_by_itself_wakes_those_in_line(lab: Lab) -> None:
    pair = model("pair", ONE, LONG)
    await lab.come("one", "two", asked=pair)
    (at_one,) = (name for name, lease in lab.leases.items() if lease.endpoint == ONE)
    await lab.free(at_one, error=RateLimitedError("slow down", retry_after_s=7))
    await lab.come("three", asked=pair)
    before = list(lab.order)

    await asyncio.sleep(7.01)

    assert "three" not in before
    assert lab.wishes["three"].waited_s == pytest.approx(7)
    assert lab.leases["three"].endpoint == ONE


async def test_an_endpoint_that_goes_while_others_wait_wakes_them_when_it_is_back(lab: Lab) -> None:
    pair = model("pair", ONE, LONG)
    await lab.come("one", "two", "three", "four", asked=pair)
    (at_one,) = (name for name, lease in lab.leases.items() if lease.endpoint == ONE)

    await lab.free(at_one, error=RateLimitedError("slow down", retry_after_s=7))
    await asyncio.sleep(7.01)

    assert lab.order[2:] == ["three"]
    assert lab.in_line() == 1


async def test_when_one_that_is_tried_again_has_answered_all_in_line_are_served(lab: Lab) -> None:
    wide = model("wide", endpoint("w"))
    await lab.come("one", asked=wide)
    await lab.free("one", error=RateLimitedError("slow down", retry_after_s=5))
    await asyncio.sleep(6.1)
    await lab.come("try", "b", "c", "d", asked=wide)
    in_line = lab.in_line()

    await lab.free("try")

    assert in_line == 3
    assert lab.order == ["one", "try", "b", "c", "d"]


async def test_when_one_that_is_tried_again_begins_to_answer_all_in_line_are_served(
    lab: Lab,
) -> None:
    wide = model("wide", endpoint("w"))
    await lab.come("one", asked=wide)
    await lab.free("one", error=RateLimitedError("slow down", retry_after_s=5))
    await asyncio.sleep(6.1)
    await lab.come("try", "b", "c", asked=wide)

    lab.leases["try"].begin(is_stream=True)
    await settled()

    assert lab.order == ["one", "try", "b", "c"]


async def test_a_refused_key_that_may_be_tried_again_wakes_those_in_line(lab: Lab) -> None:
    other = endpoint("b", provider="other", max_concurrency=1)
    pair = model("pair", ONE, other)
    await lab.come("one", "two", asked=pair)
    (at_one,) = (name for name, lease in lab.leases.items() if lease.endpoint == ONE)
    await lab.free(at_one, error=UnauthorisedError("who are you?"))
    await lab.come("three", asked=pair, wait_s=1000)

    await asyncio.sleep(400)

    assert lab.leases["three"].endpoint == ONE


async def test_those_in_line_see_an_endpoint_that_is_listed_anew_before_newcomers(lab: Lab) -> None:
    await lab.come("first", "second")
    wider = replace(NARROW, endpoints=(*NARROW.endpoints, LONG))

    await lab.come("newcomer", asked=wider, wait_s=0)

    assert lab.order == ["first", "second"]
    assert lab.leases["second"].endpoint == LONG
    assert isinstance(lab.failed["newcomer"], PoolFullError)


async def test_a_made_up_name_gives_nobody_in_line_a_slot_that_is_not_there(lab: Lab) -> None:
    await lab.come("first", "second")

    await lab.come("other", asked=replace(NARROW, listed=False))

    assert lab.order == ["first", "other"]
    assert lab.in_line() == 1


async def test_models_that_share_an_endpoint_take_turns(lab: Lab) -> None:
    other = model("other", ONE)
    await lab.come("a0", "a1", "a2", "a3")
    await lab.come("b1", "b2", asked=other)

    for _ in range(5):
        await lab.free(*lab.leases)

    assert lab.order == ["a0", "a1", "b1", "a2", "b2", "a3"]


async def test_the_time_to_come_back_grows_with_the_line_and_is_bounded() -> None:
    lab = new_lab(longest_line=30)
    wide = model("wide", endpoint("w", max_concurrency=2))
    await lab.come("first", "second", asked=wide)
    await lab.free("first")
    await lab.come("third", asked=wide)
    hints = []
    for number in range(30):
        with pytest.raises(PoolFullError) as full:
            await lab.pool.lease(wide, Demand(workload()))
        hints.append(full.value.retry_after_s)
        await lab.come(f"next {number}", asked=wide)
    lab.pool.states()[0].pace.service_s = 100.0

    with pytest.raises(PoolFullError) as slow:
        await lab.pool.lease(wide, Demand(workload()), 10)

    assert hints[:4] == [1, 2, 3, 3]
    assert slow.value.retry_after_s == 60


async def test_what_is_out_of_service_does_not_shorten_the_time_to_come_back(lab: Lab) -> None:
    many = endpoint("b", max_concurrency=9)
    pair = model("pair", ONE, many)
    one, other = lab.pool.states_of(pair)
    one.pace.service_s, other.pace.service_s, other.is_draining = 4.0, 0.1, True
    await lab.come("first", "second", asked=pair)

    with pytest.raises(PoolFullError) as full:
        await lab.pool.lease(pair, Demand(workload()))

    assert full.value.retry_after_s == 2 * 4


OPERATIONS = st.lists(
    st.one_of(
        st.tuples(st.just("come"), st.integers(0, 15)),
        st.tuples(st.sampled_from(["free", "leave", "fail"]), st.integers(0, 30)),
        st.tuples(st.just("pass"), st.integers(1, 8)),
    ),
    min_size=20,
    max_size=80,
)


def virtually(main: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await main()

    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        runner.run(run())


@given(operations=OPERATIONS)
def test_whatever_happens_no_slot_is_given_twice_and_nobody_is_forgotten(
    operations: Sequence[tuple[str, int]],
) -> None:
    async def live() -> None:
        lab = new_lab(longest_line=6)
        for step, (what, number) in enumerate(operations):
            await _do(lab, step, what, number)
            _check(lab)
        while lab.leases:
            await lab.free(*lab.leases)
            _check(lab)
        await asyncio.sleep(20)
        assert all(task.done() for task in lab.tasks.values())
        assert lab.in_line() == 0
        assert all(state.in_flight == 0 for state in lab.pool.states())

    virtually(live)


async def _do(lab: Lab, step: int, what: str, number: int) -> None:
    if what == "come":
        tenant, is_long, is_batch = f"t{number % 4}", number & 4, number & 8
        await lab.come(
            f"r{step}",
            asked=MIXED,
            tenant=tenant,
            input_tokens=5000 if is_long else 100,
            kind="batch" if is_batch else "chat",
        )
    elif what == "leave" and (waiting := [n for n, t in lab.tasks.items() if not t.done()]):
        await lab.leave(waiting[number % len(waiting)])
    elif what in {"free", "fail"} and lab.leases:
        name = list(lab.leases)[number % len(lab.leases)]
        await lab.free(name, error=UpstreamError("boom") if what == "fail" else None)
    elif what == "pass":
        await asyncio.sleep(number)
        await settled()


def _check(lab: Lab) -> None:
    """No endpoint has more than its slots, and none has a free one that somebody waits for."""
    held = Counter(lease.endpoint for lease in lab.leases.values())
    waiting = [name for name, task in lab.tasks.items() if not task.done()]
    assert lab.in_line() == len(waiting) <= 6
    for name, task in lab.tasks.items():
        ended = [name in lab.order, name in lab.failed, task.done() and task.cancelled()]
        assert sum(ended) == task.done()
    for state in lab.pool.states():
        assert state.in_flight == held[state.endpoint] <= 1
        wanting = set(waiting) - (lab.long if state.endpoint == SHORT else set())
        assert not wanting or state.is_full or state.is_out(now())
