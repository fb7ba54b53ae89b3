from collections.abc import Mapping
from typing import Annotated, Any

import pytest
from annotated_types import Ge
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.clock import Clock
from tests.unit.nouns import model, workload
from tests.unit.routers.views import Seen
from wrp_proxy.errors import ConfigError, Problem
from wrp_proxy.pool_view import Expectation
from wrp_proxy.routers.base import MakeRouter, Router
from wrp_proxy.routers.budgeted import Budgeted
from wrp_proxy.routers.composition import Spec, configurable, make_router, read_spec
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.registry import ROUTERS
from wrp_proxy.routers.weighted import Weighted


def refused(strategy: object) -> Problem:
    with pytest.raises(ConfigError) as raised:
        read_spec(strategy, "at")
    (problem,) = raised.value.problems
    return problem


def test_a_bare_word_is_a_strategy_without_parameters() -> None:
    spec = read_spec("cheapest")

    assert (spec.name, spec.path, spec.expression) == ("cheapest", "strategy", "cheapest")
    assert not spec.parameters
    assert not spec.inner


def test_parameters_stand_beside_a_single_name() -> None:
    spec = read_spec({"name": "weighted", "seed": 7}, "at")

    assert spec.parameters == {"seed": 7}


@pytest.mark.parametrize(
    "expression",
    [
        "session(budgeted(cheapest))",
        " session ( budgeted( cheapest ) ) ",
        "session(\nbudgeted(cheapest))",
    ],
)
def test_an_expression_is_read_from_the_outside(expression: str) -> None:
    spec = read_spec(expression)

    assert spec.expression == "session(budgeted(cheapest))"
    assert [layer.name for layer in spec.layers()] == ["session", "budgeted", "cheapest"]


def test_a_wrapper_of_two_takes_them_in_their_order() -> None:
    spec = read_spec("canary(cheapest, session(weighted))")

    assert {place: one.expression for place, one in spec.inner.items()} == {
        "inner": "cheapest",
        "candidate": "session(weighted)",
    }


def test_beside_an_expression_parameters_stand_under_the_names_of_its_strategies() -> None:
    spec = read_spec(
        {"name": "session(weighted)", "session": {"margin": 0.1}, "weighted": {"seed": 7}}, "at"
    )

    assert {layer.path: layer.parameters for layer in spec.layers()} == {
        "at.session": {"margin": 0.1},
        "at.weighted": {"seed": 7},
    }


def test_wrapped_strategies_may_be_written_as_parameters() -> None:
    spec = read_spec(
        {
            "name": "canary",
            "share": 0.1,
            "inner": {"name": "weighted", "seed": 7},
            "candidate": {"name": "session(weighted)", "weighted": {"seed": 8}},
        },
        "at",
    )

    assert spec.expression == "canary(weighted, session(weighted))"
    assert {layer.path: layer.parameters for layer in spec.layers()} == {
        "at": {"share": 0.1},
        "at.inner": {"seed": 7},
        "at.candidate.session": {},
        "at.candidate.weighted": {"seed": 8},
    }


def test_reading_leaves_what_was_written_as_it_is() -> None:
    written: dict[str, Any] = {"name": "session", "inner": "cheapest", "margin": 0.1}

    read_spec(written)

    assert written == {"name": "session", "inner": "cheapest", "margin": 0.1}


@pytest.mark.parametrize("strategy", [None, 7, [], {}, {"seed": 7}, {"name": 7}, {"name": None}])
def test_what_has_no_name_is_no_strategy(strategy: object) -> None:
    problem = refused(strategy)

    assert (problem.path, problem.message) == ("at", "is no strategy")
    assert problem.remedy == "write its name, or {name: ..., PARAMETER: ...}"


@pytest.mark.parametrize(
    ("strategy", "path"),
    [
        ("cheepest", "at.name"),
        ("session(cheepest)", "at.name"),
        ({"name": "session", "inner": "cheepest"}, "at.inner.name"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_one(strategy: object, path: str) -> None:
    problem = refused(strategy)

    assert (problem.path, problem.message) == (path, "there is no strategy 'cheepest'")
    assert problem.remedy.startswith("did you mean 'cheapest'?")


@pytest.mark.parametrize(
    ("strategy", "remedy"),
    [("session", "write session(task_table)"), ("canary", "write canary(task_table, task_table)")],
)
def test_a_wrapper_without_a_strategy_is_refused(strategy: str, remedy: str) -> None:
    problem = refused(strategy)

    assert (problem.path, problem.message) == ("at", f"{strategy} wraps another strategy")
    assert problem.remedy == remedy


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("session(cheapest, weighted)", "session wraps 1 strategies, not 2"),
        ("session(canary(cheapest))", "canary wraps 2 strategies, not 1"),
        ("cheapest(weighted)", "cheapest wraps 0 strategies, not 1"),
        ("session(session)", "session wraps 1 strategies, not 0"),
        ("cascade(cheapest, weighted)", "cascade wraps 0 to 1 strategies, not 2"),
        ("cascade(cheepest)", "there is no strategy 'cheepest'"),
        ("session(cheapest", "the bracket of session is not closed"),
        ("session(cheapest weighted)", "the bracket of session is not closed"),
        ("session(cheapest))", "'session(cheapest))' goes on after its end"),
        ("session(cheapest) weighted", "'session(cheapest) weighted' goes on after its end"),
        ("session(cheapest;)", "'session(cheapest;)' is no expression"),
        ("session(", "there is no strategy ''"),
        ("(", "there is no strategy '('"),
        ("session()", "there is no strategy ')'"),
    ],
)
def test_an_expression_that_is_wrong_is_refused_with_its_fault(expression: str, says: str) -> None:
    problem = refused(expression)

    assert problem.message == says
    assert problem.path in {"at", "at.name"}
    assert problem.remedy not in {"", "see docs"}


def test_parameters_of_no_strategy_of_the_expression_are_refused() -> None:
    problem = refused({"name": "session(weighted)", "seed": 7})

    assert (problem.path, problem.message) == ("at.seed", "is no strategy of the expression")
    assert problem.remedy == "put it under the strategy it belongs to: session, weighted"


def test_parameters_for_a_strategy_that_stands_twice_are_refused() -> None:
    problem = refused({"name": "canary(weighted, weighted)", "weighted": {"seed": 7}})

    assert (problem.path, problem.message) == ("at.weighted", "stands twice in the expression")
    assert problem.remedy == "write wrapped strategies as parameters, {name: canary, inner: {...}}"


def test_parameters_that_are_no_mapping_are_refused() -> None:
    problem = refused({"name": "session(weighted)", "weighted": 7})

    assert (problem.path, problem.message) == ("at.weighted", "is no mapping")
    assert problem.remedy == "write {PARAMETER: VALUE}"


def test_brackets_without_end_are_refused_like_any_other_fault() -> None:
    problem = refused("session(" * 5000)

    assert problem.path == "at"


def read_or_refused(strategy: object) -> Spec | None:
    """Read a strategy; None if it was refused as a configuration is."""
    try:
        return read_spec(strategy)
    except ConfigError as refusal:
        if not all(problem.path and problem.remedy for problem in refusal.problems):
            raise AssertionError("a problem needs its place and its remedy") from refusal
        return None


words = st.sampled_from([*ROUTERS, "(", ")", ",", " ", "nobody", "-", "\n"])


@given(st.text() | st.lists(words, max_size=12).map("".join))
def test_any_text_is_read_or_refused(text: str) -> None:
    spec = read_or_refused(text)

    assert spec is None or read_spec(spec.expression).expression == spec.expression


pieces = st.recursive(
    st.none() | st.integers() | st.text() | words,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["name", "inner", "candidate", *ROUTERS]), inner, max_size=4
        )
    ),
)


