"""WHAT is asked? The second stage of the pipeline."""

from collections.abc import Callable, Mapping
from typing import Protocol, TypedDict

from wrp_proxy.signals import Features, Signal
from wrp_proxy.types import ChatRequest, Outcome, Workload
from wrp_proxy.workload.prompt import Prompt

Clock = Callable[[], float]
"""Gives seconds that never go back."""


class Classifier(Protocol):
    """Called by the pipeline before routing; sees the request, knows no model."""

    async def classify(
        self, request: ChatRequest, wanted: frozenset[Signal] = frozenset()
    ) -> Workload:
        """Describe the request, with these signals; what cannot be told is unknown, no error."""
        ...

    async def recount(self, request: ChatRequest, workload: Workload) -> Workload:
        """Count the input exactly, where the estimate leaves in doubt what it fits."""
        ...

    def learn(self, outcome: Outcome) -> None:
        """Calibrate on what an upstream counted; sync, never raises, never blocks."""
        ...


class Findings(TypedDict, total=False):
    """What signals say, in the fields of a Workload."""

    category: str
    probabilities: Mapping[str, float]
    features: Features
    session: str | None
    turn: int
    failed_tools: int
    warmth: float
    fingerprint: str | None
    language: str
    complexity: float
    risks: frozenset[str]


class Reader(Protocol):
    """Reads one signal; called by the classifier, under guard, where the signal is wanted.

    It may be called in several threads at once, for large bodies are read beside the event loop:
    what it remembers changes by single operations of a dict. What it raises makes the signal
    unknown, and the request goes on.
    """

    signal: Signal
    budget_s: float
    """CPU time; a reader that needs more than this is slow, and not believed."""

    def read(self, prompt: Prompt, known: Findings) -> Findings | None:
        """Return what the prompt tells; None: nothing can be told.

        `known`: what the readers before have found. The texts to look at must be bounded, for
        nobody breaks a reader off.
        """
        ...


class Recogniser(Protocol):
    """Tells categories apart by the user's own words; called by the readers, in any thread.

    It sees the text of the last user's turn, and nothing else. What it raises makes the category
    unknown.
    """

    threshold: float
    """A category that is less probable is not named."""

    async def prepare(self, text: str) -> None:
        """Do beforehand what takes time, and other threads; only on the event loop."""
        ...

    def features(self, text: str) -> Features:
        """Return a vector of length 1; of no length if there is no model."""
        ...

    def probabilities(self, features: Features, text: str) -> Mapping[str, float]:
        """Return the chance of each category; they add up to 1. Empty if there is no model."""
        ...
