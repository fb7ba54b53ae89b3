"""How busy the models of a route are."""

from wrp_proxy.catalog import Catalog
from wrp_proxy.pool.expecting import load_of
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
        return load_of([s for s in self._pool.states() if s.endpoint in endpoints])
