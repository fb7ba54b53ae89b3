"""Is a verifier's mark held against what people said?"""

from tests.unit.nouns import outcome
from wrp_proxy.accounting.graded import Graded, Opinion
from wrp_proxy.evaluation.thresholds import threshold_lines


def judged(mark: float, verdict: float, source: str = "user") -> Graded:
    said = Opinion("verifier:judge", mark, 0.6, 1.0), Opinion(source, verdict, 1.0, 2.0)
    return Graded(outcome=outcome(), opinions=said)


def test_the_lowest_mark_above_which_nine_of_ten_are_good_is_named() -> None:
    rows = [judged(0.8, 1.0)] * 45 + [judged(0.6, 0.0)] * 3 + [judged(0.3, 0.0)] * 30

    (line,) = threshold_lines(rows)

    assert line.startswith("verifier judge: a threshold of 0.60")
    assert "78 answers" in line


def test_a_verifier_that_is_never_right_enough_is_said_so() -> None:
    (line,) = threshold_lines([judged(0.8, 0.0)] * 60)

    assert "none of its marks" in line


def test_little_evidence_and_the_word_of_machines_say_nothing() -> None:
    assert list(threshold_lines([judged(0.8, 1.0)] * 20)) == []
    assert list(threshold_lines([judged(0.8, 1.0, "auto:finish")] * 100)) == []
