"""What a model's endpoints are expected to do for one workload."""

from collections.abc import Sequence
from math import inf

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.pool_view import Expectation
from wrp_proxy.types import Workload


def expectation(states: Sequence[EndpointState], workload: Workload, now: float) -> Expectation:
    """Reckon with the endpoint that would have the first content the soonest."""
    able = [state for state in states if state.endpoint.serves(workload) and not state.is_out(now)]
    if not able:
        return Expectation(is_down=True)
    best = min(able, key=lambda state: _soonest_s(state, workload, now))
    wait_s = best.expected_wait_s()
    ttft_s = best.pace.expected_ttft_s(workload.input_tokens)
    return Expectation(
        ttft_s=None if ttft_s is None else wait_s + ttft_s,
        tpot_s=best.pace.tpot_s,
        wait_s=wait_s,
        load=load_of(able),
        warmth=best.pace.warmth(now),
    )


def load_of(states: Sequence[EndpointState]) -> float:
    """Return the share of the slots in use, of those that have a limit."""
    limited = [state for state in states if state.endpoint.max_concurrency is not None]
    slots = sum(state.endpoint.max_concurrency or 0 for state in limited)
    return min(sum(state.in_flight for state in limited) / slots, 1.0) if slots else 0.0


def _soonest_s(state: EndpointState, workload: Workload, now: float) -> float:
    ttft_s = state.pace.expected_ttft_s(workload.input_tokens)
    return inf if ttft_s is None else state.expected_wait_s() + ttft_s
