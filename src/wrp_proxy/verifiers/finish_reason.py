"""Was it allowed to finish?"""

from collections.abc import Mapping

from wrp_proxy.verifiers.base import PASSES, Answer, Question, Verdict, refused

_UNFINISHED: Mapping[str, str] = {
    "length": "cut off at a limit",
    "content_filter": "stopped by a filter",
}


class FinishReason:
    weight = 0.6

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        why = _UNFINISHED.get(answer.finish)
        return PASSES if why is None else refused(why)
