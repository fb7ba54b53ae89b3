"""The endpoint that is expected to have answered the soonest."""

from collections.abc import Sequence
from math import inf
from typing import Annotated

from annotated_types import Ge, Gt

from wrp_proxy.pool.base import Clock
from wrp_proxy.pool.least_busy import LeastBusy
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload

_LEAST_PASSED_OVER = 50
"""Choices that go elsewhere before an endpoint is tried again."""
_LOOK_EVERY = 5
"""Choices, until it is looked again who is to be tried."""
_SURPRISING = 0.5
"""Share of the expected time to first content that shows how little the expectation is worth."""
_SOONER = 0.1
_MOST = 1024
"""Endpoints whose turns are kept in mind."""
_Turn = tuple[int, float, float]
"""In which turn and when an endpoint was chosen; of a try, in how many seconds it was to begin."""


class PredictedLatency:
    """Reckon with each endpoint's own regressions, on the tokens of this very request.

    Expected are the time to first content, once for each request that still waits for it, this one
    included, and the time per token for the expected answer. Among those within `tolerance` of the
    soonest the least busy is taken. What has not been asked for `explore_s` and fifty choices is
    tried with one request, as is what was never asked, for only answers tell how fast an endpoint
    has become; after a surprisingly quick one it is tried again ten times as soon.
    """

    def __init__(
        self,
        *,
        tolerance: Annotated[float, Ge(0)] = 0.1,
        explore_s: Annotated[float, Gt(0)] = 10.0,
        clock: Clock,
    ) -> None:
        self._tolerance = tolerance
        self._explore_s = explore_s
        self._clock = clock
        self._idlest = LeastBusy()
        self._turn = 0
        self._last: dict[EndpointState, _Turn] = {}

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        now = self._clock()
        self._turn += 1
        if len(self._last) > _MOST:
            self._last.clear()
        tried = None if self._turn % _LOOK_EVERY else self._unknown(free, now)
        if tried is not None:
            expected_s = tried.pace.expected_ttft_s(workload.input_tokens) or 0.0
            self._last[tried] = self._turn, now, expected_s
            return tried
        chosen = self._soonest(free, workload, now)
        self._last[chosen] = self._turn, now, 0.0
        return chosen

    def _unknown(self, free: Sequence[EndpointState], now: float) -> EndpointState | None:
        """Return one that nothing is known of, or nothing new; None: all are known."""
        for state in free:
            if state.in_flight:
                continue
            last = self._last.setdefault(state, (self._turn, now, 0.0))
            if state.pace.latency_s is None or self._is_due(state, last, now):
                return state
        return None

    def _is_due(self, state: EndpointState, last: _Turn, now: float) -> bool:
        turn, at, expected_s = last
        known_s = state.pace.latency_s
        is_surprising = known_s is not None and known_s < _SURPRISING * expected_s
        share = _SOONER if is_surprising else 1.0
        passed_over = self._turn - turn >= _LEAST_PASSED_OVER * share
        return passed_over and now - at >= self._explore_s * share

    def _soonest(
        self, free: Sequence[EndpointState], workload: Workload, now: float
    ) -> EndpointState:
        expected = [_expected_s(state, workload, now) for state in free]
        limit_s = min(expected) * (1.0 + self._tolerance)
        pairs = zip(free, expected, strict=True)
        return self._idlest.choose([one for one, seconds in pairs if seconds <= limit_s], workload)


def _expected_s(state: EndpointState, workload: Workload, now: float) -> float:
    """Return seconds to the end of the answer; infinity while the first answer is awaited."""
    pace, unanswered = state.pace, state.unanswered
    ttft_s = pace.expected_ttft_s(workload.input_tokens)
    if ttft_s is None:
        return inf
    if unanswered:
        ttft_s = max(ttft_s * (len(unanswered) + 1), now - next(iter(unanswered.values())))
    return ttft_s + (pace.tpot_s or 0.0) * workload.expected_output_tokens
