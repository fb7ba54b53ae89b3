"""What a failure says about an endpoint and its key: the error taxonomy of the pool.

401, 402, 403: the key is dead, and no waiting mends that. 429: the endpoint rests, as long as its
`Retry-After` says; where it hits several endpoints of a key, the key rests. 5xx, broken connections
and time-outs count in the window of the breaker. What blames the request says nothing.
"""

from wrp_proxy.errors import RateLimitedError, UnauthorisedError, UpstreamError
from wrp_proxy.pool.state import EndpointState

_PENALTY = 2.0
_LEAST_PENALTY_S = 1.0
_MOST_PENALTY_S = 60.0


def note_success(state: EndpointState, now: float) -> None:
    state.is_limited = False
    state.breaker.succeed(now)
    state.key.breaker.succeed(now)
    if state.key.limited:
        state.key.limited.pop(state.endpoint, None)


def note_failure(state: EndpointState, error: UpstreamError, now: float) -> None:
    if not error.at_fault:
        note_nothing(state)
        return
    if isinstance(error, UnauthorisedError):
        state.key.kill(now)
        note_nothing(state)
        return
    state.is_limited = isinstance(error, RateLimitedError)
    retry_after_s = error.retry_after_s or 0.0
    if state.is_limited or retry_after_s > 0:
        state.breaker.rest(now, retry_after_s)
    else:
        state.breaker.fail(now)
    if state.is_limited:
        state.key.limit(state.endpoint, now)
    state.key.breaker.is_probed = False
    # What fails at once must not look quick.
    slower_s = max(_PENALTY * (state.pace.latency_s or 0.0), _LEAST_PENALTY_S)
    state.pace.hit(min(slower_s, _MOST_PENALTY_S), now)


def note_nothing(state: EndpointState) -> None:
    """The attempt has ended without a word on the endpoint's health."""
    state.breaker.abandon()
    state.key.breaker.abandon()
