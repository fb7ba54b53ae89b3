"""Which comparisons are made, what becomes of them, and at what cost."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import pytest
from structlog.testing import capture_logs

from tests.unit.cache.judge.model import (
    SECRET,
    Court,
    FakeModel,
    comparison,
    secret_texts,
    turns,
)
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.judge.comparison import Texts

pytestmark = pytest.mark.anyio

SAME, DIFFERENT, UNSURE = (f'{{"verdict": "{word}"}}' for word in ("same", "different", "unsure"))
LABEL = Label(
    entry_id=b"e",
    similarity=0.93,
    right=True,
    source="judge",
    key=("auto", "chat"),
    partition=b"p",
    is_audit=True,
)


class HangingModel:
    def __init__(self) -> None:
        self.broken_off = asyncio.Event()

    async def ask(self, _: list[dict[str, str]]) -> tuple[str, float | None]:
        try:
            await asyncio.Event().wait()
        finally:
            self.broken_off.set()
        raise AssertionError


class SlowModel:
    def __init__(self) -> None:
        self._under_way = 0
        self.most = 0

    async def ask(self, _: list[dict[str, str]]) -> tuple[str, float | None]:
        self._under_way += 1
        self.most = max(self.most, self._under_way)
        await turns(3)
        self._under_way -= 1
        return SAME, None


@pytest.mark.parametrize("is_hit", [True, False])
@pytest.mark.parametrize(
    ("replies", "right", "asked"),
    [
        ([SAME], True, 1),
        ([DIFFERENT, DIFFERENT, DIFFERENT], False, 3),
        ([DIFFERENT, SAME], None, 2),
        ([DIFFERENT, DIFFERENT, SAME], None, 3),
    ],
)
async def test_verdicts_become_labels(
    is_hit: bool, replies: Sequence[str | Exception], right: bool | None, asked: int
) -> None:
    model = FakeModel(replies)
    court = Court(model)

    await court.hear(comparison(is_hit=is_hit))

    assert court.labels == [replace(LABEL, right=right, is_audit=is_hit)]
    assert court.judge.counts()["asked"] == len(model.asked) == asked


@pytest.mark.parametrize(
    "replies", [[UNSURE], ["They are the same, I think."], [DIFFERENT, UNSURE], [""]]
)
async def test_what_is_unclear_counts_nothing(replies: Sequence[str | Exception]) -> None:
    court = Court(FakeModel(replies))

    await court.hear(comparison())

    assert court.labels == []
    assert court.judge.counts()["unsure"] == 1


async def test_everything_is_counted() -> None:
    replies: Sequence[str | Exception] = [SAME, DIFFERENT, SAME, UNSURE, ValueError("x")]
    court = Court(FakeModel([*replies, DIFFERENT]))

    await court.hear(*[comparison()] * 5)

    assert court.judge.counts() == {
        "asked": 8,
        "same": 1,
        "different": 1,
        "contradicted": 1,
        "unsure": 1,
        "failed": 1,
        "dropped": 0,
        "waiting": 0,
        "cost_usd": pytest.approx(0.07),
    }


async def test_a_share_is_drawn_and_the_texts_of_the_others_are_never_made() -> None:
    court = Court(FakeModel([SAME]), hit_share=0.02, miss_share=0.2, max_waiting=10_000)
    made: list[bool] = []

    async def make(*, is_hit: bool) -> Texts:
        made.append(is_hit)
        return await secret_texts()

    for is_hit in (True, False):
        one = replace(comparison(is_hit=is_hit), texts=partial(make, is_hit=is_hit))
        await court.hear(*[one] * 5000)

    assert made.count(True) == pytest.approx(100, abs=40)
    assert made.count(False) == pytest.approx(1000, abs=120)
    assert court.judge.counts()["dropped"] == 0


async def test_what_does_not_fit_is_dropped_and_misses_leave_room_for_hits() -> None:
    court = Court(FakeModel([SAME]), max_waiting=10)

    for is_hit in (False, True):
        for _ in range(20):
            court.judge.consider(comparison(is_hit=is_hit))
    async with court.sitting():
        pass

    assert [label.is_audit for label in court.labels] == [False] * 5 + [True] * 5
    assert court.judge.counts()["dropped"] == 30


async def test_calls_are_spaced() -> None:
    court = Court(FakeModel([SAME]), calls_per_minute=20)

    await court.hear(*[comparison()] * 4)

    assert court.pauses == pytest.approx([3.0, 3.0, 3.0])
    assert len(court.labels) == 4


async def test_a_clock_that_is_put_back_stops_nothing() -> None:
    court = Court(FakeModel([SAME]), calls_per_minute=20)
    await court.hear(comparison())

    court.clock.now -= 900
    await court.hear(comparison())

    assert court.pauses == [3.0]


async def test_no_more_is_spent_in_a_day_than_is_allowed() -> None:
    court = Court(FakeModel([SAME], cost_usd=0.4), usd_per_day=1.0)

    await court.hear(*[comparison()] * 5)
    assert court.judge.counts()["cost_usd"] == pytest.approx(1.2)
    assert court.judge.counts()["dropped"] == 2

    await court.hear(comparison())
    assert court.judge.counts()["dropped"] == 3

    court.clock.now += 86_400
    await court.hear(comparison())
    assert len(court.labels) == 4


@pytest.mark.parametrize(("usd_per_day", "asked"), [(0.0, 0), (0.001, 3)])
async def test_calls_of_unknown_cost_are_bounded_by_their_rate_alone(
    usd_per_day: float, asked: int
) -> None:
    court = Court(FakeModel([SAME], cost_usd=None), usd_per_day=usd_per_day)

    await court.hear(*[comparison()] * 3)

    assert court.judge.counts()["asked"] == asked


async def test_a_model_that_fails_is_logged_once_without_the_texts() -> None:
    failure = ValueError(SECRET)
    court = Court(FakeModel([failure, failure, failure, SAME, failure, SAME]))

    with capture_logs() as logs:
        await court.hear(*[comparison()] * 6)

    assert logs == [{"event": "judge failed", "error": "ValueError", "log_level": "warning"}] * 2
    assert court.judge.counts()["failed"] == 4
    assert len(court.labels) == 2


async def test_texts_that_cannot_be_made_are_a_failure_like_others() -> None:
    court = Court(FakeModel([SAME]))

    async def broken() -> Texts:
        raise KeyError(SECRET)

    with capture_logs() as logs:
        await court.hear(replace(comparison(), texts=broken), comparison())

    assert SECRET not in str(logs)
    assert court.judge.counts()["failed"] == 1
    assert len(court.labels) == 1


async def test_texts_that_are_gone_by_now_are_dropped() -> None:
    court = Court(FakeModel([SAME]))

    async def gone() -> None:
        return None

    await court.hear(replace(comparison(), texts=gone), comparison())

    assert court.judge.counts()["dropped"] == 1
    assert len(court.labels) == 1


async def test_labels_that_cannot_be_learnt_from_end_nothing() -> None:
    def broken(label: Label) -> None:
        raise KeyError(label)

    court = Court(FakeModel([SAME]), label=broken)

    with capture_logs() as logs:
        await court.hear(comparison(), comparison())

    assert court.judge.counts()["failed"] == 2
    assert len(logs) == 1


async def test_a_call_that_takes_too_long_is_broken_off() -> None:
    model = HangingModel()
    court = Court(model, timeout_s=0.01)

    async with court.sitting():
        court.judge.consider(comparison())
        await asyncio.wait_for(model.broken_off.wait(), 10)

    assert court.judge.counts()["failed"] == 1


async def test_one_call_is_under_way_at_a_time() -> None:
    model = SlowModel()
    court = Court(model)

    await court.hear(*[comparison()] * 10)

    assert model.most == 1
    assert len(court.labels) == 10


async def test_a_closed_judge_takes_no_more_and_forgets_what_waits() -> None:
    court = Court(FakeModel([SAME]))
    court.judge.consider(comparison())

    court.judge.close()
    await court.hear(comparison())

    assert court.labels == []
    assert court.judge.counts()["waiting"] == 0


async def test_nothing_of_the_texts_is_in_what_may_be_printed() -> None:
    assert SECRET not in repr(comparison())
