"""WHAT is asked? The second stage of the pipeline."""

from typing import Protocol

from wrp_proxy.signals import Signal
from wrp_proxy.types import ChatRequest, Outcome, Workload


class Classifier(Protocol):
    """Called by the pipeline before routing; sees the request, knows no model."""

    async def classify(
        self, request: ChatRequest, wanted: frozenset[Signal] = frozenset()
    ) -> Workload:
        """Describe the request, with these signals; what cannot be told is unknown, no error."""
        ...

    def learn(self, outcome: Outcome) -> None:
        """Calibrate on what an upstream counted; sync, never raises, never blocks."""
        ...
