"""Who has how much of a budget, and who has too much of it."""


class Share:
    """Bytes that scopes have of one budget; greedy are those with more than their share."""

    def __init__(self, budget: float, tenant_share: float) -> None:
        self._budget = budget
        self._fair = budget * tenant_share
        self._by_scope: dict[str, int] = {}
        self._greedy: set[str] = set()
        """Never many: fewer than 1 / `tenant_share` while the budget is kept."""
        self.used = 0

    @property
    def is_exceeded(self) -> bool:
        return self.used > self._budget

    def fits(self, weight: int) -> bool:
        """Tell whether so many bytes could ever be held."""
        return weight <= self._budget

    def change(self, scope: str, by: int) -> None:
        self.used += by
        held = self._by_scope.get(scope, 0) + by
        self._by_scope[scope] = held
        if held > self._fair:
            self._greedy.add(scope)
        else:
            self._greedy.discard(scope)
        if not held:
            del self._by_scope[scope]

    def greediest(self) -> str | None:
        """Return who makes room first; None: nobody has too much."""
        return max(self._greedy, key=self._by_scope.__getitem__, default=None)
