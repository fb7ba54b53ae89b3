"""The headers that say which model answered, and why."""

import re
from time import perf_counter

import msgspec

from wrp_proxy.api.asgi import HeaderList
from wrp_proxy.trace import Trace

_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def answer_headers(trace: Trace) -> HeaderList:
    """Return the compact set, and with `x-wrp-debug: 1` all that was known."""
    headers = [(b"x-wrp-cache", trace.cached.encode())]
    if answered_by := trace.answered_by:
        headers.append((b"x-wrp-model", _printable(answered_by)))
    if trace.tried:
        headers.append((b"x-wrp-provider", _printable(trace.tried[-1].provider)))
    if trace.route is not None:
        headers.append((b"x-wrp-route", _printable(trace.route.name)))
    if trace.decision is not None:
        headers.append((b"x-wrp-reason", _printable(trace.decision.reason)))
        headers.append((b"x-wrp-attempts", b"%d" % len(trace.tried)))
    if trace.request.debug:
        headers.extend(_debug_headers(trace))
    return headers


def _debug_headers(trace: Trace) -> HeaderList:
    headers: dict[str, object] = {}
    if workload := trace.workload:
        headers["x-wrp-category"] = workload.category
        headers["x-wrp-kind"] = workload.kind
        headers["x-wrp-input-tokens"] = workload.input_tokens
        headers["x-wrp-input-tokens-exact"] = str(workload.tokens_exact).lower()
    if decision := trace.decision:
        headers["x-wrp-router"] = decision.router
        headers["x-wrp-scores"] = msgspec.json.encode(decision.scores).decode()
    if trace.tried:
        headers["x-wrp-endpoint"] = trace.tried[-1].name
    if trace.routed is not None:
        routed_ms = (trace.routed - trace.started) * 1000
        answered_ms = (perf_counter() - trace.started) * 1000
        headers["x-wrp-timings"] = f"routed;dur={routed_ms:.2f}, answered;dur={answered_ms:.2f}"
    return [(name.encode(), _printable(str(value))) for name, value in headers.items()]


def _printable(text: str) -> bytes:
    return _UNPRINTABLE.sub("?", text).encode()
