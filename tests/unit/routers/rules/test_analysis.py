"""Rules that cannot do what they say are refused, and no others."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.routers.rules.written import (
    Written,
    conditions,
    rules,
    samples,
    workload_in,
)
from wrp_proxy.errors import Problem
from wrp_proxy.routers.rules.analysis import analyse
from wrp_proxy.routers.rules.conditions import atoms, holds
from wrp_proxy.routers.rules.known import NOTHING_KNOWN, Ability, Known
from wrp_proxy.routers.rules.rule import by_priority
from wrp_proxy.routers.rules.space import Space

WORKLOADS = samples(150, seed=5)
VISION = Known(
    models={
        "blind": Ability(capabilities=frozenset({"tools"}), context_window=8000),
        "seeing": Ability(capabilities=frozenset({"tools", "vision"}), context_window=200_000),
        "unknown": Ability(),
    }
)


def refusals(*written: Written, known: Known = NOTHING_KNOWN) -> list[Problem]:
    return list(analyse(rules(*written), known))


def refusal(*written: Written, known: Known = NOTHING_KNOWN) -> Problem:
    (problem,) = refusals(*written, known=known)
    return problem


def allowed(when: Written | None = None, **more: object) -> Written:
    """A rule that denies nothing."""
    return {"deny": None, "cache": "off", "when": when, **more}


@pytest.mark.parametrize(
    "when",
    [
        {"all": [{"category": "coding"}, {"category": "law"}]},
        {"complexity": {"above": 0.8}, "all": [{"complexity": {"below": 0.2}}]},
        {"category": "coding", "not": {"category": ["coding", "law"]}},
        {"kind": "chat", "all": [{"not": {"any": [{"kind": "chat"}, {"session": True}]}}]},
        {"needs": ["tools", "vision"], "not": {"any": [{"needs": "tools"}, {"needs": "vision"}]}},
        {"turn": {"above": 3}, "all": [{"turn": {"below": 5}}, {"not": {"turn": {"below": 5}}}]},
    ],
)
def test_a_rule_that_can_never_match_is_refused(when: Written) -> None:
    problem = refusal({"when": when})

    assert problem.path == "rules[0].when"
    assert "contradicts itself" in problem.message


@pytest.mark.parametrize(
    ("when", "told"),
    [
        ({"turn": {"above": 0}}, "'turn above 0' always holds"),
        ({"not": {"turn": {"above": 0}}}, "'turn above 0' always holds"),
        ({"complexity": {"above": 1}}, "'complexity above 1' never holds"),
        ({"input_tokens": {"above": 7, "below": 8}}, "'input_tokens above 7 below 8' never holds"),
        (
            {"any": [{"session": True}, {"complexity": {"above": 0.8, "below": 0.2}}]},
            "'complexity above 0.8 below 0.2' never holds",
        ),
    ],
)
def test_a_comparison_that_says_nothing_is_refused(when: Written, told: str) -> None:
    assert refusal({"when": when}).message == told


@pytest.mark.parametrize(
    ("before", "behind"),
    [
        ({"category": "coding"}, {"category": "coding"}),
        ({"category": ["coding", "law"]}, {"category": "coding", "language": "de"}),
        ({"category": "coding"}, {"category": "coding", "min_probability": 0.5}),
        ({"complexity": {"above": 0.5}}, {"complexity": {"above": 0.6, "below": 0.8}}),
        ({"any": [{"kind": "agent"}, {"turn": {"above": 3}}]}, {"turn": {"above": 4}}),
        ({"not": {"risks": "email"}}, {"not": {"risks": ["email", "iban"]}}),
        ({"turn": {"above": 3}}, {"not": {"turn": {"below": 5}}}),
    ],
)
def test_a_rule_behind_one_that_matches_whenever_it_does_is_refused(
    before: Written, behind: Written
) -> None:
    problem = refusal({"when": before}, {"when": behind, "name": "late"})

    assert problem.path == "rules[1]"
    assert "'late' can never fire: 'r0', tried before it, matches" in problem.message
    assert "above that of 'r0'" in problem.remedy


def test_priority_decides_who_is_behind() -> None:
    narrow: Written = {"when": {"category": "coding", "language": "de"}}
    wide: Written = {"when": {"category": "coding"}}

    assert refusals(narrow, wide) == []
    assert refusals(wide, {**narrow, "priority": 1}) == []
    assert refusal(narrow, {**wide, "priority": 1}).path == "rules[0]"


def test_nothing_may_stand_behind_a_rule_that_always_matches() -> None:
    always = allowed(name="always")

    assert refusals(always) == []
    assert "'always', tried before it" in refusal(always, {"when": {"kind": "chat"}}).message


def test_rules_that_hide_one_only_together_are_all_named() -> None:
    problem = refusal(
        {"when": {"complexity": {"above": 0.5}}},
        {"when": {"language": "fr"}},
        {"when": {"complexity": {"below": 0.7}}},
        {"when": {"category": "law", "complexity": {"above": 0.1}}},
    )

    assert problem.path == "rules[3]"
    assert "'r0', 'r2', tried before it, match whenever it does" in problem.message


def test_what_is_unknown_is_neither_above_nor_below() -> None:
    assert not refusals(
        {"when": {"complexity": {"above": 0.5}}},
        {"when": {"complexity": {"below": 0.6}}},
        {"when": {"category": "law"}},
    )


@pytest.mark.parametrize(
    ("when", "models", "told"),
    [
        ({"needs": "vision"}, ["blind"], "'blind' lacks vision"),
        ({"needs": ["vision", "audio"]}, ["blind"], "'blind' lacks vision, 'blind' lacks audio"),
        ({"input_tokens": {"above": 8000}}, ["blind"], "'blind' has a window of 8000"),
        ({"needs": "audio"}, ["blind", "seeing"], "'blind' lacks audio, 'seeing' lacks audio"),
    ],
)
def test_a_rule_none_of_whose_models_can_be_able_is_refused(
    when: Written, models: list[str], told: str
) -> None:
    problem = refusal(allowed(when, cache=None, models=models), known=VISION)

    assert problem.path == "rules[0].models"
    assert problem.message.endswith(told)


@pytest.mark.parametrize(
    ("when", "models"),
    [
        ({"needs": "vision"}, ["blind", "seeing"]),
        ({"needs": "vision"}, ["unknown"]),
        ({"needs": ["vision", "tools"]}, ["blind"]),
        ({"not": {"needs": "vision"}}, ["blind"]),
        ({"input_tokens": {"above": 7999}}, ["blind"]),
    ],
)
def test_a_rule_that_has_a_model_for_some_requests_is_not(when: Written, models: list[str]) -> None:
    assert refusals(allowed(when, cache=None, models=models), known=VISION) == []


HARD: Written = {"complexity": {"above": 0.5}}


def test_rules_that_together_deny_everything_are_refused() -> None:
    problem = refusal({"when": HARD}, {"when": {"not": HARD}})

    assert "leaves keys that no rule names without a model" in problem.message
    assert "'r0', 'r1'" in problem.message


def test_a_key_that_rules_together_deny_everything_is_named() -> None:
    problem = refusal(
        {"when": {"tenant": "alice", **HARD}}, {"when": {"tenant": "alice", "not": HARD}}
    )

    assert "leaves the key 'alice' without a model" in problem.message


def test_a_key_whose_rule_is_out_of_reach_is_named() -> None:
    found = refusals(
        {"when": {"not": {"tenant": "bob"}}, "name": "closed"},
        allowed({"tenant": ["alice", "bob"]}),
    )

    assert [problem.path for problem in found] == ["rules[0]"]
    assert "the key 'alice'" in found[0].message


@pytest.mark.parametrize(
    "written",
    [
        [{"when": {"tenant": "alice"}}],
        [{}],
        [allowed({"tenant": "alice"}), {}],
        [allowed({"not": {"tenant": "bob"}}), {}],
        [{"when": {"tenant": "bob"}}, allowed({"tenant": ["alice", "bob"]})],
        [{"when": HARD}, {"when": {"complexity": {"below": 0.6}}}],
    ],
    ids=["one key", "all", "all but one", "one", "one of two", "all but the unknown"],
)
def test_a_rule_may_deny_everything_if_it_says_so(written: list[Written]) -> None:
    assert refusals(*written) == []


def test_what_is_too_large_to_look_through_is_refused_with_a_way_out() -> None:
    risks = [[{"risks": f"{row}-{column}"} for column in range(3)] for row in range(8)]

    problem = refusal({"when": {"all": [{"any": row} for row in risks]}})

    assert "too many signals" in problem.message
    assert "split" in problem.remedy


def test_many_rules_over_many_signals_are_looked_through() -> None:
    written: list[Written] = [
        {"when": {"category": f"c{number % 40}", "tenant": f"t{number // 40}"}}
        for number in range(200)
    ]

    assert refusals(*written) == []


@given(st.lists(st.tuples(conditions, st.integers(0, 2)), min_size=1, max_size=4))
def test_a_rule_is_refused_exactly_if_no_workload_reaches_it(
    written: list[tuple[Written, int]],
) -> None:
    read = rules(*({"when": when, "priority": priority} for when, priority in written))
    space = Space([rule.when for rule in read])
    said = [
        p.path.removesuffix(".when")
        for p in analyse(read, NOTHING_KNOWN)
        if "leaves" not in p.message
    ]

    ordered = by_priority(read)
    for place, rule in enumerate(ordered):
        before = ordered[:place]
        if any(space.is_always(a) or space.is_always(a, wanted=False) for a in atoms(rule.when)):
            assert rule.path in said
            continue
        reaching = [
            w
            for w in WORKLOADS
            if holds(rule.when, w) and not any(holds(other.when, w) for other in before)
        ]
        assert not (rule.path in said and reaching)
        if rule.path not in said:
            taken = [box for other in before for box in space.boxes(other.when)]
            found = space.outside(space.boxes(rule.when), taken).box
            assert found is not None
            variables = list(dict.fromkeys(a.variable for one in read for a in atoms(one.when)))
            witness = workload_in(space, found, variables)
            assert holds(rule.when, witness)
            assert not any(holds(other.when, witness) for other in before)
