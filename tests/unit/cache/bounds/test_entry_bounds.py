"""The thresholds of single entries."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.cache.bounds.labels import ENTRY, label
from wrp_proxy.cache.bounds.entry_bounds import EntryBounds
from wrp_proxy.cache.bounds.label import Label

BASE = 0.92
SIMILARITIES = st.floats(0.6, 1.0000002)
LABELS = st.lists(st.builds(label, SIMILARITIES, st.sampled_from([True, False, None])), max_size=12)
BASES = st.floats(0.85, 0.99)


def taught(*labels: Label) -> EntryBounds:
    bounds = EntryBounds()
    for one in labels:
        bounds.learn(one)
    return bounds


def merged(*states: bytes) -> bytes:
    bounds = EntryBounds()
    for state in states:
        bounds.merge(ENTRY, state)
    return bounds.encode(ENTRY)


def state(labels: list[Label]) -> bytes:
    return taught(*labels).encode(ENTRY)


def test_an_unknown_entry_has_the_threshold_of_its_policy() -> None:
    assert EntryBounds().threshold(ENTRY, BASE) == BASE
    assert EntryBounds().threshold(ENTRY, BASE, 0.02) == pytest.approx(0.94)


@pytest.mark.parametrize("similarity", [0.92, 0.9215, 0.95, 0.999, 1.0, 1.0000001])
def test_one_wrong_label_is_enough_to_serve_nothing_like_it(similarity: float) -> None:
    bounds = taught(label(similarity, right=False))

    assert similarity < bounds.threshold(ENTRY, BASE) < similarity + 0.0021


def test_one_right_label_lowers_nothing() -> None:
    assert taught(label(0.8)).threshold(ENTRY, BASE) == BASE


def test_two_right_labels_lower_the_threshold_to_the_second() -> None:
    assert taught(label(0.84), label(0.8)).threshold(ENTRY, BASE) == 0.84
    assert taught(label(0.84), label(0.8), label(0.82)).threshold(ENTRY, BASE) == 0.82


def test_the_same_question_twice_is_one_witness() -> None:
    assert taught(label(0.8), label(0.8)).threshold(ENTRY, BASE) == BASE


def test_right_labels_above_the_threshold_do_not_raise_it() -> None:
    assert taught(label(0.97), label(0.98)).threshold(ENTRY, BASE) == BASE


def test_right_labels_below_a_wrong_one_count_nothing_in_either_order() -> None:
    right, wrong = (label(0.8), label(0.82)), label(0.86, right=False)

    assert taught(*right, wrong).threshold(ENTRY, BASE) == BASE
    assert taught(wrong, *right).threshold(ENTRY, BASE) == BASE


def test_right_labels_above_a_wrong_one_lower_the_threshold_to_where_they_are() -> None:
    bounds = taught(label(0.8), label(0.86, right=False), label(0.88), label(0.9))

    assert bounds.threshold(ENTRY, BASE) == 0.9


def test_what_is_below_the_floor_is_not_learnt_from() -> None:
    bounds = taught(label(0.7), label(0.74), label(0.749, right=False))

    assert bounds.threshold(ENTRY, BASE) == BASE
    assert bounds.encode(ENTRY) == EntryBounds().encode(ENTRY)


def test_a_contradiction_of_the_judge_says_nothing_of_the_entry() -> None:
    assert taught(label(0.95, right=None)).threshold(ENTRY, BASE) == BASE


def test_a_raise_for_all_lifts_a_lowered_threshold_but_not_what_is_barred() -> None:
    lowered = taught(label(0.8), label(0.82))
    barred = taught(label(0.96, right=False))

    assert lowered.threshold(ENTRY, BASE, 0.02) == pytest.approx(0.84)
    assert barred.threshold(ENTRY, BASE, 0.02) == barred.threshold(ENTRY, BASE)


@given(labels=LABELS, base=BASES)
def test_no_label_makes_a_threshold_fall_under_the_floor_or_to_a_wrong_one(
    labels: list[Label], base: float
) -> None:
    threshold = taught(*labels).threshold(ENTRY, base)

    assert threshold >= 0.75
    assert all(
        threshold > one.similarity
        for one in labels
        if one.right is False and one.similarity >= 0.75
    )


@given(labels=LABELS, similarity=st.floats(0.75, 1), base=BASES)
def test_a_wrong_label_counts_at_once_whatever_was_known(
    labels: list[Label], similarity: float, base: float
) -> None:
    bounds = taught(*labels)
    before = bounds.threshold(ENTRY, base)

    bounds.learn(label(similarity, right=False))

    assert bounds.threshold(ENTRY, base) >= before
    assert bounds.threshold(ENTRY, base) > similarity


@given(labels=LABELS, data=st.data())
def test_the_order_of_labels_does_not_matter(labels: list[Label], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(labels))

    assert state(shuffled) == state(labels)


@given(one=LABELS, two=LABELS, three=LABELS)
def test_replicas_converge_in_whatever_order_they_hear_of_each_other(
    one: list[Label], two: list[Label], three: list[Label]
) -> None:
    a, b, c = state(one), state(two), state(three)

    assert merged(a, b) == merged(b, a)
    assert merged(merged(a, b), c) == merged(a, merged(b, c))
    assert merged(a, a) == a
    assert merged(a, b, c, b, a) == state(one + two + three)


@pytest.mark.parametrize(
    "garbage", [b"", b"\xff\x00", b"\x93\x01\x02\x03", b"\x92\xcd\xff\xff\x90", b"\x92\x00\x91\x05"]
)
def test_what_cannot_be_read_is_left(garbage: bytes) -> None:
    bounds = taught(label(0.95, right=False))
    before = bounds.encode(ENTRY)

    bounds.merge(ENTRY, garbage)

    assert bounds.encode(ENTRY) == before


def test_states_are_small() -> None:
    every = [label(0.75 + number / 10_000) for number in range(2500)]

    assert len(state([label(0.95, right=False), label(0.97), label(0.98)])) < 16
    assert len(state(every)) < 800


def test_a_forgotten_entry_is_unknown() -> None:
    bounds = taught(label(0.95, right=False))

    bounds.forget(ENTRY)
    bounds.forget(ENTRY)

    assert bounds.threshold(ENTRY, BASE) == BASE


def test_the_least_recently_labelled_entries_make_room() -> None:
    bounds = EntryBounds(max_entries=2)
    for name in (b"a", b"b", b"a", b"c"):
        bounds.learn(label(0.95, right=False, entry_id=name))

    assert [bounds.threshold(name, BASE) > BASE for name in (b"a", b"b", b"c")] == [
        True,
        False,
        True,
    ]
