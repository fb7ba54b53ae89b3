"""Was the answer cut off?

That an answer is complete says nothing good of it. A failed attempt gets no score: the outcome
tells the strategies of it already.
"""

from wrp_proxy.grading.base import Seen
from wrp_proxy.signals import Score

SOURCE = "auto:finish"
WEIGHT = 0.3
_SHORT_TOKENS = 16
"""Who allows fewer wants a word or a letter, and takes what comes."""


def finish(seen: Seen) -> Score | None:
    if seen.answer is None or seen.answer.finish != "length":
        return None
    allowed = seen.outcome.workload.max_output_tokens
    if allowed is not None and allowed < _SHORT_TOKENS:
        return None
    return Score(value=0.0, weight=WEIGHT, source=SOURCE)
