"""What a session does next tells how good the answer before was."""

from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, replace

from wrp_proxy.grading.asking import Asked, alike, asked
from wrp_proxy.signals import Score
from wrp_proxy.types import ChatRequest, Outcome, Workload

RETRY = Score(value=0.0, weight=0.3, source="auto:retry")
"""Who asks the same again was not content."""
MOVED_ON = Score(value=1.0, weight=0.05, source="auto:moved_on")
"""Who asks something else may have been; or has given up."""
_SAME_FROM, _OTHER_TO = 0.9, 0.5
_PEOPLE = frozenset({"chat", "agent"})
"""Kinds of requests that begin with a user's words; others go on by themselves."""


@dataclass(frozen=True, slots=True)
class _Answered:
    asked: Asked
    outcome: Outcome


class Retries:
    """Remembers the last answer of each session, of so many at most; the oldest goes first."""

    def __init__(
        self,
        *,
        window_s: float = 120.0,
        max_sessions: int = 10_000,
        without_sessions: bool = False,
        similarity: Callable[[Asked, Asked], float] = alike,
    ) -> None:
        """`without_sessions`: where a caller names no session, take all requests of a tenant with
        one system prompt for one; right only where a tenant is a single user.
        """
        self._window_s = window_s
        self._max_sessions = max_sessions
        self._without_sessions = without_sessions
        self._similarity = similarity
        self._last: OrderedDict[tuple[str, ...], _Answered] = OrderedDict()

    def note(self, request: ChatRequest, workload: Workload, outcome: Outcome) -> Outcome | None:
        """Return the answer before, with the score that this request gives it, if any."""
        session = self._session(request, workload)
        if session is None or workload.kind not in _PEOPLE:
            return None
        now = asked(request.body, workload.features)
        if now is None:
            return None
        before = self._last.get(session)
        score = self._grade(before, now, outcome.started_at) if before else None
        if score is not None:
            del self._last[session]
        if outcome.finish == "complete":
            self._remember(session, _Answered(now, outcome))
        return replace(before.outcome, score=score) if before and score else None

    def _session(self, request: ChatRequest, workload: Workload) -> tuple[str, ...] | None:
        if request.session is not None:
            return request.tenant, "named", request.session
        if self._without_sessions:
            return request.tenant, "prompt", workload.fingerprint or ""
        return None

    def _grade(self, before: _Answered, now: Asked, asked_at: float) -> Score | None:
        since_s = asked_at - (before.outcome.started_at + before.outcome.duration_s)
        if since_s < 0:
            return None  # asked before it was answered: one of several at the same time
        goes_on = now.turn > before.asked.turn
        if goes_on and (now.is_short or before.asked.is_short):
            return None
        if now.digest == before.asked.digest:
            return RETRY if since_s <= self._window_s else None
        similarity = self._similarity(before.asked, now)
        if similarity < _OTHER_TO:
            return MOVED_ON
        may_be_same = not now.is_long and now.numbers == before.asked.numbers
        is_same = may_be_same and similarity > _SAME_FROM
        return RETRY if is_same and since_s <= self._window_s else None

    def _remember(self, session: tuple[str, ...], answered: _Answered) -> None:
        self._last[session] = answered
        self._last.move_to_end(session)
        if len(self._last) > self._max_sessions:
            self._last.popitem(last=False)
