"""A judging model that says what it is told to, and a judge that asks it."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from math import inf
from random import Random
from typing import Any, Protocol

from tests.unit.clock import Clock
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.judge.comparison import Comparison, Texts
from wrp_proxy.cache.judge.judge import Judge
from wrp_proxy.cache.judge.limits import JudgeLimits

SECRET = "the texts of strangers"


class Model(Protocol):
    async def ask(self, messages: list[dict[str, str]]) -> tuple[str, float | None]: ...


@dataclass(slots=True)
class FakeModel:
    """Gives one reply after the other, the last one for ever; an exception is raised."""

    replies: Sequence[str | Exception]
    cost_usd: float | None = 0.01
    asked: list[list[dict[str, str]]] = field(default_factory=list)

    async def ask(self, messages: list[dict[str, str]]) -> tuple[str, float | None]:
        self.asked.append(messages)
        reply = self.replies[min(len(self.asked), len(self.replies)) - 1]
        if isinstance(reply, Exception):
            raise reply
        return reply, self.cost_usd


class Court:
    """A judge, the labels it made, and a clock that its pauses put forward."""

    def __init__(
        self,
        model: Model,
        label: Callable[[Label], None] | None = None,
        **limits: Any,
    ) -> None:
        self.clock = Clock()
        self.pauses: list[float] = []
        self.labels: list[Label] = []
        given = {"hit_share": 1.0, "miss_share": 1.0, "calls_per_minute": inf, "usd_per_day": inf}
        self.judge = Judge(
            ask=model.ask,
            label=label or self.labels.append,
            limits=JudgeLimits(**{**given, **limits}),
            random=Random(1),  # noqa: S311 - reproducible
            clock=self.clock,
            pause=self.pause,
        )

    async def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.clock.now += seconds

    @asynccontextmanager
    async def sitting(self) -> AsyncIterator[None]:
        """Have the judge at work, and let it do all it can before it ends."""
        work = asyncio.create_task(self.judge.run())
        yield
        await turns()
        work.cancel()
        with suppress(asyncio.CancelledError):
            await work

    async def hear(self, *comparisons: Comparison) -> None:
        async with self.sitting():
            for one in comparisons:
                self.judge.consider(one)


async def turns(count: int = 200) -> None:
    """Let all others that have something to do go on."""
    for _ in range(count):
        await asyncio.sleep(0)


def comparison(*, is_hit: bool = True, similarity: float = 0.93, entry: bytes = b"e") -> Comparison:
    return Comparison(
        entry_id=entry,
        similarity=similarity,
        key=("auto", "chat"),
        partition=b"p",
        is_hit=is_hit,
        texts=secret_texts,
    )


async def secret_texts() -> Texts:
    return Texts(known_question=SECRET, known_answer=SECRET, question=SECRET)
