"""The headers that say which model answered, and why."""

import re
from collections.abc import Mapping
from time import perf_counter

import msgspec

from wrp_proxy.api.asgi import HeaderList
from wrp_proxy.cache.base import Lookup
from wrp_proxy.reasons import candidate_in_words, signals_in_words
from wrp_proxy.trace import Trace
from wrp_proxy.types import CacheStatus

_REASONS: Mapping[CacheStatus, bytes] = {
    "exact": b"the same request was answered before",
    "canonical": b"the same text was answered before",
    "semantic": b"the same question was answered before in other words",
}
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


def answer_headers(trace: Trace) -> HeaderList:
    """Return the compact set, and with `x-wrp-debug: 1` all that was known."""
    headers = [(b"x-wrp-cache", trace.cached.encode())]
    if trace.lookup is not None and (hit := trace.lookup.hit) is not None:
        headers.append((b"age", b"%d" % hit.age_s))
    if answered_by := trace.answered_by:
        headers.append((b"x-wrp-model", _printable(answered_by)))
    if trace.tried:
        headers.append((b"x-wrp-provider", _printable(trace.tried[-1].provider)))
    if trace.route is not None:
        headers.append((b"x-wrp-route", _printable(trace.route.name)))
    headers.extend(_reason_headers(trace))
    if trace.request.debug:
        headers.extend(_debug_headers(trace))
    return headers


def _reason_headers(trace: Trace) -> HeaderList:
    """Say why this answer is given, and what it took."""
    headers: HeaderList = []
    if trace.decision is not None:
        headers.append((b"x-wrp-reason", _printable(trace.decision.reason)))
        headers.append((b"x-wrp-attempts", b"%d" % len(trace.asked)))
    elif (reason := _REASONS.get(trace.cached)) is not None:
        headers.append((b"x-wrp-reason", reason))
        headers.append((b"x-wrp-attempts", b"0"))
    if trace.hedge:
        headers.append((b"x-wrp-hedged", b"1"))
    if trace.held_s is not None:
        headers.append((b"x-wrp-held-ms", b"%d" % (trace.held_s * 1000)))
    return headers


def _debug_headers(trace: Trace) -> HeaderList:
    headers: dict[str, object] = _cache_headers(trace.lookup) if trace.lookup else {}
    if workload := trace.workload:
        headers["x-wrp-category"] = workload.category
        headers["x-wrp-kind"] = workload.kind
        if trace.route is not None and trace.route.signals:
            told = signals_in_words(workload, trace.route.signals)
            headers["x-wrp-signals"] = "; ".join(f"{name} {words}" for name, words in told.items())
        headers["x-wrp-input-tokens"] = workload.input_tokens
        headers["x-wrp-input-tokens-exact"] = str(workload.tokens_exact).lower()
    if decision := trace.decision:
        headers["x-wrp-router"] = decision.router
        headers["x-wrp-scores"] = msgspec.json.encode(decision.scores).decode()
        headers["x-wrp-candidates"] = "; ".join(map(candidate_in_words(decision), decision.ranking))
        if decision.fired:
            headers["x-wrp-fired"] = "; ".join(decision.fired)
    headers |= _pool_headers(trace)
    if trace.verdicts:
        headers["x-wrp-verdicts"] = "; ".join(trace.verdicts)
    if trace.routed is not None:
        routed_ms = (trace.routed - trace.started) * 1000
        answered_ms = (perf_counter() - trace.started) * 1000
        headers["x-wrp-timings"] = f"routed;dur={routed_ms:.2f}, answered;dur={answered_ms:.2f}"
    return [(name.encode(), _printable(str(value))) for name, value in headers.items()]


def _pool_headers(trace: Trace) -> dict[str, object]:
    headers: dict[str, object] = {}
    if trace.tried:
        headers["x-wrp-endpoint"] = trace.tried[-1].name
    if trace.hedge:
        headers["x-wrp-hedge-winner"] = trace.hedge
    if trace.queued_s:
        headers["x-wrp-queued-ms"] = round(trace.queued_s * 1000)
    return headers


def _cache_headers(lookup: Lookup) -> dict[str, object]:
    headers: dict[str, object] = {
        f"x-wrp-cache-{name}": said for name, said in lookup.notes.items()
    }
    if lookup.entry_id is not None:
        headers["x-wrp-cache-entry"] = lookup.entry_id
    if lookup.bound is not None:
        headers["x-wrp-cache-false-hit-bound"] = f"{lookup.bound:.4f}"
    return headers


def _printable(text: str) -> bytes:
    return _UNPRINTABLE.sub("?", text).encode()
