"""Who says how good an answer was, and is wrong at times."""

import random

from wrp_proxy.grading.debiasing import Debiasing
from wrp_proxy.grading.verified import PREFIX, WEIGHT
from wrp_proxy.signals import Score

ACCEPTABLE = 0.5
"""The least score of an answer that a simulated verifier accepts, if it does not err."""

_JUDGE = "judge"


class Judge:
    """Draws whom to ask, and what is said; the same seed says the same."""

    def __init__(self, *, error: float, seed: int) -> None:
        """`error`: the share of opinions that are the contrary of the truth, below 1/2."""
        if not 0 <= error < 0.5:
            raise ValueError(f"a judge must be better than a coin: not wrong in {error:.0%}")
        self._error = error
        self._debiasing = Debiasing({_JUDGE: error})
        self._random = random.Random(seed)  # noqa: S311 - a simulation, not a secret

    def is_asked(self, rate: float) -> bool:
        return rate >= 1 or self._random.random() < rate

    def opinions(self, truth: float) -> tuple[Score, ...]:
        """Return what is to be learnt of what is said, as the proxy would that knows the error."""
        said = 1 - truth if self._errs() else truth
        return self._debiasing.scores(Score(value=said, source=_JUDGE))

    def verifies(self, truth: float) -> Score:
        """Return the score of a verifier: 1 for an answer that it accepts, else 0."""
        accepts = (truth >= ACCEPTABLE) != self._errs()
        return Score(value=float(accepts), weight=WEIGHT, source=f"{PREFIX}simulated")

    def _errs(self) -> bool:
        return self._error > 0 and self._random.random() < self._error
