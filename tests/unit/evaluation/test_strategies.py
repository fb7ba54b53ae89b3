"""Are strategies built from a command line as from a configuration?"""

import pytest

from tests.unit.nouns import model, outcome, workload
from wrp_proxy.errors import ConfigError
from wrp_proxy.evaluation.strategies import (
    SimulatedClock,
    another,
    make_strategy,
    read_parameters,
    read_strategies,
)
from wrp_proxy.types import Price

MODELS = [
    model("small", price=Price(input=1, output=1)),
    model("large", price=Price(input=9, output=9)),
]


def test_parameters_are_yaml() -> None:
    assert read_parameters(["a=0.5", "weighted.weights={small: 1}", "b=", "c=x=y"]) == {
        "a": 0.5,
        "weighted.weights": {"small": 1},
        "b": None,
        "c": "x=y",
    }


@pytest.mark.parametrize("pair", ["a", "=1", "a=[1"])
def test_what_is_no_parameter_is_refused(pair: str) -> None:
    with pytest.raises(ConfigError):
        read_parameters([pair])


def test_a_parameter_goes_to_the_strategies_that_take_it() -> None:
    specs = read_strategies(
        ["cheapest", "session(weighted)"],
        {"session.margin": 0.2, "weights": {"small": 2.0}},
        MODELS,
        seed=5,
    )

    wrapped = specs["session(weighted)"]
    assert wrapped.parameters == {"margin": 0.2}
    assert wrapped.inner["inner"].parameters == {"seed": 5, "weights": {"small": 2.0}}
    assert specs["cheapest"].parameters == {}


def test_a_seed_that_is_given_goes_before_that_of_the_run() -> None:
    specs = read_strategies(["weighted"], {"seed": 7}, MODELS, seed=5)

    assert specs["weighted"].parameters == {"seed": 7}


@pytest.mark.parametrize(
    ("strategy", "parameters", "says"),
    [
        ("cheapst", {}, "did you mean 'cheapest'"),
        ("cheapest", {"alpha": 1}, "is no parameter of any strategy named"),
        ("weighted", {"weights": {"dwarf": 1}}, "is no model of the route"),
        ("weighted", {"weights": {"small": -1}}, "greater than or equal to 0"),
        ("cheapest", {"cheapest.alpha": 1}, "parameters of cheapest: none"),
        ("session(cheapest", {}, "is not closed"),
    ],
)
def test_what_is_wrong_is_said_with_the_remedy(
    strategy: str, parameters: dict[str, object], says: str
) -> None:
    with pytest.raises(ConfigError) as refused:
        read_strategies([strategy], parameters, MODELS, seed=0)

    assert says in "\n".join(map(str, refused.value.problems))


def test_a_copy_draws_the_same_and_learns_on_its_own() -> None:
    clock = SimulatedClock()
    spec = read_strategies(["balanced"], {}, MODELS, seed=5)["balanced"]
    router = make_strategy(spec, clock)
    copied = another(router)

    for _ in range(20):
        copied.select(workload(), MODELS)
        copied.learn(outcome(model="small", cost_usd=5.0))

    assert [one.dump() for one in router.statistics] != [one.dump() for one in copied.statistics]
    assert not any(one.dump() for one in router.statistics)


@pytest.mark.parametrize(
    "expression",
    [
        "cascade",
        "cascade(linucb)",
        "self_consistency(task_table)",
        "session(cascade(task_table))",
        "canary(cascade, task_table)",
    ],
)
def test_wrappers_that_may_do_without_a_strategy_are_built_both_ways(expression: str) -> None:
    spec = read_strategies([expression], {"cost_weight": 1}, MODELS, seed=5)[expression]

    router = make_strategy(spec, SimulatedClock())

    assert router.name == expression
    assert another(router).select(workload(), MODELS).ranking
