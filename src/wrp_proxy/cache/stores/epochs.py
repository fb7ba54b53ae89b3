"""Epochs: what was kept before the present one of its scope is gone."""


class Epochs:
    """Counts the flushes of every scope, and those of all scopes together.

    The epoch of a scope is the sum of both, so it changes with either.
    """

    def __init__(self) -> None:
        self._of_all = 0
        self._by_scope: dict[str, int] = {}

    def of(self, scope: str) -> int:
        return self._of_all + self._by_scope.get(scope, 0)

    def begin(self, scope: str | None) -> int:
        """Begin a new epoch of a scope, None of all, and return it."""
        if scope is None:
            self._of_all += 1
            return self._of_all
        self._by_scope[scope] = self._by_scope.get(scope, 0) + 1
        return self.of(scope)

    def learn(self, scope: str | None, flushes: int) -> None:
        """Take in how often it was flushed; a lower figure than the known one is old news."""
        if scope is None:
            self._of_all = max(self._of_all, flushes)
        elif flushes > self._by_scope.get(scope, 0):
            self._by_scope[scope] = flushes

    def replace(self, of_all: int, by_scope: dict[str, int]) -> None:
        """Forget what was known; begin with these."""
        self._of_all = of_all
        self._by_scope = dict(by_scope)

    def add(self, of_all: int, by_scope: dict[str, int]) -> None:
        """Put earlier flushes before those that have happened since the start."""
        self._of_all += of_all
        for scope, flushes in by_scope.items():
            self._by_scope[scope] = self._by_scope.get(scope, 0) + flushes

    def scopes(self) -> set[str]:
        return set(self._by_scope)

    def as_counts(self) -> tuple[int, dict[str, int]]:
        """Return the flushes of all, and those of each scope."""
        return self._of_all, dict(self._by_scope)
