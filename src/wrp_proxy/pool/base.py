"""WHICH ENDPOINT? The fourth stage of the pipeline."""

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from random import Random
from typing import Protocol

from wrp_proxy.errors import UpstreamError
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Endpoint, Model, Outcome, Workload

Clock = Callable[[], float]
"""Gives monotonic seconds; a parameter of this type is never part of the configuration."""
INJECTED = (Clock, Random)
"""Types of a balancer's parameters that the composition root fills in."""


@dataclass(slots=True, eq=False)
class Demand:
    """What one request wants of the pool; it changes with every attempt that fails, and not while
    it waits.
    """

    workload: Workload
    tried: Collection[Endpoint] = ()
    """These failed this request, and are never picked for it again."""
    above_tokens: int = 0
    """A window of so many tokens has turned out to be too short."""
    waited_s: float = 0.0
    """In line so far, whatever came of it."""
    _tokens: int = field(init=False)
    """The window that is needed, reckoned once for all endpoints."""

    def __post_init__(self) -> None:
        self._tokens = self.workload.safe_tokens

    def is_met_by(self, endpoint: Endpoint) -> bool:
        """Tell whether the endpoint can be asked; its window must fit, always."""
        window = endpoint.context_window
        if window is not None and (window < self._tokens or window <= self.above_tokens):
            return False
        return endpoint.speaks(self.workload) and not (self.tried and endpoint in self.tried)


class Lease(AbstractContextManager["Lease"], Protocol):
    """One slot of an endpoint, held for one attempt; leaving the context frees it."""

    endpoint: Endpoint

    def first_content_quantile(self, share: float) -> float | None:
        """Return the quantile of the endpoint's times to first content, of streams, in seconds.

        None: too few are known.
        """
        ...

    def begin(self, *, is_stream: bool) -> None:
        """Report that the answer has begun; `is_stream`: it comes piece by piece."""
        ...

    def settle(self, outcome: Outcome, error: UpstreamError | None) -> None:
        """Report how the attempt went, and what ended it if that was the upstream's doing."""
        ...


class Pool(Protocol):
    """Called by the pipeline once per attempt."""

    async def lease(self, model: Model, demand: Demand, wait_s: float = 0.0) -> Lease:
        """Take a slot of an endpoint that meets the demand.

        It waits in line for `wait_s` at most where all of them are full, and not at all otherwise.
        Raise NoEndpointError: none is left to try; AllRestingError: none is in service, also where
        that comes about while it waits; PoolFullError: all are full, and the line is too, or the
        wait was too long.
        """
        ...


class Balancer(Protocol):
    """Chooses for one model; called by the pool with the endpoints that are free, never with none.

    What it keeps in mind is bounded. It sees the states, and leaves them as they are.
    """

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        """Pick one of `free`."""
        ...
