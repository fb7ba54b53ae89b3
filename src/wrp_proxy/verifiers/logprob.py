"""Was the model sure of its words?"""

from math import log

from wrp_proxy.verifiers.base import NOT_APPLICABLE, Answer, Question, Verdict

_DEFAULT = log(0.7)


class Logprob:
    """Pass what has a mean logarithm of the tokens' chances, natural, of at least `threshold`.

    Only answers whose caller asked for `logprobs` have any.
    """

    weight = 0.3

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        if not answer.logprobs:
            return NOT_APPLICABLE
        mean = sum(answer.logprobs) / len(answer.logprobs)
        least = _DEFAULT if threshold is None else threshold
        if mean >= least:
            return Verdict(passes=True, score=mean)
        return Verdict(passes=False, why="unsure", score=mean)
