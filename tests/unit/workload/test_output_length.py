"""The length of an answer is expected from those before."""

import json
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.routers.replicas import Totals, exchange
from wrp_proxy.workload.output_length import OutputLength


def lognormal(median: float, seed: int, count: int) -> list[int]:
    draw = random.Random(seed)  # noqa: S311 - reproducible, not secret
    return [max(round(median * math.exp(draw.gauss(0, 1))), 1) for _ in range(count)]


def taught(*answers: int, category: str = "coding", prompt: int = 100) -> OutputLength:
    lengths = OutputLength()
    for answer in answers:
        lengths.observe(category, prompt, answer)
    return lengths


def test_before_anything_is_seen_the_prior_holds() -> None:
    assert OutputLength().expect("coding", 100) == 256
    assert taught(*[9] * 7).expect("coding", 100) == 256


@pytest.mark.parametrize("median", [5, 40, 300, 4000])
def test_it_finds_the_third_quartile(median: int) -> None:
    answers = lognormal(median, 7, 1500)

    expected = taught(*answers).expect("coding", 100)

    shorter = sum(answer <= expected for answer in answers) / len(answers)
    assert 0.68 <= shorter <= 0.82


def test_it_follows_when_answers_change() -> None:
    lengths = taught(*lognormal(50, 1, 800))

    for answer in lognormal(1000, 2, 300):
        lengths.observe("coding", 100, answer)

    assert 1300 <= lengths.expect("coding", 100) <= 3000


def test_categories_and_lengths_of_prompts_are_apart() -> None:
    lengths = OutputLength()
    for _ in range(300):
        lengths.observe("coding", 100, 800)
        lengths.observe("coding", 10_000, 100)
        lengths.observe("chat", 100, 20)

    assert lengths.expect("coding", 110) == pytest.approx(800, rel=0.1)
    assert lengths.expect("coding", 9000) == pytest.approx(100, rel=0.1)
    assert lengths.expect("chat", 100) == pytest.approx(20, rel=0.1)


def test_a_new_length_goes_by_its_category_and_a_new_category_by_all() -> None:
    lengths = taught(*[800] * 200)

    assert lengths.expect("coding", 50_000) == pytest.approx(800, rel=0.1)
    assert lengths.expect("history", 3) == pytest.approx(800, rel=0.1)


def test_an_answer_that_was_cut_says_only_that_it_was_no_shorter() -> None:
    lengths = taught(*[800] * 200)

    for _ in range(200):
        lengths.observe("coding", 100, 16, is_cut=True)

    assert lengths.expect("coding", 100) == pytest.approx(800, rel=0.1)


def test_answers_that_were_cut_where_longer_ones_are_expected_make_it_no_shorter() -> None:
    """Half of the answers were allowed 300 tokens, of some 600 that they would have had."""
    lengths, whole = OutputLength(), OutputLength()
    for number, answer in enumerate(lognormal(600, 5, 1500)):
        is_cut = number % 2 == 0 and answer >= 300
        lengths.observe("coding", 100, 300 if is_cut else answer, is_cut=is_cut)
        whole.observe("coding", 100, answer)

    assert lengths.expect("coding", 100) >= 0.7 * whole.expect("coding", 100)


def test_a_cut_answer_that_is_longer_than_expected_counts() -> None:
    lengths = taught(*[100] * 80)

    for _ in range(200):
        lengths.observe("coding", 100, 1000, is_cut=True)

    assert lengths.expect("coding", 100) == pytest.approx(1000, rel=0.1)


@pytest.mark.parametrize("tokens", [0, -5])
def test_no_answer_teaches_nothing(tokens: int) -> None:
    assert taught(*[tokens] * 50).statistics.dump() == {}


def test_it_goes_through_json() -> None:
    lengths, again = taught(*lognormal(300, 3, 100)), OutputLength()

    again.statistics.replace(json.loads(json.dumps(lengths.statistics.dump())))

    assert again.expect("coding", 100) == lengths.expect("coding", 100) != 256


def test_what_comes_from_others_is_used_at_once() -> None:
    lengths = taught(*[100] * 80)
    before = lengths.expect("coding", 100)

    lengths.statistics.replace(taught(*[1000] * 80).statistics.dump())

    assert before == pytest.approx(100, rel=0.1)
    assert lengths.expect("coding", 100) == pytest.approx(1000, rel=0.1)


COUNTS = st.floats(allow_nan=False, allow_infinity=False)


@given(st.lists(COUNTS, min_size=80, max_size=80) | st.lists(COUNTS, max_size=3))
def test_any_sums_of_others_leave_a_length_that_may_be(counts: list[float]) -> None:
    lengths = OutputLength()

    lengths.statistics.replace({"*": (counts, 0.0)})

    assert 1 <= lengths.expect("coding", 100) <= 2**20


@given(st.lists(st.tuples(st.booleans(), st.booleans()), min_size=30, max_size=60))
def test_replicas_that_share_expect_like_one_that_has_seen_all(
    turns: list[tuple[bool, bool]],
) -> None:
    answers = iter(lognormal(300, 11, 8 * len(turns)))
    alone, replicas, totals = OutputLength(), (OutputLength(), OutputLength()), Totals()
    for at_second, is_exchange in turns:
        for _ in range(8):
            answer = next(answers)
            alone.observe("coding", 100, answer)
            replicas[at_second].observe("coding", 100, answer)
        if is_exchange:
            exchange([one.statistics for one in replicas], totals)
    exchange([one.statistics for one in replicas], totals)

    expected = alone.expect("coding", 100)

    assert replicas[0].expect("coding", 100) == replicas[1].expect("coding", 100)
    assert replicas[0].expect("coding", 100) == pytest.approx(expected, rel=0.3)


def test_what_it_keeps_is_bounded() -> None:
    lengths = OutputLength()
    for number in range(2000):
        for _ in range(8):
            lengths.observe(f"category {number}", 100, 50)

    assert len(lengths.statistics.dump()) <= 512
    assert lengths.expect("category 1999", 100) == pytest.approx(50, rel=0.1)


@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(-1, 10**12), st.booleans())))
def test_any_answer_leaves_a_length_that_may_be(
    answers: list[tuple[int, int, bool]],
) -> None:
    lengths = OutputLength()
    for prompt, tokens, is_cut in answers:
        lengths.observe("chat", prompt, tokens, is_cut=is_cut)

    assert 1 <= lengths.expect("chat", 50) <= 10**8
