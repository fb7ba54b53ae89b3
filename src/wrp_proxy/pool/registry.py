"""Balancer name -> class; a new balancer is one file and one row here."""

from collections.abc import Callable

from wrp_proxy.pool.base import Balancer
from wrp_proxy.pool.least_busy import LeastBusy
from wrp_proxy.pool.round_robin import RoundRobin

BALANCERS: dict[str, Callable[[], Balancer]] = {
    "least_busy": LeastBusy,
    "round_robin": RoundRobin,
}
