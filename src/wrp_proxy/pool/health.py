"""What a failure says about an endpoint and its key: the error taxonomy of the pool.

401, 402, 403: the key is dead, and no waiting mends that. 429, or a `Retry-After`: the endpoint
rests, as long as it says. 5xx, broken connections and time-outs count in the window of the breaker.
What several endpoints of a key meet with at a time counts in the window of the key as well. What
blames the request says nothing.
"""

from wrp_proxy.errors import (
    RateLimitedError,
    UnauthorisedError,
    UpstreamError,
    UpstreamMissingError,
)
from wrp_proxy.pool.state import EndpointState

Tickets = tuple[int, int]
"""Of one attempt, at the breakers of its endpoint and of its key."""
_PENALTY = 2.0
_LEAST_PENALTY_S = 1.0
_MOST_PENALTY_S = 60.0
_SLOW_S = 10.0
_SLOW_TIMES = 10.0
"""Of the usual latency: who is given up after so long has as good as failed."""


def begin(state: EndpointState, now: float) -> Tickets:
    """Let an attempt begin; each of the others hears with its tickets how it ended."""
    return state.breaker.begin(now), state.key.breaker.begin(now)


def note_success(state: EndpointState, tickets: Tickets, now: float) -> None:
    state.is_limited = False
    key = state.key
    state.breaker.succeed(tickets[0], now)
    key.breaker.succeed(tickets[1], now)
    if key.killed_at is not None and key.breaker.opened_at is None:
        key.revive()
    if key.troubled:
        key.troubled.pop(state.endpoint, None)


def note_failure(state: EndpointState, tickets: Tickets, error: UpstreamError, now: float) -> None:
    if not error.at_fault:
        note_nothing(state, tickets)
        return
    if isinstance(error, UnauthorisedError):
        state.breaker.abandon(tickets[0])
        state.key.refuse(tickets[1], now)
        return
    state.is_limited = isinstance(error, RateLimitedError)
    retry_after_s = error.retry_after_s or 0.0
    if state.is_limited or retry_after_s > 0:
        state.breaker.back_off(tickets[0], now, retry_after_s)
    else:
        state.breaker.fail(tickets[0], now)
    if isinstance(error, UpstreamMissingError):
        state.key.breaker.abandon(tickets[1])
    else:
        state.key.blame(state.endpoint, tickets[1], now)
    if state.breaker.opened_at is not None:
        # It is asked nothing before it is tried again, and then as if it was new.
        state.pace.latency_s = None
        return
    # What fails at once must not look quick.
    slower_s = max(_PENALTY * (state.pace.latency_s or 0.0), _LEAST_PENALTY_S)
    state.pace.hit(min(slower_s, _MOST_PENALTY_S), now)


def note_given_up(state: EndpointState, tickets: Tickets, waited_s: float, now: float) -> None:
    """Nobody waited any longer for the first content of a stream."""
    if waited_s > max(_SLOW_S, _SLOW_TIMES * (state.pace.latency_s or 0.0)):
        state.breaker.fail(tickets[0], now)
        state.key.breaker.abandon(tickets[1])
    else:
        note_nothing(state, tickets)


def note_nothing(state: EndpointState, tickets: Tickets) -> None:
    """The attempt has ended without a word on the endpoint's health."""
    state.breaker.abandon(tickets[0])
    state.key.breaker.abandon(tickets[1])
