"""A cache, a judge that errs, and the bounds between them, over simulated traffic."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from math import inf
from random import Random

import msgspec

from tests.simulation.traffic import ENTRIES, Question, Traffic, name
from wrp_proxy.cache.bounds.entry_bounds import EntryBounds
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.bounds.served_bounds import Bound, ServedBounds
from wrp_proxy.cache.judge.comparison import Comparison, Texts
from wrp_proxy.cache.judge.judge import Judge
from wrp_proxy.cache.judge.limits import JudgeLimits

KEY = ("auto", "chat")
_GREY_FROM = 0.75
_EXPIRE_EVERY = 60
"""Questions after which the next entry expires: each lives for 18,000."""


@dataclass(slots=True)
class Served:
    """What was answered from the cache."""

    questions: int = 0
    hits: int = 0
    wrong: int = 0

    @property
    def wrong_share(self) -> float:
        return self.wrong / max(self.hits, 1)

    @property
    def hit_rate(self) -> float:
        return self.hits / self.questions


@dataclass(frozen=True, slots=True)
class Errors:
    """Shares of the judge's verdicts that are false."""

    anew: float = 0.0
    """Each time it is asked."""
    repeated: float = 0.0
    """However often it is asked about the same."""


class ErringModel:
    """Judges as is true, but for its errors; reads the truth from question B."""

    def __init__(self, errors: Errors) -> None:
        self._errors = errors
        self._random = Random(2)  # noqa: S311 - a simulation
        self._is_mistaken = False

    async def ask(self, messages: list[dict[str, str]]) -> tuple[str, float | None]:
        asked = msgspec.json.decode(messages[1]["content"])
        if next(iter(asked)) == "question_a":  # the first asking
            self._is_mistaken = self._random.random() < self._errors.repeated
        slips = self._random.random() < self._errors.anew
        errs = slips != self._is_mistaken
        return ("same" if (asked["question_b"] == "same") != errs else "different"), 0.0001


class CacheUnderJudgement:
    """Serves what is near enough, and learns from what the judge says of it."""

    def __init__(
        self, *, errors: Errors, budget: float, base: float = 0.92, audits: float = 0.1
    ) -> None:
        """`audits` is the share of hits that is audited; repeated errors are stated."""
        self.entries = EntryBounds()
        self.bounds: ServedBounds[tuple[str, str]] = ServedBounds(
            replica="a", repeated_error=errors.repeated
        )
        self.highest_raise = 0.0
        self._budget = budget
        self._base = base
        self._judge = Judge(
            ask=ErringModel(errors).ask,
            label=self._learn,
            limits=JudgeLimits(hit_share=audits, calls_per_minute=inf, usd_per_day=inf),
            random=Random(3),  # noqa: S311 - a simulation
            clock=lambda: 0.0,
        )

    @asynccontextmanager
    async def judged(self) -> AsyncIterator[None]:
        """Have the judge at work meanwhile."""
        work = asyncio.create_task(self._judge.run())
        yield
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work
        assert not self._judge.counts()["waiting"]
        assert not self._judge.counts()["failed"]

    async def serve(self, traffic: Traffic, count: int) -> Served:
        served = Served()
        for question in traffic.questions(count):
            if served.questions % _EXPIRE_EVERY == 0:
                self.entries.forget(name(served.questions // _EXPIRE_EVERY % ENTRIES))
            is_hit = question.similarity >= self._threshold(question)
            served.questions += 1
            served.hits += is_hit
            served.wrong += is_hit and not question.is_same
            await self._consider(question, is_hit=is_hit)
        return served

    def bound(self) -> Bound:
        return self.bounds.bound(KEY)

    def _threshold(self, question: Question) -> float:
        return self.entries.threshold(question.entry_id, self._base, self.bounds.raised(KEY))

    async def _consider(self, question: Question, *, is_hit: bool) -> None:
        if question.similarity < _GREY_FROM:
            return
        truth = "same" if question.is_same else "different"
        self._judge.consider(
            Comparison(
                entry_id=question.entry_id,
                similarity=question.similarity,
                key=KEY,
                partition=b"p",
                is_hit=is_hit,
                texts=partial(_texts, truth),
            )
        )
        await asyncio.sleep(0)  # the judge, which never has to wait, is done with it

    def _learn(self, label: Label) -> None:
        self.entries.learn(label)
        self.bounds.learn(KEY, label, budget=self._budget, base=self._base)
        self.highest_raise = max(self.highest_raise, self.bounds.raised(KEY))


async def _texts(truth: str) -> Texts:
    return Texts(known_question="a", known_answer="a", question=truth)
