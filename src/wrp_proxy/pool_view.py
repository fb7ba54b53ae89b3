"""What strategies may know of the pool: how soon and how fast a model would answer now."""

from dataclasses import dataclass
from typing import Protocol

from wrp_proxy.types import Model, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What this proxy has seen of a model's endpoints, for one workload; None: not seen yet."""

    ttft_s: float | None = None
    """Seconds to the first content at the endpoint that is expected to be the quickest, with the
    wait for a slot."""
    tpot_s: float | None = None
    """Seconds per token after it, there."""
    answer_s: float | None = None
    """Seconds to the end of an answer of the expected length, there, with the wait."""
    wait_s: float = 0.0
    """The part of them that is waiting for a slot; known also where nothing else is."""
    load: float = 0.0
    """Share of the slots in use, of all endpoints that are in service; 0 where none has a limit."""
    warmth: float = 0.5
    """Of its prompt cache, 0 to 1; 0.5 where nothing is known."""
    is_down: bool = False
    """No endpoint that could serve is in service."""


class PoolView(Protocol):
    """Called for each candidate, and before an answer is escalated; sync, cheap."""

    def expect(self, model: Model, workload: Workload) -> Expectation:
        """Tell what to expect of the model now; never raises."""
        ...

    def boundary(self, model: Model) -> int:
        """Return where the model's pool is cut into short and long, in tokens, if it is."""
        ...


UNSEEN = Expectation()


class NothingSeen:
    """A pool of which nothing is known: where nothing is served."""

    def expect(self, model: Model, workload: Workload) -> Expectation:
        return UNSEEN

    def boundary(self, model: Model) -> int:
        return model.budget.boundary_tokens


NOTHING_SEEN: PoolView = NothingSeen()
