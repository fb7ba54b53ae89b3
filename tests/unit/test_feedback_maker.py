"""Judges are compared with people from the start of the proxy on."""

import asyncio
from contextlib import closing
from pathlib import Path

import pytest

from tests.unit.nouns import outcome
from wrp_proxy.accounting.feedback import Feedback, FeedbackBook
from wrp_proxy.accounting.journal import Journal
from wrp_proxy.feedback_maker import estimate_judges
from wrp_proxy.grading.debiasing import Debiasing

pytestmark = pytest.mark.anyio
ANSWERS = 30


def opinion(name: str, source: str, score: float) -> Feedback:
    return Feedback(
        request_id=name,
        session=None,
        score=score,
        verdict=None,
        source=source,
        comment=None,
        preferred=None,
    )


class Estimating(Debiasing):
    """Tells when it has been given an estimate."""

    def __init__(self) -> None:
        super().__init__()
        self.is_done = asyncio.Event()

    def estimate(self, pairs: object) -> None:
        super().estimate(pairs)  # type: ignore[arg-type]  # handed on as it came
        self.is_done.set()


async def estimated(book: FeedbackBook) -> Debiasing:
    debiasing = Estimating()
    task = asyncio.create_task(estimate_judges(book, debiasing))
    await asyncio.wait_for(debiasing.is_done.wait(), 10)
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    return debiasing


async def test_a_judge_that_people_contradict_is_known_to_err(tmp_path: Path) -> None:
    names = [str(number) for number in range(ANSWERS)]
    with closing(Journal.open(tmp_path / "journal.sqlite3")) as journal:
        journal.write([outcome(request_id=name, started_at=1000.0) for name in names])
        book = FeedbackBook(journal.path, lambda: 1500.0)
        for place, name in enumerate(names):
            book.take(opinion(name, "judge", 1.0), None)
            book.take(opinion(name, "user", 0.0 if place < ANSWERS / 3 else 1.0), None)

        debiasing = await estimated(book)

    assert debiasing.error_of("judge") == pytest.approx((ANSWERS / 3 + 1) / (ANSWERS + 5))
    assert debiasing.error_of("user") == 0.0
