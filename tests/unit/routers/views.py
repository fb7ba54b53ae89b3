"""Pools of which a test says what is seen."""

from collections.abc import Mapping

from wrp_proxy.pool_view import UNSEEN, Expectation
from wrp_proxy.types import Model, Workload


class Seen:
    """Tells what it was told by the names of models; nothing is known of the others."""

    def __init__(self, **expected: Expectation) -> None:
        self.expected: Mapping[str, Expectation] = expected
        self.asked: list[str] = []

    def expect(self, model: Model, workload: Workload) -> Expectation:
        self.asked.append(model.name)
        return self.expected.get(model.name, UNSEEN)

    def boundary(self, model: Model) -> int:
        return model.budget.boundary_tokens
