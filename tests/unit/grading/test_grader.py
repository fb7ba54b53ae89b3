"""What the signals say is learnt and written down, and harms no answer."""

from dataclasses import replace

from tests.unit.grading.said import Said
from tests.unit.nouns import chat_request, outcome, workload
from wrp_proxy.grading.base import Seen
from wrp_proxy.grading.empty import empty
from wrp_proxy.grading.finish import finish
from wrp_proxy.grading.grader import Grader
from wrp_proxy.grading.refusal import refusal
from wrp_proxy.grading.retries import Retries
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome
from wrp_proxy.verifiers.base import Answer, Question, ToolCall
from wrp_proxy.verifiers.no_refusal import NoRefusal


class Graded:
    """A grader, and what it gives."""

    def __init__(self) -> None:
        self.learnt: list[Outcome] = []
        self.stored: list[Outcome] = []
        self.grader = Grader(
            (finish, empty), Retries(), learn=self.learnt.append, store=self.stored.append
        )

    def note(self, answer: Said | None, at: float = 1000.0, **more: str) -> None:
        request = replace(chat_request(), session="talk")
        ended = outcome(request_id=f"at-{at:g}", started_at=at, **more)
        self.grader.note(request, workload(), ended, answer)

    @property
    def scores(self) -> list[tuple[str, str, float]]:
        assert self.learnt == self.stored
        return [
            (one.request_id, one.score.source, one.score.value)
            for one in self.learnt
            if one.score is not None
        ]


def test_a_good_answer_gets_no_mark_for_being_one() -> None:
    graded = Graded()

    graded.note(Said())

    assert graded.scores == []


def test_all_signals_have_their_say_and_then_the_next_request() -> None:
    graded = Graded()

    graded.note(Said(text="", finish="length"))
    graded.note(None, at=1010.0)

    assert graded.scores == [
        ("at-1000", "auto:finish", 0.0),
        ("at-1000", "auto:empty", 0.0),
        ("at-1000", "auto:retry", 0.0),
    ]
    assert graded.grader.failures == 0


def test_answers_that_failed_or_were_left_are_not_graded() -> None:
    graded = Graded()

    graded.note(Said(text=""), finish="failed")
    graded.note(Said(text=""), finish="cancelled")

    assert graded.scores == []


def test_verifiers_are_taken_over() -> None:
    """What a verifier found was learnt by the strategy that had it look."""
    graded = Graded()

    graded.grader.take(outcome(score=Score(value=1.0, source="verifier:tool_call")))
    graded.grader.take(outcome(score=Score(value=1.0, source="user")))
    graded.grader.take(outcome())

    assert [(one.score.source, one.score.weight) for one in graded.stored if one.score] == [
        ("verifier:tool_call", 0.6),
    ]
    assert graded.learnt == []


def test_answers_as_verifiers_read_them_can_be_graded() -> None:
    def refuses(text: str) -> bool:
        verdict = NoRefusal().verify(Question(body={}), Answer(text=text), None)
        return verdict.passes is False

    stored: list[Outcome] = []
    grader = Grader((refusal(refuses),), Retries(), learn=stored.append, store=lambda _: None)

    for text in ("I'm sorry, but I can't help with that.", "At noon."):
        grader.note(chat_request(), workload(), outcome(), Answer(text=text, finish="stop"))
    call = ToolCall(name="tide", arguments="{}")
    called = Answer(text="I'm sorry, let me look.", calls=[call], finish="tool_calls")
    grader.note(chat_request(), workload(), outcome(), called)

    said = [(one.score.source, one.score.value) for one in stored if one.score]
    assert said == [("auto:refusal", 0.0)]


def test_faults_are_counted_and_go_no_further() -> None:
    stored: list[Outcome] = []

    def broken(seen: Seen) -> Score | None:
        raise RuntimeError("a bug")

    def stuck(graded: Outcome) -> None:
        raise RuntimeError("another bug")

    for signal in (broken, finish):
        grader = Grader((signal,), Retries(), learn=stuck, store=stored.append)
        grader.note(chat_request(), workload(), outcome(), Said(finish="length"))

        assert grader.failures == 1

    assert len(stored) == 1