@given(pieces)
def test_anything_written_is_read_or_refused(written: object) -> None:
    spec = read_or_refused(written)

    assert spec is None or spec.name in ROUTERS


@pytest.mark.parametrize("name", ["cascade", "self_consistency"])
def test_what_may_wrap_a_strategy_can_do_without(name: str) -> None:
    alone, written, emptied = (
        read_spec(strategy) for strategy in (name, f"{name}(linucb)", {"name": name, "inner": None})
    )

    assert [one.expression for one in (alone, written, emptied)] == [name, f"{name}(linucb)", name]
    assert not emptied.parameters
    assert make_router(alone, Clock()).name == name
    assert make_router(written, Clock()).name == f"{name}(linucb)"
    assert "inner" not in configurable(name)


def test_what_may_be_wrapped_may_be_written_as_a_parameter() -> None:
    spec = read_spec({"name": "cascade", "tiers": ["small"], "inner": {"name": "linucb"}}, "at")

    assert spec.expression == "cascade(linucb)"
    assert {layer.path: layer.parameters for layer in spec.layers()} == {
        "at": {"tiers": ["small"]},
        "at.inner": {},
    }


def test_optional_wrappers_are_wrapped_in_turn() -> None:
    router = make_router(
        read_spec({"name": "session(cascade(task_table))", "cascade": {"escalations": 2}}), Clock()
    )

    assert router.name == "session(cascade(task_table))"
    assert "features" in router.signals
    assert "inner.inner.tasks" in {one.name for one in router.statistics}


def test_a_strategy_is_built_with_all_that_it_wraps() -> None:
    router = make_router(
        read_spec({"name": "session(budgeted(cheapest))", "budgeted": {"usd_per_day": 1}}), Clock()
    )

    assert router.name == "session(budgeted(cheapest))"
    assert router.select(workload(), [model()]).router == router.name


def test_the_clock_is_filled_in() -> None:
    clock = Clock(now=0.0)
    router = make_router(
        read_spec({"name": "budgeted", "inner": "cheapest", "usd_per_day": 1}), clock
    )

    assert isinstance(router, Budgeted)
    assert router.statistics[0].dump() == {}


def test_a_strategy_that_builds_others_is_given_the_means(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Router] = []

    class Builder(FixedOrder):
        def __init__(self, written: object = "weighted", *, make: MakeRouter) -> None:
            made.append(make(written))

    monkeypatch.setitem(ROUTERS, "builder", Builder)
    make_router(read_spec({"name": "builder", "written": {"name": "weighted", "seed": 7}}), Clock())

    assert isinstance(made[0], Weighted)
    assert list(configurable("builder")) == ["written"]


def test_the_pool_is_filled_in_also_for_strategies_that_are_wrapped_or_built_by_rules() -> None:
    pool = Seen(a=Expectation(is_down=True))
    rules = {"name": "rules", "rules": [], "otherwise": "balanced"}
    models = [model("a", quality={"default": 0.9}), model("b", quality={"default": 0.1})]
    for written in ("balanced", "session(balanced)", "fastest", rules):
        router = make_router(read_spec(written), Clock(), pool)

        assert [one.name for one in router.select(workload(), models).ranking] == ["b", "a"]
        assert "pool" not in configurable("balanced")


def test_what_may_be_configured_is_neither_wrapped_nor_filled_in() -> None:
    parameters: Mapping[str, Any] = configurable("session")

    assert list(parameters) == ["margin", "idle_s"]
    assert parameters["margin"].annotation == Annotated[float, Ge(0)]


def test_a_parameter_that_nobody_has_checked_is_refused_by_the_strategy() -> None:
    with pytest.raises(TypeError):
        make_router(read_spec({"name": "cheapest", "sead": 7}), Clock())
