"""One of three endpoints fails under 200 requests at once; and what may never happen meanwhile."""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from time import monotonic

import pytest

from tests import answers
from tests.chaos.pool_lab import Lab, Site, pool_lab, truncated
from tests.fake_upstream import Answer
from tests.proxy import eventually
from wrp_proxy.pool.registry import BALANCERS

pytestmark = pytest.mark.anyio

_AT_ONCE = 200
_FEWER = 60
_IMPATIENT = {"first_content_timeout_s": 2, "answer_timeout_s": 2}
_UNHEARD = {"upstream_disconnected"}
"""What an attempt that never reached its upstream comes to."""
_SPREADING = {"least_busy", "round_robin", "weighted"}


def _fails_with(answer: Answer) -> Callable[[Site], None]:
    return lambda site: site.fail(answer)


_FAULTS: Mapping[str, Callable[[Site], None]] = {
    "killed": lambda site: site.upstream.kill(),
    "hangs": _fails_with(answers.hang),
    "rate limited": _fails_with(answers.error(429)),
    "rate limited for a while": _fails_with(answers.error(429, headers={"retry-after": "60"})),
    "answers 500": _fails_with(answers.error(500)),
    "resets": _fails_with(answers.reset),
    "truncates before content": _fails_with(truncated(after_content=False)),
    "truncates after content": _fails_with(truncated(after_content=True)),
}


@pytest.mark.parametrize("fault", _FAULTS)
async def test_one_of_three_fails_under_200_requests(tmp_path: Path, fault: str) -> None:
    limits = _IMPATIENT if fault == "hangs" else {}
    with pool_lab(tmp_path, held=_AT_ONCE, limits=limits) as lab:
        bad = await _rush(lab, _FAULTS[fault])

        _all_are_served_but_those_cut(lab, may_be_cut=fault == "truncates after content")
        _nothing_is_billed_that_is_not_recorded(lab)
        _none_asks_the_same_endpoint_twice(lab)
        await _it_is_left_alone(lab, bad)
        _the_healthy_share_the_load(lab, bad)


@pytest.mark.parametrize("balance", sorted(set(BALANCERS) - {"p2c"}))
async def test_no_other_balancer_loses_a_request(tmp_path: Path, balance: str) -> None:
    with pool_lab(tmp_path, held=_FEWER, balance=balance) as lab:
        bad = await _rush(lab, _FAULTS["answers 500"], _FEWER)

        _all_are_served_but_those_cut(lab)
        _nothing_is_billed_that_is_not_recorded(lab)
        _none_asks_the_same_endpoint_twice(lab)
        await _it_is_left_alone(lab, bad)
        if balance in _SPREADING:
            _the_healthy_share_the_load(lab, bad)


async def _rush(lab: Lab, fault: Callable[[Site], None], times: int = _AT_ONCE) -> Site:
    """Have all requests at the upstreams, then let the one that has the most of them fail."""
    asking = [asyncio.create_task(lab.ask()) for _ in range(times)]
    await lab.all_here()
    bad = lab.busiest()
    fault(bad)
    lab.release()
    await asyncio.gather(*asking)
    return bad


def _all_are_served_but_those_cut(lab: Lab, *, may_be_cut: bool = False) -> None:
    """Look at every reply; `may_be_cut`: streams are, after some content."""
    rows = lab.rows()
    cut = {
        row["request_id"] for row in rows if row["finish"] == "failed" and row["first_content_s"]
    }
    complete = Counter(row["request_id"] for row in rows if row["finish"] == "complete")
    failed = [reply for reply in lab.replies if not reply.is_whole]

    assert {reply.id for reply in failed} == cut, failed
    assert bool(cut) == may_be_cut
    assert {reply.code for reply in failed} <= {"upstream_disconnected"}
    assert complete == Counter(reply.id for reply in lab.replies if reply.is_whole)


def _nothing_is_billed_that_is_not_recorded(lab: Lab) -> None:
    rows = lab.rows()
    for site in lab.sites:
        own = [row for row in rows if row["endpoint"] == site.endpoint]
        counted = [row for row in own if row["usage_estimated"] == 0]
        unheard = Counter(row["request_id"] for row in own) - site.asked_for
        assert not site.asked_for - Counter(row["request_id"] for row in own)
        assert unheard <= Counter(row["request_id"] for row in own if row["error"] in _UNHEARD)
        assert sum(row["prompt_tokens"] for row in counted) == 11 * site.billed
        assert sum(row["completion_tokens"] for row in counted) == 7 * site.billed


def _none_asks_the_same_endpoint_twice(lab: Lab) -> None:
    attempts = Counter((row["request_id"], row["endpoint"]) for row in lab.rows())

    assert set(attempts.values()) == {1}


