"""Which rule decides, what it does, and who learns from it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest

from tests.unit.nouns import model, outcome, workload
from wrp_proxy.errors import ConfigError, RequestDeniedError
from wrp_proxy.routers.base import Example, Router
from wrp_proxy.routers.composition import make_router, read_spec
from wrp_proxy.routers.fixed_order import FixedOrder
from wrp_proxy.routers.rules.router import Rules
from wrp_proxy.signals import Signal
from wrp_proxy.statistics import Statistics
from wrp_proxy.types import Decision, Model, Outcome, Workload

A, B, C = model("a"), model("b"), model("c")
CODING = workload(category="coding", probabilities={"coding": 0.9})
LAW = workload(category="law", probabilities={"law": 0.8})


class Reversed:
    """Ranks the last first, and remembers what it was told."""

    signals: frozenset[Signal] = frozenset({"language"})

    def __init__(self, name: str) -> None:
        self.name = name
        self.statistics: tuple[Statistics, ...] = (Statistics("sums"),)
        self.told: list[str] = []
        self.fitted: list[str] = []

    def select(self, workload: Workload, candidates: Sequence[Model]) -> Decision:
        ranking = tuple(reversed(candidates))
        return Decision(
            ranking=ranking,
            router=self.name,
            reason="last first",
            propensity=0.5,
            scores={ranking[0].name: 1.0},
            fired=("turned round",),
            parameters={"seed": 1, "top_p": 0.5},
            cache="strict",
        )

    def learn(self, outcome: Outcome) -> None:
        self.told.append(outcome.request_id)

    def fit(self, examples: Sequence[Example], models: Sequence[Model]) -> None:
        self.fitted += [example.workload.category for example in examples]


def rules_of(*written: Mapping[str, Any], otherwise: str = "fixed_order", **made: Router) -> Rules:
    """Build the strategy; `made` are strategies by the names that the rules use."""

    def make(said: object) -> Router:
        return made.get(str(said)) or FixedOrder()

    return Rules(written, otherwise, make=make)


def ranked(router: Router, asked: Workload, *candidates: Model) -> list[str]:
    return [one.name for one in router.select(asked, candidates or (A, B, C)).ranking]


CODE: Mapping[str, Any] = {"name": "code", "when": {"category": "coding"}}


def test_the_models_of_a_rule_are_ranked_as_written_and_no_others() -> None:
    router = rules_of({**CODE, "models": ["c", "a"]})

    assert ranked(router, CODING) == ["c", "a"]


def test_where_no_rule_holds_the_rest_decides() -> None:
    router = rules_of({**CODE, "models": ["c"]}, otherwise="turned", turned=Reversed("turned"))

    decision = router.select(LAW, [A, B])

    assert [one.name for one in decision.ranking] == ["b", "a"]
    assert (decision.router, decision.reason) == ("rules", "last first")
    assert decision.fired == ("turned round",)
    assert decision.propensity == 0.5


def test_without_rules_the_rest_decides() -> None:
    assert ranked(rules_of(), LAW) == ["a", "b", "c"]


def test_a_rule_that_is_not_exclusive_lets_the_others_follow() -> None:
    router = rules_of({**CODE, "models": ["c"], "exclusive": False})

    decision = router.select(CODING, [A, B, C])

    assert [one.name for one in decision.ranking] == ["c", "a", "b"]
    assert decision.scores.keys() == {"a", "b", "c"}


def test_the_strategy_of_a_rule_ranks_its_models() -> None:
    router = rules_of(
        {**CODE, "models": ["a", "b"], "strategy": "turned"}, turned=Reversed("turned")
    )

    decision = router.select(CODING, [A, B, C])

    assert [one.name for one in decision.ranking] == ["b", "a"]
    assert decision.reason == "rule 'code': last first"
    assert decision.scores == {"b": 1.0, "a": None}
    assert decision.propensity == 0.5


def test_a_rule_with_a_strategy_only_ranks_all() -> None:
    router = rules_of({**CODE, "strategy": "turned"}, turned=Reversed("turned"))

    assert ranked(router, CODING) == ["c", "b", "a"]
    assert ranked(router, LAW) == ["a", "b", "c"]


def test_a_rule_without_models_and_strategy_leaves_the_ranking_to_the_rest() -> None:
    router = rules_of({**CODE, "cache": False}, otherwise="turned", turned=Reversed("turned"))

    decision = router.select(CODING, [A, B])

    assert [one.name for one in decision.ranking] == ["b", "a"]
    assert decision.cache == "off"


def test_the_highest_priority_goes_first_and_equals_as_written() -> None:
    router = rules_of(
        {"name": "low", "models": ["a"], "priority": -1},
        {**CODE, "models": ["b"]},
        {"name": "also", "when": {"category": "coding"}, "models": ["c"]},
        {"name": "law", "when": {"category": ["law"]}, "models": ["c"], "priority": 5},
    )

    assert ranked(router, CODING) == ["b"]
    assert ranked(router, LAW) == ["c"]
    assert ranked(router, workload()) == ["a"]


def test_a_rule_without_an_able_model_passes_on_and_says_so() -> None:
    router = rules_of(
        {**CODE, "models": ["c"], "parameters": {"temperature": 0}},
        {"name": "any", "models": ["b", "c"]},
    )

    decision = router.select(CODING, [A, B])

    assert [one.name for one in decision.ranking] == ["b"]
    assert decision.parameters == {}
    assert decision.fired == (
        "rule 'code': category coding (0.90); passed on, none of its models is able",
        "rule 'any': always",
    )


def test_where_every_rule_passes_on_the_rest_decides() -> None:
    router = rules_of({**CODE, "models": ["c"], "exclusive": False})

    decision = router.select(CODING, [A, B])

    assert [one.name for one in decision.ranking] == ["a", "b"]
    assert decision.reason == "first able model of the route"
    assert "passed on" in decision.fired[0]


def test_what_fired_and_what_held_is_told() -> None:
    router = rules_of({**CODE, "models": ["a", "b"], "strategy": "t"}, t=Reversed("t"))

    decision = router.select(CODING, [A, B])

    assert decision.fired == ("rule 'code': category coding (0.90)", "turned round")


def test_a_rule_as_written_says_so() -> None:
    decision = rules_of({**CODE, "models": ["b"]}).select(CODING, [A, B])

    assert decision.reason == "rule 'code': first able of its models"


def test_parameters_and_cache_are_laid_over_those_of_the_strategy() -> None:
    router = rules_of(
        {**CODE, "strategy": "t", "parameters": {"top_p": 1, "temperature": 0}, "cache": "off"},
        {"name": "law", "when": {"category": "law"}, "strategy": "t"},
        t=Reversed("t"),
    )

    decision = router.select(CODING, [A, B])
    other = router.select(LAW, [A, B])

    assert decision.parameters == {"seed": 1, "top_p": 1, "temperature": 0}
    assert decision.cache == "off"
    assert (other.parameters, other.cache) == ({"seed": 1, "top_p": 0.5}, "strict")


def test_a_denied_request_is_refused_in_the_operators_words() -> None:
    router = rules_of(
        {"name": "no-mail", "when": {"risks": "email"}, "deny": "Leave out addresses."}
    )

    with pytest.raises(RequestDeniedError) as caught:
        router.select(workload(risks=frozenset({"email"})), [A])

    assert caught.value.message == "Leave out addresses. (rule 'no-mail')"
    assert (caught.value.status, caught.value.code) == (403, "request_denied")
    assert caught.value.type == "invalid_request_error"
    assert ranked(router, workload(), A) == ["a"]


def test_only_what_conditions_and_strategies_look_at_is_asked_for() -> None:
    router = rules_of(
        {**CODE, "strategy": "t"},
        {"name": "b", "when": {"any": [{"turn": {"above": 3}}, {"kind": "agent"}]}, "deny": "No."},
        t=Reversed("t"),
    )

    assert router.signals == {"category", "conversation", "language"}
    assert rules_of({"name": "x", "models": ["a"]}).signals == frozenset()


def test_what_strategies_have_learnt_is_kept_under_the_rules_name() -> None:
    router = rules_of(
        {**CODE, "strategy": "one"},
        {"name": "law", "when": {"category": "law"}, "strategy": "two"},
        otherwise="rest",
        one=Reversed("one"),
        two=Reversed("two"),
        rest=Reversed("rest"),
    )

    names = [part.name for part in router.statistics]

    assert names == ["code.sums", "law.sums", "otherwise.sums"]


def test_the_strategy_that_decided_learns_and_no_other() -> None:
    one, two, rest = Reversed("one"), Reversed("two"), Reversed("rest")
    router = rules_of(
        {"name": "no", "when": {"category": "coding", "turn": {"above": 9}}, "deny": "No."},
        {**CODE, "models": ["a", "b"], "strategy": "one", "exclusive": False},
        {"name": "both", "when": {"category": ["coding", "law"]}, "strategy": "two"},
        otherwise="rest",
        one=one,
        two=two,
        rest=rest,
    )
    asked = {
        "first": (CODING, [A, B, C]),
        "passed on": (CODING, [C]),
        "second": (LAW, [A, B]),
        "none": (workload(), [A, B]),
    }

    for request_id, (what, candidates) in asked.items():
        decision = router.select(what, candidates)
        for tried in decision.ranking[:1]:
            router.learn(
                outcome(
                    request_id=request_id,
                    model=tried.name,
                    workload=what,
                    scores=decision.scores,
                )
            )

    assert (one.told, two.told, rest.told) == (["first"], ["passed on", "second"], ["none"])


def test_a_fail_over_to_another_model_is_told_to_the_strategy_that_ranked() -> None:
    one, rest = Reversed("one"), Reversed("rest")
    router = rules_of(
        {**CODE, "models": ["a", "b"], "strategy": "one", "exclusive": False},
        otherwise="rest",
        one=one,
        rest=rest,
    )
    decision = router.select(CODING, [A, C])

    router.learn(outcome(request_id="over", model="c", workload=CODING, scores=decision.scores))

    assert (one.told, rest.told) == (["over"], [])


def test_each_strategy_is_trained_by_the_examples_that_would_be_its_own() -> None:
    one, two, rest = Reversed("one"), Reversed("two"), Reversed("rest")
    router = rules_of(
        {**CODE, "models": ["gone", "x"], "strategy": "one"},
        {**CODE, "name": "again", "models": ["a", "x"], "strategy": "two"},
        otherwise="rest",
        one=one,
        two=two,
        rest=rest,
    )

    examples = [Example(workload=w, scores={"a": 1.0}, costs_usd={}) for w in (CODING, LAW)]
    router.fit(examples, [A, B])

    assert (one.fitted, two.fitted, rest.fitted) == ([], ["coding"], ["law"])


def test_unreadable_rules_are_refused() -> None:
    with pytest.raises(ConfigError):
        rules_of({"name": "x", "when": {"moon": "full"}, "deny": "No."})


def test_rules_are_built_as_a_configuration_writes_them() -> None:
    written = {
        "name": "rules",
        "rules": [
            {**CODE, "models": ["b", "a"], "strategy": {"name": "weighted", "weights": {"a": 0}}},
            {"name": "law", "when": {"category": "law"}, "strategy": "rules"},
        ],
        "otherwise": "cheapest",
    }

    router = make_router(read_spec(written), lambda: 0.0)

    assert ranked(router, CODING) == ["b", "a"]
    assert ranked(router, LAW) == ["a", "b", "c"]
    assert router.select(LAW, [A]).reason == "rule 'law': first able model of the route"
    assert router.select(workload(), [A]).reason == "cheapest able model, no price known"
