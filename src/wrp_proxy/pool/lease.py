"""A slot of one endpoint, for one attempt."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from wrp_proxy.errors import DeadlineError, UpstreamError
from wrp_proxy.pool.health import (
    begin,
    note_failure,
    note_given_up,
    note_nothing,
    note_success,
)
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Outcome


class LocalLease:
    """Takes the slot when it is made, so that it must be entered, or left, in any case."""

    __slots__ = (
        "_clock",
        "_freed",
        "_is_hit",
        "_is_over",
        "_is_settled",
        "_state",
        "_tickets",
        "endpoint",
    )

    def __init__(
        self, state: EndpointState, clock: Callable[[], float], freed: Callable[[], None]
    ) -> None:
        """`freed` is called when there may be a slot for somebody else."""
        self.endpoint = state.endpoint
        self._state = state
        self._clock = clock
        self._freed = freed
        self._is_over = self._is_settled = self._is_hit = False
        state.in_flight += 1
        now = state.unanswered[self] = clock()
        self._tickets = begin(state, now)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._state.unanswered.pop(self, None)
        self._state.in_flight -= 1
        if not self._is_settled:
            note_nothing(self._state, self._tickets)
        self._freed()

    def first_content_quantile(self, share: float) -> float | None:
        return self._state.pace.first_content_quantile(share)

    def begin(self, *, is_stream: bool) -> None:
        state = self._state
        since = state.unanswered.pop(self, None)
        if since is None:
            return
        if is_stream:
            # A long answer must not hide for minutes how long it took to begin.
            now = self._clock()
            state.pace.hit(now - since, now)
            self._is_hit = True
        if state.breaker.is_probed or state.key.breaker.is_probed:
            note_success(state, self._tickets, self._clock())
            self._freed()

    def settle(self, outcome: Outcome, error: UpstreamError | None) -> None:
        self._is_settled = True
        state, tickets, now = self._state, self._tickets, self._clock()
        is_left = outcome.finish == "cancelled" or isinstance(error, DeadlineError)
        if is_left and outcome.stream and self in state.unanswered:
            note_given_up(state, tickets, outcome.duration_s, now)
        elif error is not None:
            note_failure(state, tickets, error, now)
        elif outcome.finish == "complete":
            note_success(state, tickets, now)
            state.pace.observe(outcome, now, is_hit=self._is_hit)
        else:
            note_nothing(state, tickets)
        gave_up = outcome.finish == "cancelled" or (error is not None and not error.at_fault)
        if gave_up and self in state.unanswered:
            # It would have taken at least so long.
            state.pace.hit(max(outcome.duration_s, state.pace.latency_s or 0.0), now)
            if outcome.hedge == "first":
                state.pace.note_late(outcome.duration_s)
