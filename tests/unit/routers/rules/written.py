"""Conditions as a configuration writes them, and workloads that they tell apart."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

from hypothesis import strategies as st

from tests.unit.nouns import workload
from wrp_proxy.routers.rules.conditions import Condition
from wrp_proxy.routers.rules.known import NOTHING_KNOWN, Place
from wrp_proxy.routers.rules.reading import Reader
from wrp_proxy.routers.rules.rule import Rule, RuleReader
from wrp_proxy.routers.rules.space import Box, Space
from wrp_proxy.routers.rules.stand_ins import ANOTHER
from wrp_proxy.types import Workload

Written = Mapping[str, Any]


def read(written: object) -> Condition:
    reader = Reader(NOTHING_KNOWN)
    condition = reader.condition(Place("when", written))
    assert reader.problems == []
    return condition


def rules(*written: Written) -> list[Rule]:
    """Read rules, each with a name and an action where none is written; None leaves one out."""
    usual = [
        {"name": f"r{number}", "deny": "No."} | dict(one) for number, one in enumerate(written)
    ]
    usual = [{key: said for key, said in one.items() if said is not None} for one in usual]
    reader = RuleReader()
    found = reader.rules(Place("rules", usual))
    assert reader.problems == []
    return found


def _some(*names: str) -> st.SearchStrategy[Any]:
    lists = st.lists(st.sampled_from(names), min_size=1, max_size=2, unique=True)
    return st.sampled_from(names) | lists


def _range(*limits: float) -> st.SearchStrategy[Any]:
    limit = st.sampled_from(limits)
    return (
        st.fixed_dictionaries({"above": limit}, optional={"below": limit})
        | st.fixed_dictionaries({"below": limit})
    )  # fmt: skip


_leaves = st.one_of(
    st.fixed_dictionaries({"category": _some("coding", "law", "unknown")}),
    st.fixed_dictionaries(
        {"category": _some("coding", "law"), "min_probability": st.sampled_from([0.5, 0.7, 1.0])}
    ),
    st.fixed_dictionaries({"kind": _some("chat", "agent", "tool_loop")}),
    st.fixed_dictionaries({"language": _some("de", "unknown")}),
    st.fixed_dictionaries({"tenant": _some("alice", "bob")}),
    st.fixed_dictionaries({"fingerprint": st.just("f00")}),
    st.fixed_dictionaries({"needs": _some("tools", "vision")}),
    st.fixed_dictionaries({"risks": _some("email", "secret")}),
    st.fixed_dictionaries({"session": st.booleans()}),
    st.fixed_dictionaries({"complexity": _range(0.2, 0.5, 0.8)}),
    st.fixed_dictionaries({"warmth": _range(0.5, 1.0)}),
    st.fixed_dictionaries({"input_tokens": _range(10, 11, 13)}),
    st.fixed_dictionaries({"turn": _range(1, 2, 4)}),
    st.fixed_dictionaries({"failed_tools": _range(0, 2)}),
)


def _combined(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    several = st.lists(inner, min_size=1, max_size=3)
    return st.one_of(
        st.fixed_dictionaries({"all": several}),
        st.fixed_dictionaries({"any": several}),
        st.fixed_dictionaries({"not": inner}),
        st.tuples(inner, inner).map(lambda two: {**two[0], **two[1]}).filter(_is_readable),
    )


def _is_readable(written: Written) -> bool:
    reader = Reader(NOTHING_KNOWN)
    reader.condition(Place("when", written))
    return not reader.problems


conditions = st.recursive(_leaves, _combined, max_leaves=6)


def samples(count: int, seed: int) -> list[Workload]:
    """Draw workloads that lie on, beside and far from what the conditions above say."""
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return [_sample(draw) for _ in range(count)]


def _sample(draw: random.Random) -> Workload:
    category = draw.choice(["coding", "law", "chat", "unknown"])
    chance = draw.choice([0.3, 0.5, 0.6, 0.7, 0.9, 1.0])
    return workload(
        category=category,
        probabilities={} if category == "unknown" else {category: chance},
        kind=draw.choice(["chat", "agent", "tool_loop", "batch"]),
        language=draw.choice(["de", "en", "unknown"]),
        tenant=draw.choice(["alice", "bob", "carol"]),
        fingerprint=draw.choice(["f00", "f01", None]),
        needs=frozenset(need for need in ("tools", "vision") if draw.random() < 0.5),
        risks=frozenset(risk for risk in ("email", "secret") if draw.random() < 0.5),
        session=draw.choice(["s", None]),
        complexity=draw.choice([None, 0.0, 0.1, 0.2, 0.3, 0.5, 0.6, 0.8, 0.9, 1.0]),
        warmth=draw.choice([None, 0.0, 0.5, 0.7, 1.0]),
        input_tokens=draw.choice([0, 9, 10, 11, 12, 13, 14, 10**6]),
        turn=draw.choice([1, 2, 3, 4, 5]),
        failed_tools=draw.choice([0, 1, 2, 3]),
    )


def workload_in(space: Space, box: Box, variables: Sequence[str]) -> Workload:
    """Make a workload that lies in a box."""
    fields: dict[str, Any] = {}
    sets: dict[str, set[str]] = {"needs": set(), "risks": set()}
    for variable in variables:
        value = space.chosen(box, variable)[0]
        signal, _, element = variable.partition(" ")
        if variable == "category":
            assert isinstance(value, tuple)
            name = "another" if value[0] is ANOTHER else value[0]
            fields |= {"category": name, "probabilities": {name: value[1]}}
        elif element:
            sets[signal] |= {element} if value else set()
        elif variable == "session":
            fields["session"] = "s" if value else None
        else:
            fields[variable] = "another" if value is ANOTHER else value
    return workload(**fields, **{name: frozenset(elements) for name, elements in sets.items()})
