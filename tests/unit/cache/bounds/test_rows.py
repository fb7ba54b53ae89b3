"""Counts that several replicas keep together."""

from itertools import permutations

from hypothesis import given
from hypothesis import strategies as st

from wrp_proxy.cache.bounds.rows import Count, Row, Rows, Stage

COUNTS = st.builds(Count, st.integers(0, 2), st.integers(0, 9), st.integers(0, 9))
ROWS = st.builds(Row, st.builds(Stage, st.integers(0, 3), st.integers(0, 3)), COUNTS, COUNTS)
HEARD = st.lists(st.tuples(st.sampled_from("abc"), ROWS), max_size=6)


def heard(messages: list[tuple[str, Row]]) -> tuple[object, ...]:
    rows = Rows()
    for replica, row in messages:
        rows.put(replica, row)
    return (rows.stage, rows.at_stage(), rows.lately(), *(rows.of(name) for name in "abc"))


@given(messages=HEARD, data=st.data())
def test_order_and_repetition_of_messages_do_not_matter(
    messages: list[tuple[str, Row]], data: st.DataObject
) -> None:
    shuffled = data.draw(st.permutations(messages))

    assert heard(shuffled + messages) == heard(messages)


@given(one=ROWS, two=ROWS, three=ROWS)
def test_rows_unite_as_sets_do(one: Row, two: Row, three: Row) -> None:
    assert one.united(one) == one
    assert one.united(two) == two.united(one)
    assert one.united(two).united(three) == one.united(two.united(three))


def test_totals_are_sums_over_the_replicas() -> None:
    rows = Rows()
    for replica, wrong in (("a", False), ("b", True), ("a", False), ("b", False), ("c", True)):
        rows.audit(replica, is_wrong=wrong)

    assert rows.at_stage() == rows.lately() == (5, 2)


def test_a_move_begins_a_new_count_for_all_and_forgets_nothing_of_late() -> None:
    rows = Rows()
    for replica in "abc":
        rows.audit(replica, is_wrong=True)

    rows.move("a", 1)
    rows.audit("b", is_wrong=False)

    assert rows.stage == Stage(1, 1)
    assert rows.at_stage() == (1, 0)
    assert rows.lately() == (4, 3)


def test_of_moves_at_the_same_time_the_one_up_counts() -> None:
    start = Row(Stage(4, 2))
    up, down = Row(start.stage.moved(1)), Row(start.stage.moved(-1))

    for order in permutations([("a", up), ("b", down), ("c", start)]):
        assert heard(list(order))[0] == Stage(5, 3)


def test_moves_that_agree_are_one_move() -> None:
    rows = Rows()
    rows.put("a", Row(Stage(0, 0).moved(1)))
    rows.put("b", Row(Stage(0, 0).moved(1)))

    assert rows.stage == Stage(1, 1)


def test_old_audits_are_given_up_and_the_share_stays() -> None:
    rows = Rows()
    for number in range(10_000):
        rows.audit("a", is_wrong=number % 20 == 0)

    audited, wrong = rows.lately()
    assert 1000 <= audited <= 2000
    assert 0.05 <= wrong / audited < 0.055


def test_a_single_wrong_hit_is_not_forgotten_by_halving() -> None:
    rows = Rows()
    rows.audit("a", is_wrong=True)
    for _ in range(1999):
        rows.audit("a", is_wrong=False)

    assert rows.lately() == (1000, 1)


def test_replicas_that_were_not_heard_of_for_long_make_room() -> None:
    rows = Rows()
    for number in range(100):
        rows.audit("mine", is_wrong=False)
        rows.audit(f"other-{number}", is_wrong=False)

    assert rows.lately() == (115, 0)
