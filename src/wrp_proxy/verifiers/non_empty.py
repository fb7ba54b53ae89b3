"""Does it say anything?"""

from wrp_proxy.verifiers.base import PASSES, Answer, Question, Verdict, refused


class NonEmpty:
    weight = 0.6

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        says_something = answer.text.strip() or answer.calls or answer.refusal.strip()
        return PASSES if says_something or answer.has_more else refused("empty")
