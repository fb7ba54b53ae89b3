"""What an answer of a model is expected to cost: its price, times how talkative it has been."""

from collections.abc import Sequence
from time import time

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.figures import Figures
from wrp_proxy.routers.lessons import Roster
from wrp_proxy.statistics import Clock, Statistics
from wrp_proxy.types import Model, Outcome, Usage, Workload

_PRIOR_COUNT = 5.0
_HALF_LIFE_S = 14 * 24 * 3600.0


class Costs:
    """Learns, per model, the ratio of real costs to the costs by price and expected tokens."""

    def __init__(self, clock: Clock = time) -> None:
        self.statistics = Statistics("costs", half_life_s=_HALF_LIFE_S, clock=clock)
        """Model -> answers, their real costs, their costs by price."""
        self._figures = Figures(self.statistics, 3, clock)
        self._roster = Roster()

    def expected_usd(self, model: Model, workload: Workload) -> float | None:
        """Return what this request would cost; None: there is no price."""
        return self.expected(workload, (model,))[0]

    def expected(self, workload: Workload, candidates: Sequence[Model]) -> list[float | None]:
        """Return what this request would cost, in the candidates' order."""
        self._roster.note(candidates)
        usage = expected_usage(workload)
        sums = self._figures.of([model.name for model in candidates])
        return [
            None if model.price is None else model.price.cost_usd(usage) * _talkativeness(*learnt)
            for model, learnt in zip(candidates, sums, strict=True)
        ]

    def learn(self, outcome: Outcome) -> None:
        """Take note of a real cost; nothing is learnt of scores, failures and cached answers."""
        is_real = outcome.finish == "complete" and outcome.cached in {"miss", "bypass"}
        model = self._roster.get(outcome.model)
        if is_real and outcome.score is None and model is not None and outcome.cost_usd:
            self._add(model, outcome.workload, outcome.cost_usd)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        by_name = {model.name: model for model in models}
        for example in examples:
            for name, cost_usd in example.costs_usd.items():
                if name in by_name and cost_usd > 0:
                    self._add(by_name[name], example.workload, cost_usd)

    def _add(self, model: Model, workload: Workload, cost_usd: float) -> None:
        by_price = cost_by_price(model, workload)
        if by_price:
            self._figures.add(model.name, (1.0, cost_usd, by_price))


def cost_by_price(model: Model, workload: Workload) -> float | None:
    """Return USD for the tokens counted and expected; None: there is no price."""
    return None if model.price is None else model.price.cost_usd(expected_usage(workload))


def expected_usage(workload: Workload) -> Usage:
    return Usage(
        prompt_tokens=workload.input_tokens, completion_tokens=workload.expected_output_tokens
    )


def _talkativeness(count: float, real: float, expected: float) -> float:
    if count <= 0 or expected <= 0:
        return 1.0
    prior = _PRIOR_COUNT * expected / count
    return (real + prior) / (expected + prior)
