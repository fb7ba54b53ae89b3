"""The endpoint that serves a request for the least money."""

from collections.abc import Sequence
from math import inf

from wrp_proxy.pool.least_busy import LeastBusy
from wrp_proxy.pool.state import EndpointState
from wrp_proxy.types import Workload


class Cheapest:
    """Reckon with the tokens of the request and its expected answer, at the endpoint's own price.

    Among equals the least busy is taken; those whose price is unknown come last.
    """

    def __init__(self) -> None:
        self._idlest = LeastBusy()

    def choose(self, free: Sequence[EndpointState], workload: Workload) -> EndpointState:
        if len(free) == 1:
            return free[0]
        prompt, answer = workload.input_tokens, workload.expected_output_tokens
        lowest, cheapest = inf, list[EndpointState]()
        for state in free:
            price = state.endpoint.price
            cost = inf if price is None else price.input * prompt + price.output * answer
            if cost < lowest:
                lowest, cheapest = cost, [state]
            elif cost == lowest:
                cheapest.append(state)
        return self._idlest.choose(cheapest, workload)
