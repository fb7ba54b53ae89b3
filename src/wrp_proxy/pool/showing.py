"""The state of an endpoint, and of a key, in words and figures."""

from time import time
from typing import Any

from wrp_proxy.pool.breaker import Breaker
from wrp_proxy.pool.state import EndpointState, KeyState

_MEDIAN, _HIGH = 0.5, 0.95


def shown(state: EndpointState, now: float) -> dict[str, Any]:
    """Tell everything that is known of an endpoint; what is not known yet is None."""
    pace = state.pace
    return {
        "endpoint": state.endpoint.name,
        "provider": state.endpoint.provider,
        "region": state.endpoint.region,
        "context_window": state.endpoint.context_window,
        **_service(state, now),
        "weight": state.weight,
        "slots": state.endpoint.max_concurrency,
        "in_flight": state.in_flight,
        "elsewhere": state.elsewhere,
        "failures": state.breaker.failures(now),
        "latency_s": pace.latency_s,
        "ttft_p50_s": pace.first_content_quantile(_MEDIAN),
        "ttft_p95_s": pace.first_content_quantile(_HIGH),
        "tpot_s": pace.tpot_s,
        "prefill_tokens_per_s": pace.prefill_tokens_per_s,
        "expected_wait_s": state.expected_wait_s(),
        "warmth": pace.warmth(now),
    }


def shown_key(key: KeyState, now: float) -> dict[str, Any]:
    state, until = "in_service", None
    if key.is_out(now):
        state = "resting" if key.killed_at is None else "no_valid_key"
        until = _unix(key.breaker, now)
    elif key.breaker.is_half_open(now):
        state = "trying"
    return {"provider": key.provider, "state": state, "until": until}


def _service(state: EndpointState, now: float) -> dict[str, Any]:
    """Tell whether it gets requests, and if not, why and until when (Unix seconds)."""
    why = state.why_out(now)
    if state.is_draining:
        return {"state": "draining", "why": why, "until": None}
    if not why:
        breakers = (state.breaker, state.key.breaker)
        is_tried = any(breaker.is_half_open(now) for breaker in breakers)
        return {"state": "trying" if is_tried else "in_service", "why": None, "until": None}
    longest = max(state.breaker, state.key.breaker, key=lambda breaker: breaker.open_until)
    is_dead = state.key.killed_at is not None and state.key.is_out(now)
    name = "no_valid_key" if is_dead else "resting"
    return {"state": name, "why": why, "until": _unix(longest, now)}


def _unix(breaker: Breaker, now: float) -> float:
    return time() + breaker.open_until - now
