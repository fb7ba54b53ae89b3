"""Does the model say that it will not?"""

from collections.abc import Callable

from wrp_proxy.grading.base import Seen, Signal
from wrp_proxy.signals import Score

SOURCE = "auto:refusal"
WEIGHT = 0.3
"""Little: some questions ought to be refused, by any model."""


def refusal(refuses_in_words: Callable[[str], bool]) -> Signal:
    """Make the signal; `refuses_in_words` knows the usual words."""

    def grade(seen: Seen) -> Score | None:
        answer = seen.answer
        if answer is None:
            return None
        by_its_means = answer.finish == "content_filter" or answer.refusal.strip()
        if by_its_means or (not answer.calls and refuses_in_words(answer.text)):
            return Score(value=0.0, weight=WEIGHT, source=SOURCE)
        return None

    return grade
