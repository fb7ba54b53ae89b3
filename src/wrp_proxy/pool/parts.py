"""The parts of a pool for short and for long requests."""

from collections.abc import Sequence

from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Model, Workload

SHORT, LONG = "short", "long"


class Parts:
    """Prefers the part that a request belongs to by its tokens, and spills over from it.

    (Token-budget routing, arXiv 2604.09613.)
    """

    def preferred(
        self, model: Model, free: Sequence[EndpointState], workload: Workload
    ) -> Sequence[EndpointState]:
        """Return those of `free` to balance among; never none."""
        part = SHORT if workload.total_tokens <= model.budget.boundary_tokens else LONG
        own = [state for state in free if state.endpoint.label == part]
        return own or free
