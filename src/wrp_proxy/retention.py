"""How long a prompt is worth being kept in an upstream's prompt cache, told in a header.

`x-kv-cache-priority: 90; ttl=30s`: what has the lowest priority is evicted first, 0 to 100 as in
TensorRT-LLM, where 35 is usual; after the time to live it is as any other. (WRP, arXiv 2603.21354;
the header is the one that a retention plug-in for the router of llm-d sends.) No server need heed
it, and none is told that has not opted in.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from wrp_proxy.signals import Signal
from wrp_proxy.types import ChatRequest, Endpoint, Workload

HEADER = b"x-kv-cache-priority"
_SIGNALS: frozenset[Signal] = frozenset({"conversation"})
_OLD_TURNS = 4
"""A conversation that has come so far goes on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """What an upstream is asked to do with the prompt it has read."""

    priority: int
    ttl_s: int | None = None
    """None: as long as there is room."""

    @property
    def header(self) -> tuple[bytes, bytes]:
        ttl = "" if self.ttl_s is None else f"; ttl={self.ttl_s}s"
        return HEADER, f"{self.priority}{ttl}".encode()


_NO_RETURN = Retention(priority=0)
_USUAL = Retention(priority=35)
_OLD = Retention(priority=60, ttl_s=300)
_AGENT = Retention(priority=70, ttl_s=60)
_TOOL_LOOP = Retention(priority=90, ttl_s=30)


def retention_of(workload: Workload) -> Retention:
    """Tell by who asks, and how far the conversation has come.

    While tools are at work the next request is a matter of seconds; people take minutes, the longer
    the conversation the surer they come back; what is done in one go never does.
    """
    if workload.api == "embeddings" or workload.kind in {"batch", "completion"}:
        return _NO_RETURN
    if workload.kind == "tool_loop":
        return _TOOL_LOOP
    if workload.kind == "agent":
        return _AGENT
    return _OLD if workload.turn >= _OLD_TURNS else _USUAL


def with_retention(request: ChatRequest, workload: Workload) -> ChatRequest:
    """Let an upstream see what is to be kept."""
    header = retention_of(workload).header
    return replace(request, passed_on=(*request.passed_on, header))


def signals_for(endpoints: Iterable[Endpoint]) -> frozenset[Signal]:
    """Return what must be known of a workload for the hints that endpoints are sent."""
    return _SIGNALS if any(endpoint.retention_hints for endpoint in endpoints) else frozenset()
