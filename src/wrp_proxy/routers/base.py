"""WHICH MODEL? The third stage of the pipeline."""

from collections.abc import Sequence
from typing import Protocol

from wrp_proxy.types import Decision, Model, Outcome, Workload


class Router(Protocol):
    """A strategy of one route; called by the pipeline with the models able to serve.

    Both methods are sync: no I/O, no interleaving, no locks. Candidates may change from call to
    call and are never empty. A seeded router makes the same choices for the same calls.
    """

    name: str

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        """Rank all candidates, best first."""
        ...

    def learn(self, outcome: Outcome) -> None:
        """Take note of how an attempt went; never raises."""
        ...
