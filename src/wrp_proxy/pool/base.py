"""WHICH ENDPOINT? The fourth stage of the pipeline."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol

from wrp_proxy.errors import UpstreamError
from wrp_proxy.types import Endpoint, Model, Workload


@dataclass(slots=True)
class Load:
    """The live state of one endpoint, as this process sees it."""

    endpoint: Endpoint
    in_flight: int = 0
    cooling_until: float = 0.0
    """Monotonic seconds."""
    failed_at: float = 0.0

    @property
    def is_full(self) -> bool:
        limit = self.endpoint.max_concurrency
        return limit is not None and self.in_flight >= limit


class Lease(Protocol):
    """One slot of an endpoint, held for one attempt; leaving the context frees it."""

    @property
    def endpoint(self) -> Endpoint: ...

    @property
    def settle(self) -> Callable[[UpstreamError | None], None]:
        """Report how the attempt went: None for an answer, else the error; not when cancelled."""
        ...


class Pool(Protocol):
    """Called by the pipeline once per attempt; sync, also on exit."""

    def lease(
        self, model: Model, workload: Workload, tried: Collection[Endpoint]
    ) -> AbstractContextManager[Lease]:
        """Take a slot of an endpoint not in `tried`; raise NoEndpointError when there is none."""
        ...


class Balancer(Protocol):
    """Called by the pool with the endpoints of one model that are free; never with none."""

    def choose(self, free: Sequence[Load]) -> Load:
        """Pick one of `free`."""
        ...
