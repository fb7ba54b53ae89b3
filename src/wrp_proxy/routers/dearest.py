"""What the dearest candidate would have cost, known again when an outcome comes back."""

from collections.abc import Iterable, Sequence

from wrp_proxy.routers.costs import Costs
from wrp_proxy.types import Model, Outcome, Workload

_MAX_MODELS = 1000


class Dearest:
    """Keeps the candidates as last seen: an outcome has the names of those that were scored."""

    def __init__(self, costs: Costs) -> None:
        self._costs = costs
        self._models: dict[str, Model] = {}

    def see(self, workload: Workload, candidates: Sequence[Model]) -> None:
        for model in candidates:
            if self._models.get(model.name) is not model and len(self._models) < _MAX_MODELS:
                self._models[model.name] = model
                self._costs.expected_usd(model, workload)  # so that it knows the model, too

    def expected_usd(self, outcome: Outcome) -> float | None:
        """Return the cost of the dearest candidate for this request; None: no price is known."""
        names = outcome.scores or self._models
        return self._dearest(outcome.workload, names)

    def _dearest(self, workload: Workload, names: Iterable[str]) -> float | None:
        known = [self._models[name] for name in names if name in self._models]
        costs = [self._costs.expected_usd(model, workload) for model in known]
        return max((cost for cost in costs if cost is not None), default=None)
