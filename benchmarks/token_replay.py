"""A trace through the classifier, and where each way to decide would send its requests."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from time import process_time

from token_trace import Asked, answered
from wrp_proxy.types import Workload
from wrp_proxy.workload.classifier import WorkloadClassifier
from wrp_proxy.workload.context_length import ContextLength, load_tiktoken
from wrp_proxy.workload.token_estimate import TokenEstimate

SHORT, LONG = 8_192, 65_536
WARM = 50
"""Observations of a class after which it should be calibrated."""


@dataclass(slots=True)
class Tally:
    """Where requests went, and where they belong."""

    requests: int = 0
    misrouted: int = 0
    """To the short window but too long for it, or to the long one without need."""
    unfit: int = 0
    """Sent to a window that is too short."""
    refused: int = 0
    """Although the long window would have done."""
    doubtful: int = 0
    """Counted exactly, as the estimate left a doubt."""

    def add(self, window: int | None, needed: int, *, doubtful: bool = False) -> None:
        self.requests += 1
        self.doubtful += doubtful
        if window is None:
            self.refused += needed <= LONG
            return
        self.unfit += needed > window
        self.misrouted += window != (SHORT if needed <= SHORT else LONG)

    def row(self, name: str, warm: "Tally") -> str:
        shares = (self.misrouted / self.requests, warm.misrouted / max(warm.requests, 1))
        counted = self.doubtful / self.requests
        return (
            f"| {name} | {shares[0]:.2%} | {shares[1]:.2%} | {self.unfit} | {self.refused}"
            f" | {counted:.1%} |"
        )


class Replay:
    """Sends a trace through the classifier, and decides with and without exact counts."""

    def __init__(self) -> None:
        self.classifier = WorkloadClassifier(ContextLength(TokenEstimate(), load_tiktoken()))
        self.tallies: dict[str, tuple[Tally, Tally]] = {}
        """Way to decide -> of all requests, and of those whose class is calibrated."""
        self.seen: list[tuple[Workload, Asked]] = []
        self.recounting_s: list[float] = []
        self._by_kind = TokenEstimate()

    async def run(self, requests: Sequence[Asked]) -> None:
        observed: Counter[str] = Counter()
        for asked in requests:
            workload = await self.classifier.classify(asked.request)
            label = workload.text_class
            is_warm = observed[label] >= WARM
            needed = replace(workload, input_tokens=asked.input_tokens).total_tokens
            for way, window, doubtful in await self._windows(asked, workload):
                of_all, warm = self.tallies.setdefault(way, (Tally(), Tally()))
                of_all.add(window, needed, doubtful=doubtful)
                if is_warm:
                    warm.add(window, needed, doubtful=doubtful)
            self.classifier.learn(answered(asked, workload))
            self._by_kind.observe(max(workload.text_bytes, 1), asked.text_tokens, asked.kind)
            observed[label] += 1
            self.seen.append((workload, asked))

    async def _windows(
        self, asked: Asked, workload: Workload
    ) -> list[tuple[str, int | None, bool]]:
        output = workload.total_tokens - workload.input_tokens
        besides = workload.besides_tokens + output
        static = -(-workload.text_bytes // 4) + besides
        by_kind = self._by_kind.tokens(workload.text_bytes, asked.kind)[0] + besides
        doubtful = any(map(workload.is_doubtful_at, (SHORT, LONG)))
        sure = await self._recounted(asked, workload) if doubtful else workload
        return [
            ("static 4 bytes per token", _window(static), False),
            ("calibrated, kind known", _window(by_kind), False),
            ("calibrated by class", _window(workload.total_tokens), False),
            ("the same, counted where in doubt", _window(sure.safe_tokens), doubtful),
        ]

    async def _recounted(self, asked: Asked, workload: Workload) -> Workload:
        began = process_time()
        counted = await self.classifier.recount(asked.request, workload)
        self.recounting_s.append(process_time() - began)
        return counted


def _window(tokens: int) -> int | None:
    return next((window for window in (SHORT, LONG) if tokens <= window), None)


def tallied(replay: Replay, estimate: TokenEstimate, *, counts: bool) -> Tally:
    """Decide once more with another estimate; `counts`: by the truth where it is in doubt."""
    tally = Tally()
    for workload, asked in replay.seen:
        if not workload.text_class:
            continue
        tokens, doubt = estimate.tokens(workload.text_bytes, workload.text_class)
        guessed = replace(
            workload, input_tokens=tokens + workload.besides_tokens, doubt_tokens=doubt
        )
        true = replace(workload, input_tokens=asked.input_tokens, doubt_tokens=0)
        doubtful = counts and any(map(guessed.is_doubtful_at, (SHORT, LONG)))
        chosen = true if doubtful else guessed
        tokens = chosen.safe_tokens if counts else chosen.total_tokens
        tally.add(_window(tokens), true.total_tokens, doubtful=doubtful)
        estimate.observe(workload.text_bytes, asked.text_tokens, workload.text_class)
    return tally
