"""AT WHAT COST? The last stage of the pipeline."""

from collections.abc import Sequence
from typing import Protocol

from wrp_proxy.types import Outcome


class Recorder(Protocol):
    """Called by the pipeline once per attempt or cache hit, also in a `finally`."""

    def record(self, outcome: Outcome) -> None:
        """Take note; sync, never raises, never blocks."""
        ...


class Sink(Protocol):
    """Called by the background recorder, in its thread, with what has come since the last call."""

    def write(self, outcomes: Sequence[Outcome]) -> None: ...

    def close(self) -> None: ...
