"""How busy the models of a route are."""

from wrp_proxy.catalog import Catalog
from wrp_proxy.pool.pool import LocalPool


class RouteLoad:
    """Sums what is in flight over the endpoints that have a limit."""

    def __init__(self, catalog: Catalog, pool: LocalPool) -> None:
        self._catalog = catalog
        self._pool = pool

    def of(self, name: str) -> float:
        """Return the share of slots in use, from 0 to 1; 0 where no endpoint has a limit."""
        route = self._catalog.routes.get(name)
        models = self._catalog.models
        names = models if route is None or route.models is None else route.models
        endpoints = {e for name in names if name in models for e in models[name].endpoints}
        slots = sum(endpoint.max_concurrency or 0 for endpoint in endpoints)
        in_flight = sum(
            load.in_flight
            for load in self._pool.loads()
            if load.endpoint in endpoints and load.endpoint.max_concurrency
        )
        return min(in_flight / slots, 1.0) if slots else 0.0
