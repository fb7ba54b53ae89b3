"""A slot of one endpoint, for one attempt."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from wrp_proxy.errors import UpstreamError
from wrp_proxy.pool.health import note_failure, note_nothing, note_success
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Outcome


class LocalLease:
    """Takes the slot when it is made, so that it must be entered, or left, in any case."""

    __slots__ = ("_clock", "_freed", "_is_settled", "_state", "endpoint", "waited_s")

    def __init__(
        self, state: EndpointState, clock: Callable[[], float], freed: Callable[[], None]
    ) -> None:
        """`freed` is called when the slot is free again."""
        self.endpoint = state.endpoint
        self.waited_s = 0.0
        self._state = state
        self._clock = clock
        self._freed = freed
        self._is_settled = False
        state.in_flight += 1
        state.unanswered[self] = clock()
        state.breaker.begin()
        state.key.breaker.begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.begin()
        self._state.in_flight -= 1
        if not self._is_settled:
            note_nothing(self._state)
        self._freed()

    def begin(self) -> None:
        self._state.unanswered.pop(self, None)

    def settle(self, outcome: Outcome, error: UpstreamError | None) -> None:
        self._is_settled = True
        state, now = self._state, self._clock()
        if error is not None:
            note_failure(state, error, now)
        elif outcome.finish == "complete":
            note_success(state, now)
            state.pace.observe(outcome, now)
        else:
            note_nothing(state)
        gave_up = outcome.finish == "cancelled" or (error is not None and not error.at_fault)
        if gave_up and self in state.unanswered:
            # It would have taken at least so long.
            state.pace.hit(max(outcome.duration_s, state.pace.latency_s or 0.0), now)
