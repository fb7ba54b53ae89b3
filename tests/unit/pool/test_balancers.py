"""By what the balancers differ."""

from tests.unit.nouns import endpoint
from wrp_proxy.pool.base import Load
from wrp_proxy.pool.least_busy import LeastBusy
from wrp_proxy.pool.round_robin import RoundRobin


def load(name: str, in_flight: int, weight: float = 1.0) -> Load:
    return Load(endpoint(name, weight=weight), in_flight=in_flight)


def test_least_busy_prefers_the_one_with_the_fewest_requests() -> None:
    balancer, free = LeastBusy(), [load("a", 2), load("b", 1), load("c", 3)]

    assert [balancer.choose(free).endpoint.model for _ in range(3)] == ["b", "b", "b"]


def test_least_busy_counts_requests_against_the_weight() -> None:
    balancer, free = LeastBusy(), [load("a", 2, weight=4.0), load("b", 1)]

    assert balancer.choose(free).endpoint.model == "a"


def test_least_busy_takes_turns_among_the_equally_busy() -> None:
    balancer, free = LeastBusy(), [load("a", 1), load("b", 1), load("c", 2)]

    assert [balancer.choose(free).endpoint.model for _ in range(4)] == ["a", "b", "a", "b"]


def test_round_robin_takes_no_notice_of_what_is_in_flight() -> None:
    balancer, free = RoundRobin(), [load("a", 9), load("b", 0)]

    assert [balancer.choose(free).endpoint.model for _ in range(4)] == ["a", "b", "a", "b"]


def test_round_robin_mixes_turns_as_nginx_does() -> None:
    balancer, free = RoundRobin(), [load("a", 0, weight=5.0), load("b", 0), load("c", 0)]

    assert "".join(balancer.choose(free).endpoint.model for _ in range(7)) == "aabacaa"
