"""WHAT is asked? The second stage of the pipeline."""

from typing import Protocol

from wrp_proxy.types import ChatRequest, Outcome, Workload


class Classifier(Protocol):
    """Called by the pipeline before routing; sees the request, knows no model."""

    async def classify(self, request: ChatRequest) -> Workload:
        """Describe the request; what cannot be told is unknown, never an error."""
        ...

    def learn(self, outcome: Outcome) -> None:
        """Calibrate on what an upstream counted; sync, never raises, never blocks."""
        ...
