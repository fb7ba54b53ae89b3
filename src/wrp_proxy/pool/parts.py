"""The parts of a pool for short and for long requests."""

from collections.abc import Sequence

from wrp_proxy.pool.boundary import LONG, SHORT, Boundaries
from wrp_proxy.pool.expecting import load_of
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Model, Workload


class Parts:
    """Prefers the part that a request belongs to by its tokens, and spills over from it.

    Endpoints without one of the two labels belong to both. (Token-budget routing, arXiv
    2604.09613.)
    """

    def __init__(self, boundaries: Boundaries) -> None:
        self._boundaries = boundaries

    def preferred(
        self,
        model: Model,
        up: Sequence[EndpointState],
        free: Sequence[EndpointState],
        workload: Workload,
    ) -> Sequence[EndpointState]:
        """Return those of `free` to balance among; never none.

        `up`: all that are able, full or not. Another part is taken where that of the request has
        nothing free, or has more than a share of its slots in use while the other has not.
        """
        is_short = workload.total_tokens <= self._boundaries.of(model)
        other = LONG if is_short else SHORT
        own = [state for state in free if state.endpoint.label != other]
        if not own or len(own) == len(free):
            return free
        limit = model.budget.spillover
        if _load(up, other, is_other=False) < limit or _load(up, other, is_other=True) >= limit:
            return own
        return [state for state in free if state.endpoint.label == other]


def _load(states: Sequence[EndpointState], other: str, *, is_other: bool) -> float:
    return load_of([one for one in states if (one.endpoint.label == other) is is_other])
