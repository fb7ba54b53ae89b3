"""All verifiers that an answer must pass, asked one after the other."""

import asyncio
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from wrp_proxy.signals import Check
from wrp_proxy.types import ChatRequest
from wrp_proxy.verifiers.answers.registry import READERS
from wrp_proxy.verifiers.base import (
    NOT_APPLICABLE,
    Answer,
    Question,
    SlowVerifier,
    Verdict,
    Verifier,
)

_LARGE_BYTES = 64 * 1024
"""Answers from here on are read and verified in a thread."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ruling:
    """What a panel says of an answer."""

    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    failed: Sequence[str] = ()
    """Verifiers that erred: they count as passed."""
    source: str = ""
    """The first that refused, else the weightiest that had something to say; empty: none had."""
    weight: float = 0.0
    answers: Sequence[Answer] = field(default=(), repr=False)

    @property
    def refusals(self) -> list[str]:
        return [name for name, verdict in self.verdicts.items() if verdict.passes is False]

    @property
    def accepts(self) -> bool:
        return not self.refusals

    @property
    def passed(self) -> int:
        return sum(verdict.passes is True for verdict in self.verdicts.values())


class Panel:
    """Fails open: what errs has nothing against the answer, and is counted and logged."""

    def __init__(
        self, verifiers: Mapping[str, Verifier], slow: Mapping[str, SlowVerifier] | None = None
    ) -> None:
        """`slow` are those that ask a model."""
        self._verifiers = verifiers
        self._slow = slow or {}
        self._counts: Counter[tuple[str, str]] = Counter()
        self._log = structlog.get_logger("wrp_proxy.verifiers")

    def counts(self) -> Mapping[tuple[str, str], int]:
        """Return how often each verifier `passed`, `refused` and `failed`, by name and these."""
        return self._counts

    def rows(self) -> Iterator[tuple[str, str, float, Mapping[str, str], bool]]:
        """Yield the same as metrics: name, meaning, value, labels, and that it only grows."""
        for (name, result), count in list(self._counts.items()):
            labels = {"verifier": name, "result": result}
            yield "wrp_verdicts", "Verdicts of verifiers on held answers.", count, labels, True

    async def examine(
        self, request: ChatRequest, category: str, pieces: Sequence[bytes], check: Check
    ) -> Ruling:
        """Read an answer and have each verifier of the check look at it; never raises."""
        body = b"".join(pieces)
        answers = await self._read(request, body)
        question = Question(body=request.body, own=request.own, category=category)
        quick = [name for name in check.verifiers if name in self._verifiers]
        thresholds = check.thresholds
        if len(body) < _LARGE_BYTES:
            found = self._verified(question, answers, quick, thresholds)
        else:
            found = await asyncio.to_thread(self._verified, question, answers, quick, thresholds)
        verdicts = dict(found)
        if all(verdict is None or verdict.passes is not False for verdict in verdicts.values()):
            for name in check.verifiers:
                if name not in self._verifiers:
                    verdicts[name] = await self._ask(name, question, answers, thresholds)
        self._count(verdicts)
        return self._ruling(verdicts, answers)

    async def read(self, request: ChatRequest, pieces: Sequence[bytes]) -> Sequence[Answer]:
        """Return the choices of an answer; none where it cannot be read."""
        return await self._read(request, b"".join(pieces))

    async def _read(self, request: ChatRequest, body: bytes) -> Sequence[Answer]:
        if len(body) < _LARGE_BYTES:
            return self._choices(request, body)
        return await asyncio.to_thread(self._choices, request, body)

    def _choices(self, request: ChatRequest, body: bytes) -> Sequence[Answer]:
        read = READERS.get(request.api)
        if read is None:
            return ()
        try:
            return read(body, stream=request.stream)
        except (ValueError, RecursionError) as error:
            self._log.warning("answer cannot be read", error=type(error).__name__)
            self._counts["reading", "failed"] += 1
            return ()

    def _verified(
        self,
        question: Question,
        answers: Sequence[Answer],
        names: Sequence[str],
        thresholds: Mapping[str, float],
    ) -> dict[str, Verdict | None]:
        """Return the verdict of each verifier over all choices; None: it erred."""
        verdicts: dict[str, Verdict | None] = {}
        for name in names:
            verifier, threshold = self._verifiers[name], thresholds.get(name)
            try:
                verdicts[name] = _worst(
                    [verifier.verify(question, answer, threshold) for answer in answers]
                )
            except Exception as error:  # noqa: BLE001 - border: an answer is not lost by its check
                self._failed(name, error)
                verdicts[name] = None
        return verdicts

    async def _ask(
        self,
        name: str,
        question: Question,
        answers: Sequence[Answer],
        thresholds: Mapping[str, float],
    ) -> Verdict | None:
        verifier, threshold = self._slow.get(name), thresholds.get(name)
        if verifier is None:
            self._log.warning("verifier is not configured", verifier=name)
            return None
        try:
            return _worst([await verifier.verify(question, one, threshold) for one in answers])
        except Exception as error:  # noqa: BLE001 - border: an answer is not lost by its check
            self._failed(name, error)
            return None

    def _failed(self, name: str, error: Exception) -> None:
        """Log without the error's words, which may quote what was asked."""
        self._log.warning("verifier failed", verifier=name, error=type(error).__name__)

    def _count(self, verdicts: Mapping[str, Verdict | None]) -> None:
        for name, verdict in verdicts.items():
            if verdict is None:
                self._counts[name, "failed"] += 1
            elif verdict.passes is not None:
                self._counts[name, "passed" if verdict.passes else "refused"] += 1

    def _ruling(self, verdicts: Mapping[str, Verdict | None], answers: Sequence[Answer]) -> Ruling:
        given = {name: verdict or NOT_APPLICABLE for name, verdict in verdicts.items()}
        failed = [name for name, verdict in verdicts.items() if verdict is None]
        ruling = Ruling(verdicts=given, failed=failed, answers=answers)
        said = ruling.refusals or [name for name, one in given.items() if one.passes]
        if not said:
            return ruling
        source = said[0] if ruling.refusals else max(said, key=self._weight)
        return replace(ruling, source=source, weight=self._weight(source))

    def _weight(self, name: str) -> float:
        return (self._verifiers.get(name) or self._slow[name]).weight


def _worst(verdicts: Sequence[Verdict]) -> Verdict:
    """Return a refusal if there is one, else a pass, else that it is not for it to say."""
    rank = {False: 0, True: 1, None: 2}
    return min(verdicts, key=lambda verdict: rank[verdict.passes], default=NOT_APPLICABLE)
