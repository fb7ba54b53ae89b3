"""How the endpoints of a model are balanced: what is refused, and with which remedy."""

from typing import Any

import pytest

from wrp_proxy.errors import Problem
from wrp_proxy.pool.registry import BALANCERS
from wrp_proxy.settings.balance_check import check_balance

PAIR: dict[str, Any] = {"endpoints": [{"provider": "a"}, {"provider": "b"}]}
ALONE: dict[str, Any] = {"endpoints": [{"provider": "a"}]}


def problems(balance: object, model: dict[str, Any] = PAIR) -> list[Problem]:
    return list(check_balance("models.m", balance, model))


@pytest.mark.parametrize("name", BALANCERS)
def test_every_balancer_may_be_named_alone(name: str) -> None:
    assert problems(name) == []
    assert problems({"name": name}) == []
    assert problems(name, ALONE) == []


def test_nothing_said_is_nothing_wrong() -> None:
    assert problems(None) == []


@pytest.mark.parametrize("balance", [7, [], {"nam": "p2c"}, {"name": 3}])
def test_what_has_the_wrong_shape_is_left_to_the_schema(balance: object) -> None:
    assert problems(balance) == []


def test_an_unknown_name_is_answered_with_the_closest() -> None:
    (problem,) = problems("last_busy")

    assert problem.path == "models.m.balance.name"
    assert problem.message == "there is no balancer 'last_busy'"
    assert problem.remedy.startswith("did you mean 'least_busy'? there are: ")


@pytest.mark.parametrize(
    ("parameters", "at"),
    [
        ({"ttl": 60}, "ttl"),
        ({"ttl_s": 0}, "ttl_s"),
        ({"ttl_s": "60"}, "ttl_s"),
        ({"load_bound": 0.9}, "load_bound"),
        ({"stay_load": -1}, "stay_load"),
        ({"most_sessions": 1.5}, "most_sessions"),
        ({"clock": 1}, "clock"),
    ],
)
def test_wrong_parameters_are_named_with_those_there_are(
    parameters: dict[str, Any], at: str
) -> None:
    (problem,) = problems({"name": "prefix_affinity", **parameters})

    assert problem.path == f"models.m.balance.{at}"
    assert problem.remedy == (
        "parameters of prefix_affinity: load_bound, stay_load, ttl_s, most_sessions"
    )


def test_right_parameters_are_taken() -> None:
    balance = {"name": "prefix_affinity", "load_bound": 1.5, "stay_load": 0, "ttl_s": 60}

    assert problems(balance) == []
    assert problems({"name": "predicted_latency", "tolerance": 0.2, "explore_s": 5}) == []


def test_a_balancer_without_parameters_says_so() -> None:
    (problem,) = problems({"name": "least_busy", "ttl_s": 60})

    assert problem.remedy == "parameters of least_busy: none"


def test_parameters_do_nothing_for_one_endpoint() -> None:
    (problem,) = problems({"name": "prefix_affinity", "ttl_s": 60}, ALONE)

    assert problem.path == "models.m.balance"
    assert "one endpoint" in problem.message


def test_a_weight_does_nothing_where_turns_are_equal() -> None:
    model = {"endpoints": [{"weight": 1}, {"weight": 3}]}

    assert [problem.path for problem in problems("round_robin", model)] == [
        "models.m.endpoints[1].weight"
    ]
    assert problems("weighted", model) == []
    assert problems(None, model) == []
