"""Opinions on an answer meet the workload as it was."""

from tests.unit.nouns import outcome, workload
from wrp_proxy.grading.recent import Recent
from wrp_proxy.types import Outcome

WHOLE = workload(session="derived", warmth=0.5)
READ = workload(session=None)


def heard(recent: Recent, said: Outcome) -> Outcome:
    learnt: list[Outcome] = []
    recent.before(learnt.append)(said)
    (one,) = learnt
    return one


def test_a_recent_answer_has_its_whole_workload_again() -> None:
    recent = Recent()
    recent.note(outcome(request_id="r", tenant="ada", workload=WHOLE))

    said = outcome(request_id="r", tenant="ada", workload=READ, model="preferred")

    assert heard(recent, said).workload is WHOLE
    assert heard(recent, said).model == "preferred"


def test_others_with_that_id_are_not_meant() -> None:
    recent = Recent()
    recent.note(outcome(request_id="r", tenant="ada", workload=WHOLE))

    said = outcome(request_id="r", tenant="bob", workload=READ)

    assert heard(recent, said) is said


def test_the_oldest_is_forgotten_first() -> None:
    recent = Recent(most=2)
    for name in ("a", "b", "a", "c"):
        recent.note(outcome(request_id=name, workload=WHOLE))

    known = [heard(recent, outcome(request_id=n, workload=READ)).workload is WHOLE for n in "abc"]

    assert known == [True, False, True]
