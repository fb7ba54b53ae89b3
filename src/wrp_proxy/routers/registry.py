"""Strategy name -> class; a new strategy is one file and one row here."""

from collections.abc import Callable

from wrp_proxy.routers.base import Router
from wrp_proxy.routers.cheapest import Cheapest
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.weighted import Weighted

ROUTERS: dict[str, Callable[..., Router]] = {
    "cheapest": Cheapest,
    "fixed_order": FixedOrder,
    "weighted": Weighted,
}