async def _it_is_left_alone(lab: Lab, bad: Site) -> None:
    before = bad.asked
    replies = await lab.ask_many(40)

    assert lab.is_cooling(bad)
    assert Counter(reply.attempts for reply in replies) == {1: 40}
    assert bad.name not in {reply.provider for reply in replies}
    assert bad.asked == before


def _the_healthy_share_the_load(lab: Lab, bad: Site) -> None:
    asked = [site.asked for site in lab.others(bad)]

    assert 0.3 <= asked[0] / sum(asked) <= 0.7, asked


async def test_what_is_slow_is_not_failed_but_avoided(tmp_path: Path) -> None:
    with pool_lab(tmp_path, held=_AT_ONCE) as lab:
        slow = await _rush(lab, _be_late)
        before = slow.asked
        await lab.ask_many(100)

        assert Counter(reply.attempts for reply in lab.replies) == {1: 300}
        assert all(reply.is_whole for reply in lab.replies)
        assert not lab.is_cooling(slow)
        assert slow.asked - before <= 20
        _nothing_is_billed_that_is_not_recorded(lab)


def _be_late(site: Site) -> None:
    site.answer = site.late


@pytest.mark.parametrize("fault", ["killed", "rate limited"])
async def test_what_is_well_again_gets_its_share_again(tmp_path: Path, fault: str) -> None:
    with pool_lab(tmp_path, held=_AT_ONCE, limits={"cooldown_s": 0.2}) as lab:
        bad = await _rush(lab, _FAULTS[fault])
        bad.answer = bad.well
        if fault == "killed":
            bad.upstream.revive()
        before, deadline = bad.billed, monotonic() + 20
        while bad.billed < before + 10:
            assert monotonic() < deadline, [site.asked for site in lab.sites]
            await lab.ask_many(10)

        assert not lab.is_cooling(bad)
        assert all(reply.is_whole for reply in lab.replies)
        _nothing_is_billed_that_is_not_recorded(lab)


async def test_retries_are_a_share_of_the_traffic_where_all_fail(tmp_path: Path) -> None:
    budget = {"retry_reserve": 10, "retry_share": 0.2, "cooldown_s": 0}
    with pool_lab(tmp_path, limits=budget) as lab:
        for site in lab.sites:
            site.answer = answers.error(500)
        began = monotonic()
        replies = await lab.ask_many(300, at_once=50)
        by_time = 10 * (monotonic() - began)
        attempts = sum(site.asked for site in lab.sites)

        assert {(reply.status, reply.attempts > 0) for reply in replies} == {(500, True)}
        assert sum(reply.attempts for reply in replies) == attempts == len(lab.rows())
        assert 300 + 10 <= attempts <= 300 + 10 + 0.2 * 300 + by_time + 1


async def test_no_storm_meets_endpoints_that_all_fail(tmp_path: Path) -> None:
    with pool_lab(tmp_path, limits={"failures": 3}) as lab:
        for site in lab.sites:
            site.answer = answers.error(500)
        replies = await lab.ask_many(200, at_once=10)
        refused = [reply for reply in replies if reply.status == 503]

        assert {reply.status for reply in replies} == {500, 503}
        assert {reply.code for reply in refused} == {"all_endpoints_down"}
        assert all(int(reply.retry_after or 0) >= 1 for reply in refused)
        assert len(refused) > 150
        assert sum(site.asked for site in lab.sites) <= 3 * (3 + 10)


async def test_clients_that_leave_give_their_slots_back_and_stay_on_record(
    tmp_path: Path,
) -> None:
    random = Random(7)  # noqa: S311 - where clients leave
    with pool_lab(tmp_path, held=_AT_ONCE) as lab:
        staying = [asyncio.create_task(lab.ask()) for _ in range(100)]
        points = [random.randint(0, 5) for _ in range(100)]
        leaving = [asyncio.create_task(lab.ask(leaves_after=point)) for point in points]
        await lab.all_here()
        for task, point in zip(leaving, points, strict=True):
            if point == 0:
                task.cancel()
        _FAULTS["resets"](lab.busiest())
        lab.release()
        await asyncio.gather(*leaving, return_exceptions=True)
        stayed = await asyncio.gather(*staying)
        eventually(lab.has_all_slots_back)
        rows = lab.rows()

        assert all(reply.is_whole for reply in stayed)
        assert len({row["request_id"] for row in rows}) == _AT_ONCE
        assert "wrp_records_dropped_total 0.0" in lab.metrics()
        for site in lab.sites:
            own = [row for row in rows if row["endpoint"] == site.endpoint]
            assert not site.asked_for - Counter(row["request_id"] for row in own)
            assert sum(row["prompt_tokens"] is not None for row in own) >= site.billed
