"""Queueing theory: how long requests wait for one of `servers` places.

Kimura, *A two-moment approximation for the mean waiting time in the GI/G/s queue* (1986), with
the M/D/c queue by Cosmetatos (1975). Loads are in erlangs: arrivals per second x seconds of
service.
"""

from math import inf, log, sqrt


def erlang_c(servers: int, load: float) -> float:
    """Return the chance that a request has to wait in an M/M/c queue; 1 where it overflows."""
    if load >= servers:
        return 1.0
    blocked = 1.0
    for busy in range(1, servers + 1):
        blocked = load * blocked / (busy + load * blocked)
    utilisation = load / servers
    return blocked / (1 - utilisation * (1 - blocked))


def mean_wait_s(servers: int, rate: float, service_s: float, variation: float = 1.0) -> float:
    """Return the mean wait of an M/G/c queue; infinite where it overflows.

    `variation` is the squared coefficient of variation of the service: 1 is exponential, and
    exact; 0 is constant.
    """
    load = rate * service_s
    if load >= servers:
        return inf
    if load == 0:
        return 0.0
    exponential = erlang_c(servers, load) * service_s / (servers - load)
    constant = exponential * (1 + _cosmetatos(servers, load / servers)) / 2
    if exponential == 0:
        return 0.0
    return (1 + variation) / (2 * variation / exponential + (1 - variation) / constant)


def wait_percentile_s(
    servers: int, rate: float, service_s: float, variation: float = 1.0, share: float = 0.99
) -> float:
    """Return the wait that a share of the requests does not exceed.

    Who waits at all is taken to wait exponentially, which is exact for exponential service.
    """
    delayed = erlang_c(servers, rate * service_s)
    if delayed <= 1 - share:
        return 0.0
    mean = mean_wait_s(servers, rate, service_s, variation)
    return log(delayed / (1 - share)) * mean / delayed


def _cosmetatos(servers: int, utilisation: float) -> float:
    """Return by how much constant service waits longer than half of exponential service."""
    spread = (servers - 1) * (sqrt(4 + 5 * servers) - 2) / (16 * servers)
    return spread * (1 - utilisation) / utilisation
