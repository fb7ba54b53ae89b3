"""What a model's endpoints are expected to do for one workload."""

from collections.abc import Sequence
from math import inf

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pool_view import Expectation
from wrp_proxy.types import Workload

_USUAL_S = 1.0
"""Of service, where nothing is known."""
_LATE = 0.95
"""Who waits for longer than this share of the others did may be at an endpoint that hangs."""
_DOWN = Expectation(is_down=True)


def expectation(
    states: Sequence[EndpointState], workload: Workload, now: float, waiting: int = 0
) -> Expectation:
    """Reckon with the endpoint that would have the first content the soonest.

    `waiting`: requests in line for the model. One waits where all slots are taken; of endpoints
    without a number of slots nobody knows whether they are, but their times tell.
    """
    able = [state for state in states if state.endpoint.serves(workload) and not state.is_out(now)]
    if not able:
        return _DOWN
    free = [state for state in able if not state.is_full]
    wait_s = 0.0 if free else _wait_s(able, waiting, now)
    soonest, best = inf, able[0]
    for state in free or able:
        seconds = _first_content_s(state, workload, now)
        if seconds is not None and seconds < soonest:
            soonest, best = seconds, state
    pace = best.pace
    ttft_s = None if soonest == inf else wait_s + soonest
    decoding_s = (pace.tpot_s or 0.0) * workload.expected_output_tokens
    return Expectation(
        ttft_s=ttft_s,
        tpot_s=pace.tpot_s,
        answer_s=None if ttft_s is None else ttft_s + decoding_s,
        wait_s=wait_s,
        load=load_of(able),
        warmth=pace.warmth(now),
    )


def load_of(states: Sequence[EndpointState]) -> float:
    """Return the share of the slots in use, of those that have a limit."""
    taken = slots = 0
    for state in states:
        if (limit := state.endpoint.max_concurrency) is not None:
            slots += limit
            taken += state.in_flight
    return min(taken / slots, 1.0) if slots else 0.0


def _first_content_s(state: EndpointState, workload: Workload, now: float) -> float | None:
    """Return what is expected of an endpoint once it is asked; None: nothing is known."""
    seconds = state.pace.expected_ttft_s(workload.input_tokens)
    if seconds is None or not state.unanswered:
        return seconds
    usual_s = state.pace.first_content_quantile(_LATE)
    return seconds if usual_s is None else seconds + max(_oldest_s(state, now) - usual_s, 0.0)


def _wait_s(states: Sequence[EndpointState], waiting: int, now: float) -> float:
    """Return who is before, and oneself, over the answers that are completed in a second.

    What has lasted for long is expected to last as long again.
    """
    per_s = 0.0
    for state in states:
        service_s = max(state.pace.service_s or _USUAL_S, _oldest_s(state, now), 1e-6)
        per_s += max(state.endpoint.max_concurrency or 1, 1) / service_s
    return (waiting + 1) / per_s


def _oldest_s(state: EndpointState, now: float) -> float:
    """Return for how long the oldest request without any content has been waiting."""
    return max(now - next(iter(state.unanswered.values())), 0.0) if state.unanswered else 0.0
