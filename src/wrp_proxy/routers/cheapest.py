"""The model with the lowest expected cost of this very request."""

import math
from collections.abc import Sequence

from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Usage, Workload


class Cheapest:
    """Price input and expected output; models of unknown price come last, in route order."""

    name = "cheapest"
    signals: frozenset[Signal] = frozenset()
    statistics: tuple[Statistics, ...] = ()

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        usage = Usage(
            prompt_tokens=workload.input_tokens, completion_tokens=workload.expected_output_tokens
        )
        costs = {
            model.name: None if model.price is None else model.price.cost_usd(usage)
            for model in candidates
        }
        ranking = sorted(candidates, key=lambda model: _or_last(costs[model.name]))
        lowest = costs[ranking[0].name]
        expected = "no price known" if lowest is None else f"{lowest:.6f} USD expected"
        return Decision(
            ranking=tuple(ranking),
            router=self.name,
            reason=f"cheapest able model, {expected}",
            scores=costs,
        )

    def learn(self, outcome: Outcome) -> None:
        return


def _or_last(cost: float | None) -> float:
    return math.inf if cost is None else cost
