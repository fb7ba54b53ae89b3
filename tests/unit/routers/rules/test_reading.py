"""What is written wrongly is refused, with its place."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.routers.rules.written import Written
from wrp_proxy.errors import Problem
from wrp_proxy.routers.rules.analysis import check_rules
from wrp_proxy.routers.rules.known import Ability, Known, Place
from wrp_proxy.routers.rules.rule import RuleReader

KNOWN = Known(
    models={"small": Ability(), "large": Ability()},
    categories=frozenset({"coding", "law", "recipes"}),
    languages=frozenset({"de", "en", "no"}),
    risks=frozenset({"email"}),
    tenants=frozenset({"alice"}),
    presets=frozenset({"strict", "off"}),
)


def problems(*rules: Any) -> list[Problem]:
    reader = RuleReader(KNOWN)
    reader.rules(Place("rules", list(rules)))
    return reader.problems


def refused(when: object) -> Problem:
    (problem,) = problems({"name": "r", "deny": "No.", "when": when})
    return problem


@pytest.mark.parametrize(
    ("when", "path", "remedy"),
    [
        ([], "when", "category: coding"),
        ({}, "when", "category: coding"),
        ("coding", "when", "category: coding"),
        ({"catgory": "coding"}, "when.catgory", "did you mean 'category'?"),
        ({"category": "codng"}, "when.category", "did you mean 'coding'?"),
        ({"category": ["law", "receipes"]}, "when.category[1]", "did you mean 'recipes'?"),
        ({"category": ["law", "law"]}, "when.category[1]", "once"),
        ({"category": []}, "when.category", "list a name"),
        ({"category": 5}, "when.category", "name"),
        ({"min_probability": 0.5}, "when.min_probability", "category"),
        ({"category": "law", "min_probability": 2}, "when.min_probability", "from 0 to 1"),
        ({"category": "law", "min_probability": 0}, "when.min_probability", "remove"),
        ({"category": "law", "min_probability": True}, "when.min_probability", "write one"),
        ({"category": "unknown", "min_probability": 0.5}, "when.min_probability", "remove one"),
        ({"kind": "agnt"}, "when.kind", "did you mean 'agent'?"),
        ({"language": "german"}, "when.language", "there are: de, en, no, unknown"),
        ({"risks": "e-mail"}, "when.risks", "did you mean 'email'?"),
        ({"needs": ["tools", "visions"]}, "when.needs[1]", "did you mean 'vision'?"),
        ({"tenant": "alicia"}, "when.tenant", "did you mean 'alice'?"),
        ({"api": "chats"}, "when.api", "did you mean 'chat'?"),
        ({"fingerprint": 17}, "when.fingerprint", "quotes"),
        ({"complexity": 0.5}, "when.complexity", "above"),
        ({"complexity": {}}, "when.complexity", "above"),
        ({"complexity": {"over": 0.5}}, "when.complexity.over", "there are: above, below"),
        ({"complexity": {"above": 80}}, "when.complexity.above", "from 0 to 1"),
        ({"warmth": {"below": "half"}}, "when.warmth.below", "write one"),
        ({"turn": {"above": 1.5}}, "when.turn.above", "write one"),
        ({"input_tokens": {"above": -1}}, "when.input_tokens.above", "from 0"),
        ({"input_tokens": {"above": float("inf")}}, "when.input_tokens.above", "write one"),
        ({"session": "s-1"}, "when.session", "true or false"),
        ({"all": {"kind": "chat"}}, "when.all", "all: ["),
        ({"any": []}, "when.any", "any: ["),
        ({"any": [{"kind": "chat"}, {}]}, "when.any[1]", "category: coding"),
        ({"not": {"all": [{"kind": "x"}]}}, "when.not.all[0].kind", "agent"),
    ],
)
def test_a_wrong_condition_is_refused_where_it_stands(when: object, path: str, remedy: str) -> None:
    problem = refused(when)

    assert problem.path == f"rules[0].{path}"
    assert remedy in problem.remedy


@pytest.mark.parametrize(
    ("rule", "path", "message"),
    [
        ("deny", "", "is no rule"),
        ({"deny": "No."}, ".name", "is missing"),
        ({"name": " ", "deny": "No."}, ".name", "is no text"),
        ({"name": "otherwise", "deny": "No."}, ".name", "no rule at all"),
        ({"name": "r"}, "", "does nothing"),
        ({"name": "r", "deny": ""}, ".deny", "is no text"),
        ({"name": "r", "deny": True}, ".deny", "is no text"),
        ({"name": "r", "deny": "No.", "cache": "off"}, ".cache", "nothing beside deny"),
        ({"name": "r", "deny": "No.", "exclusive": True}, ".exclusive", "nothing beside deny"),
        ({"name": "r", "deny": "No.", "parameters": {"n": 1}}, ".parameters", "beside deny"),
        ({"name": "r", "deny": "No.", "models": ["small"]}, ".models", "beside deny"),
        ({"name": "r", "deny": "No.", "when": {"kind": "chat"}, "then": 1}, ".then", "no key"),
        ({"name": "r", "cache": "off", "priority": "high"}, ".priority", "no whole number"),
        ({"name": "r", "cache": "off", "exclusive": False}, ".exclusive", "without models"),
        ({"name": "r", "models": "small"}, ".models", "is no list"),
        ({"name": "r", "models": []}, ".models", "is empty"),
        ({"name": "r", "models": ["smal"]}, ".models[0]", "no model of the route"),
        ({"name": "r", "models": ["small", "small"]}, ".models[1]", "stands twice"),
        ({"name": "r", "models": ["small"], "exclusive": "no"}, ".exclusive", "no yes or no"),
        (
            {"name": "r", "models": ["small"], "strategy": "cheapest"},
            ".strategy",
            "nothing to choose",
        ),
        ({"name": "r", "cache": "strickt"}, ".cache", "no preset 'strickt'"),
        ({"name": "r", "parameters": {}}, ".parameters", "is no mapping"),
        ({"name": "r", "parameters": {"model": "x"}}, ".parameters.model", "not for a rule"),
        ({"name": "r", "parameters": {"messages": []}}, ".parameters.messages", "not for a rule"),
        ({"name": "r", "parameters": {"stream": True}}, ".parameters.stream", "not for a rule"),
        ({"name": "r", "parameters": {"tools": []}}, ".parameters.tools", "not for a rule"),
    ],
)
def test_a_wrong_rule_is_refused_where_it_stands(rule: object, path: str, message: str) -> None:
    (problem,) = problems(rule)

    assert problem.path == f"rules[0]{path}"
    assert message in problem.message


def test_two_rules_of_one_name_are_refused() -> None:
    one: Written = {"name": "r", "cache": "off"}

    (problem,) = problems(one, {**one, "when": {"kind": "agent"}})

    assert problem.path == "rules[1].name"


def test_all_that_is_wrong_is_told_at_once() -> None:
    found = problems(
        {"name": "a", "when": {"kind": "x", "turn": 3}, "models": ["nope"]},
        {"name": "b", "when": {"language": "xx"}, "deny": "No."},
    )

    assert [problem.path.removeprefix("rules") for problem in found] == [
        "[0].when.kind",
        "[0].when.turn",
        "[0].models[0]",
        "[1].when.language",
    ]


def test_a_cache_that_yaml_takes_for_false_is_off() -> None:
    reader = RuleReader(KNOWN)
    (rule,) = reader.rules(Place("rules", [{"name": "r", "cache": False}]))

    assert rule.cache == "off"
    assert reader.problems == []


def test_what_is_not_known_here_is_not_checked() -> None:
    reader = RuleReader()
    when = {"category": "recipes", "language": "tlh", "risks": "x", "tenant": "zoe"}
    reader.rules(Place("rules", [{"name": "r", "when": when, "models": ["any"], "cache": "x"}]))

    assert reader.problems == []


_words = st.sampled_from(
    ["all", "any", "not", "category", "min_probability", "turn", "above", "below", "needs", "kind",
     "session", "name", "when", "models", "strategy", "deny", "cache", "parameters", "priority"]
)  # fmt: skip
_anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | _words,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=12,
)


@given(_anything)
def test_whatever_is_written_is_either_read_or_refused(written: object) -> None:
    for problem in check_rules(Place("rules", written), KNOWN):
        assert problem.path.startswith("rules")
        assert problem.message
        assert problem.remedy
