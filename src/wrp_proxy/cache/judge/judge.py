"""Compares answers in the background, within a rate and a cost."""

import asyncio
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from random import Random
from typing import Literal, get_args

import structlog

from wrp_proxy.cache.bounds.judge_error import ASKINGS
from wrp_proxy.cache.bounds.label import Label
from wrp_proxy.cache.judge.comparison import Comparison, Texts
from wrp_proxy.cache.judge.limits import JudgeLimits, Spending
from wrp_proxy.cache.judge.prompt import Verdict, ask_for_verdict, read_verdict

Ask = Callable[[list[dict[str, str]]], Awaitable[tuple[str, float | None]]]
"""Ask the judging model; return what it says and the cost in USD, None where that is unknown."""
Ruling = Literal["same", "different", "contradicted", "unsure"]
_COUNTED = ("asked", *get_args(Ruling), "dropped", "failed")
_RIGHT: dict[Ruling, bool | None] = {"same": True, "different": False, "contradicted": None}


class Judge:
    """Draws hits and grey-zone misses, asks a model about them, and makes labels of its verdicts.

    What is called `different` is asked about twice more, in other words, for such labels raise
    thresholds; where one of the verdicts is `same`, the label tells so. `unsure` makes no label.
    Nothing here raises, waits on a request's path, or writes the texts to a log.
    """

    def __init__(
        self,
        *,
        ask: Ask,
        label: Callable[[Label], None],
        limits: JudgeLimits,
        random: Random,
        clock: Callable[[], float],
        pause: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """`clock` gives Unix seconds; `pause` waits for so many."""
        self._ask = ask
        self._label = label
        self._limits = limits
        self._random = random
        self._spending = Spending(limits, clock, pause)
        self._waiting: asyncio.Queue[Comparison] = asyncio.Queue(limits.max_waiting)
        self._counts: Counter[str] = Counter()
        self._is_closed = False
        self._is_failing = False
        self._log = structlog.get_logger("wrp_proxy.judge")

    def consider(self, comparison: Comparison) -> None:
        """Draw a comparison or leave it; what does not fit is dropped. Called on the event loop.

        Misses take no more than half the room: bounds are made of hits.
        """
        limits = self._limits
        share = limits.hit_share if comparison.is_hit else limits.miss_share
        if self._random.random() >= share:
            return
        room = limits.max_waiting if comparison.is_hit else limits.max_waiting / 2
        if self._is_closed or self._spending.is_over or self._waiting.qsize() >= room:
            self._counts["dropped"] += 1
        else:
            self._waiting.put_nowait(comparison)

    def counts(self) -> Mapping[str, float]:
        """Return how many calls were `asked`, how many comparisons were `same`, `different`,
        `contradicted`, `unsure`, `dropped` and `failed`, how many wait, and the cost.
        """
        return {
            **{name: self._counts[name] for name in _COUNTED},
            "waiting": self._waiting.qsize(),
            "cost_usd": self._spending.total_usd,
        }

    async def run(self) -> None:
        """Compare until cancelled."""
        while True:
            comparison = await self._waiting.get()
            try:
                await self._compare(comparison)
            except Exception as error:  # noqa: BLE001 - border: a judge that fails ends nothing
                self._counts["failed"] += 1
                self._tell_once(error)
            else:
                self._is_failing = False

    def close(self) -> None:
        """Take no more, and forget what waits."""
        self._is_closed = True
        while not self._waiting.empty():
            self._waiting.get_nowait()

    async def _compare(self, comparison: Comparison) -> None:
        texts = None if self._spending.is_over else await comparison.texts()
        if texts is None:
            self._counts["dropped"] += 1
            return
        ruling = await self._rule(texts)
        self._counts[ruling] += 1
        if ruling in _RIGHT:
            self._label(_make_label(comparison, ruling))

    async def _rule(self, texts: Texts) -> Ruling:
        for asking in range(ASKINGS):
            verdict = await self._verdict(texts, asking)
            if verdict != "different":
                return "contradicted" if asking and verdict == "same" else verdict
        return "different"

    async def _verdict(self, texts: Texts, asking: int) -> Verdict:
        await self._spending.turn()
        self._counts["asked"] += 1
        async with asyncio.timeout(self._limits.timeout_s):
            reply, cost_usd = await self._ask(ask_for_verdict(texts, asking))
        self._spending.add(cost_usd)
        return read_verdict(reply)

    def _tell_once(self, error: Exception) -> None:
        """Log the first failure of a series; its words may quote what was asked."""
        if not self._is_failing:
            self._log.warning("judge failed", error=type(error).__name__)
        self._is_failing = True


def _make_label(comparison: Comparison, ruling: Ruling) -> Label:
    return Label(
        entry_id=comparison.entry_id,
        similarity=comparison.similarity,
        right=_RIGHT[ruling],
        source="judge",
        key=comparison.key,
        partition=comparison.partition,
        is_audit=comparison.is_hit,
    )
