"""What is learnt of an endpoint's speed."""

from math import isfinite

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.nouns import outcome, usage
from tests.unit.pool.answering import Answering, streamed, told
from wrp_proxy.pool.pace import Pace
from wrp_proxy.types import Outcome


def test_nothing_is_known_at_first() -> None:
    pace = Pace()

    assert pace.expected_ttft_s(1000) is None
    assert pace.first_content_quantile(0.95) is None
    assert (pace.tpot_s, pace.service_s, pace.prefill_tokens_per_s) == (None, None, None)
    assert (pace.peak_s(0.0), pace.warmth(0.0)) == (0.0, 0.5)


def test_what_is_expected_grows_with_the_prompt() -> None:
    pace = told(*Answering(base_s=0.2, tokens_per_s=5000).answers(50))

    assert pace.expected_ttft_s(1000) == pytest.approx(0.4, rel=0.1)
    assert pace.expected_ttft_s(10_000) == pytest.approx(2.2, rel=0.1)
    assert pace.prefill_tokens_per_s == pytest.approx(5000, rel=0.1)
    assert pace.tpot_s == pytest.approx(0.02, rel=0.01)


def test_what_is_usually_cached_is_not_expected_to_be_read() -> None:
    endpoint = Answering(base_s=0.1, tokens_per_s=1000)
    pace = told(*(endpoint.answer(tokens, cached=tokens // 2) for tokens in range(100, 5100, 100)))

    assert pace.prefill_tokens_per_s == pytest.approx(1000, rel=0.1)
    assert pace.expected_ttft_s(2000) == pytest.approx(1.1, rel=0.1)


def test_means_are_little_moved_by_an_answer_that_hangs() -> None:
    pace = told(*Answering().answers(50))
    assert pace.service_s is not None
    usual_s, usual_tpot_s = pace.service_s, pace.tpot_s

    pace.observe(streamed(60.0, 120.0), 51.0)

    assert pace.service_s < 1.5 * usual_s
    assert pace.tpot_s is not None
    assert usual_tpot_s is not None
    assert pace.tpot_s < 1.5 * usual_tpot_s
    assert pace.latency_s == 60.0


def test_a_cold_start_is_soon_forgotten() -> None:
    pace = told(streamed(60.0, 61.0), *Answering().answers(20))

    assert pace.service_s == pytest.approx(2.2, rel=0.5)
    assert pace.expected_ttft_s(1000) == pytest.approx(0.4, rel=0.25)


def test_means_follow_a_change_of_speed() -> None:
    pace = told(*Answering(tpot_s=0.01).answers(30))
    told(*Answering(tpot_s=0.1).answers(40), pace=pace)

    assert pace.tpot_s == pytest.approx(0.1, rel=0.05)


def test_where_nothing_is_streamed_the_whole_answer_is_waited_for() -> None:
    pace = told(*(plain(3.0) for _ in range(10)))

    assert pace.expected_ttft_s(1000) == pytest.approx(3.0)
    assert pace.latency_s == pytest.approx(3.0)
    assert pace.tpot_s is None


def test_of_a_plain_answer_the_usual_part_is_the_time_to_first_content() -> None:
    streams = Answering(base_s=1.0, tokens_per_s=1e9, tpot_s=0.1, noise=0.0)
    pace = told(*(streams.answer(1000, completion=11) for _ in range(200)))

    pace.observe(plain(21.0, completion=10), 1000.0)

    assert pace.latency_s == pytest.approx(10.5)


def test_a_failure_is_all_that_is_known_of_what_has_never_answered() -> None:
    pace = Pace()

    pace.hit(2.0, 0.0)

    assert pace.expected_ttft_s(1000) == 2.0


def test_the_quantile_is_that_of_the_last_answers() -> None:
    pace = told(*(streamed(9.0, 9.5) for _ in range(128)))
    told(*(streamed(place / 100, 1.0) for place in range(128)), pace=pace)

    assert pace.first_content_quantile(0.95) == pytest.approx(1.21, abs=0.02)


def test_peaks_fade_by_e_in_ten_seconds() -> None:
    pace = told(streamed(8.0, 9.0))

    assert pace.peak_s(10.0) == pytest.approx(8.0 / 2.718, rel=0.01)


def plain(duration_s: float, completion: int = 10) -> Outcome:
    return outcome(duration_s=duration_s, first_content_s=duration_s, usage=usage(1000, completion))


usages = st.none() | st.builds(
    usage,
    st.integers(0, 10**7),
    st.integers(0, 10**6),
    cached_tokens=st.integers(0, 10**7),
    estimated=st.booleans(),
)
outcomes = st.builds(
    outcome,
    stream=st.booleans(),
    usage=usages,
    first_content_s=st.none() | st.floats(0, 10**5),
    duration_s=st.floats(0, 10**5),
)


@given(st.lists(st.tuples(outcomes, st.floats(0, 100)), max_size=60), st.integers(0, 10**7))
def test_whatever_comes_every_figure_is_one(seen: list[tuple[Outcome, float]], tokens: int) -> None:
    pace, now = Pace(), 0.0
    for one, later_s in seen:
        now += later_s
        pace.observe(one, now)
        figures = (
            pace.expected_ttft_s(tokens),
            pace.tpot_s,
            pace.service_s,
            pace.latency_s,
            pace.peak_s(now + 1),
            pace.prefill_tokens_per_s,
            pace.first_content_quantile(0.95),
        )

        assert all(isfinite(figure) and figure >= 0 for figure in figures if figure is not None)
        assert 0 <= pace.warmth(now + 1) <= 1
