"""What is found out about conditions is true of all workloads, and all that is true is found."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.routers.rules.written import (
    Written,
    conditions,
    read,
    samples,
    workload_in,
)
from wrp_proxy.routers.rules.conditions import Condition, atoms, holds
from wrp_proxy.routers.rules.space import MAX_BOXES, Box, Space, TooLargeError
from wrp_proxy.types import Workload

WORKLOADS = samples(150, seed=3)


def is_in(space: Space, boxes: Sequence[Box], conditions: Sequence[Condition], w: Workload) -> bool:
    """Tell whether a workload lies in boxes, by the values that stand in for its own."""
    of_variable: dict[str, list[bool]] = {}
    by_variable: dict[str, list[object]] = {}
    for condition in conditions:
        for atom in atoms(condition):
            value = atom.read(w)
            of_variable.setdefault(atom.variable, []).append(atom.test(value))
            stand_ins = by_variable.setdefault(atom.variable, list(space.values(atom.variable)))
            same = [one for one in stand_ins if atom.test(one) == atom.test(value)]
            by_variable[atom.variable] = same
    assert all(by_variable.values()), "nothing stands in for a value of this workload"
    return any(
        all(
            set(map(repr, by_variable[v])) & set(map(repr, space.chosen(box, v)))
            for v in by_variable
        )
        for box in boxes
    )


def variables_of(*some: Condition) -> list[str]:
    return list(dict.fromkeys(atom.variable for one in some for atom in atoms(one)))


@given(conditions)
def test_a_workload_lies_in_the_boxes_where_the_condition_holds(written: Written) -> None:
    condition = read(written)
    space = Space([condition])

    boxes = space.boxes(condition)

    for workload in WORKLOADS:
        assert is_in(space, boxes, [condition], workload) == holds(condition, workload)


@given(conditions)
def test_the_negation_is_where_the_condition_does_not_hold(written: Written) -> None:
    condition = read(written)
    space = Space([condition])

    boxes = space.boxes(condition, wanted=False)

    for workload in WORKLOADS:
        assert is_in(space, boxes, [condition], workload) != holds(condition, workload)


@given(conditions)
def test_what_is_called_a_contradiction_never_holds_and_nothing_else_is(written: Written) -> None:
    condition = read(written)
    space = Space([condition])

    boxes = space.boxes(condition)

    if not boxes:
        assert not any(holds(condition, workload) for workload in WORKLOADS)
    for box in boxes:
        assert holds(condition, workload_in(space, box, variables_of(condition)))


@given(conditions, conditions)
def test_what_is_called_implied_always_follows_and_nothing_else_is(
    one: Written, other: Written
) -> None:
    implying, implied = read(one), read(other)
    space = Space([implying, implied])

    found = space.outside(space.boxes(implying), space.boxes(implied)).box

    if found is None:
        matches = [workload for workload in WORKLOADS if holds(implying, workload)]
        assert all(holds(implied, workload) for workload in matches)
    else:
        witness = workload_in(space, found, variables_of(implying, implied))
        assert holds(implying, witness)
        assert not holds(implied, witness)


@given(conditions)
def test_a_condition_and_its_negation_leave_nothing(written: Written) -> None:
    condition = read(written)
    space = Space([condition])

    halves = [*space.boxes(condition), *space.boxes(condition, wanted=False)]

    assert space.outside([{}], halves).box is None


@given(st.integers(0, 20), st.integers(0, 20))
def test_between_two_whole_numbers_there_is_one_only_if_there_is(above: int, below: int) -> None:
    condition = read({"input_tokens": {"above": above, "below": below}})

    boxes = Space([condition]).boxes(condition)

    assert bool(boxes) == (below - above >= 2)


@pytest.mark.parametrize("written", [{"kind": "chat"}, {"api": "chat"}])
def test_where_all_names_are_known_they_are_always_one_of_them(written: Written) -> None:
    (word,) = written
    names = {
        "kind": ["chat", "agent", "tool_loop", "batch", "completion"],
        "api": ["chat", "completions", "embeddings", "responses", "messages"],
    }[word]
    condition = read({word: names})

    assert Space([condition]).boxes(condition) == [{}]


def test_an_operators_categories_are_all_there_are() -> None:
    condition = read({"category": ["a", "b", "unknown"]})

    assert Space([condition], ["a", "b"]).boxes(condition) == [{}]
    assert Space([condition]).boxes(condition) != [{}]


def test_what_is_not_known_has_no_probability() -> None:
    condition = read({"category": "coding", "min_probability": 0.01})
    either = read({"any": [{"category": "unknown"}, {"category": "coding"}]})
    space = Space([condition, either], ["coding"])

    assert space.boxes(condition)
    assert space.boxes(either) == [{}]


def test_too_many_combinations_are_not_looked_through() -> None:
    risks = [[{"risks": f"{row}-{column}"} for column in range(3)] for row in range(8)]
    condition = read({"all": [{"any": row} for row in risks]})
    assert MAX_BOXES < 3**8

    with pytest.raises(TooLargeError):
        Space([condition]).boxes(condition)


def test_many_alternatives_of_one_signal_are_one_box() -> None:
    names = [f"key-{number}" for number in range(2000)]
    condition = read({"any": [{"tenant": name} for name in names]})

    assert len(Space([condition]).boxes(condition)) == 1
