"""What an answer of a model is expected to cost: its price, times how talkative it has been."""

from collections.abc import Sequence
from time import time

from wrp_proxy.routers.base import Example
from wrp_proxy.routers.statistics import Clock, Statistics
from wrp_proxy.types import Model, Outcome, Usage, Workload

_PRIOR_COUNT = 5.0
_HALF_LIFE_S = 14 * 24 * 3600.0
_MAX_MODELS = 1000


class Costs:
    """Learns, per model, the ratio of real costs to the costs by price and expected tokens."""

    def __init__(self, clock: Clock = time) -> None:
        self.statistics = Statistics("costs", half_life_s=_HALF_LIFE_S, clock=clock)
        self._models: dict[str, Model] = {}
        """As last seen among the candidates: an outcome only has their names."""

    def expected_usd(self, model: Model, workload: Workload) -> float | None:
        """Return what this request would cost; None: there is no price."""
        if self._models.get(model.name) is not model and len(self._models) < _MAX_MODELS:
            self._models[model.name] = model
        by_price = cost_by_price(model, workload)
        sums = None if by_price is None else self.statistics.get(model.name)
        if by_price is None or sums is None:
            return by_price
        count, real, expected = map(float, sums)
        prior = _PRIOR_COUNT * expected / count
        return by_price * (real + prior) / (expected + prior)

    def learn(self, outcome: Outcome) -> None:
        """Take note of a real cost; nothing is learnt of scores, failures and cached answers."""
        is_real = outcome.finish == "complete" and outcome.cached in {"miss", "bypass"}
        model = self._models.get(outcome.model)
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
            self.statistics.add(model.name, (1.0, cost_usd, by_price))


def cost_by_price(model: Model, workload: Workload) -> float | None:
    """Return USD for the tokens counted and expected; None: there is no price."""
    if model.price is None:
        return None
    usage = Usage(
        prompt_tokens=workload.input_tokens, completion_tokens=workload.expected_output_tokens
    )
    return model.price.cost_usd(usage)
