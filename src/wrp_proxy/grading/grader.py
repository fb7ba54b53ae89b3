"""Puts the signals together: what they say is learnt, and written down."""

from collections.abc import Sequence
from dataclasses import replace

import structlog

from wrp_proxy.grading.base import Answer, Seen, Signal, Take
from wrp_proxy.grading.retries import Retries
from wrp_proxy.grading.verified import verified
from wrp_proxy.types import ChatRequest, Outcome, Workload


class Grader:
    """Called by the pipeline when an answer is complete; all is sync, cheap, and never raises."""

    def __init__(
        self, signals: Sequence[Signal], retries: Retries, *, learn: Take, store: Take
    ) -> None:
        """`learn` tells a strategy, `store` the journal; neither may block, nor `store` raise."""
        self.failures = 0
        """Answers that could not be graded by a fault of our own."""
        self._signals = signals
        self._retries = retries
        self._learn = learn
        self._store = store
        self._log = structlog.get_logger("wrp_proxy.grading")

    def note(
        self, request: ChatRequest, workload: Workload, outcome: Outcome, answer: Answer | None
    ) -> None:
        """Grade an answer by itself, and the one before by what this request asks.

        `outcome` is the request's last. `answer` is its first choice; None where nobody has read
        it, or where verifiers have, who say of it what there is to say.
        """
        try:
            if (before := self._retries.note(request, workload, outcome)) is not None:
                self._give(before)
            if outcome.finish == "complete":
                self._grade(Seen(outcome, answer))
        except Exception:  # noqa: BLE001 - border: no answer may fail for what is thought of it
            self._count()

    def take(self, outcome: Outcome) -> None:
        """Write a verifier's score down; the strategy that wanted the check has heard it."""
        score = outcome.score and verified(outcome.score)
        if score is not None:
            self._store(replace(outcome, score=score))

    def _grade(self, seen: Seen) -> None:
        for signal in self._signals:
            if (score := signal(seen)) is not None:
                self._give(replace(seen.outcome, score=score))

    def _give(self, outcome: Outcome) -> None:
        self._store(outcome)
        self._learn(outcome)

    def _count(self) -> None:
        self.failures += 1
        self._log.exception("answer could not be graded")
