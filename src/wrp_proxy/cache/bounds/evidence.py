"""What audits say about a threshold: that its hits are wrong too often, rarely enough, or neither.

The question is put anew after every audit. A confidence interval is made for one look; with so
many it is wrong far more often than it says, and the threshold would creep up to 1. Hence a
sequential test: A. Wald, "Sequential Tests of Statistical Hypotheses", Annals of Mathematical
Statistics 16 (1945). It decides whether the share of wrong hits is the budget, or half of it.
Between them it tends to the nearer one, so that thresholds settle where about .7 of the budget is
used. Without a wrong verdict it never says that the budget is exceeded.
"""

from math import log
from typing import Literal

from wrp_proxy.cache.bounds.judge_error import JudgeError

_NEEDLESS_RAISES = 0.2
"""Of all decisions where half the budget is used: a needless raise costs a few hits."""
_FALSE_CLEAN = 0.05
"""Of all decisions where the budget is used up."""
_EXCEEDED = log((1 - _FALSE_CLEAN) / _NEEDLESS_RAISES)
_CLEAN = log(_FALSE_CLEAN / (1 - _NEEDLESS_RAISES))
_LEAST_AUDITS = 500
"""Before a threshold may fall, however clean they are."""

Finding = Literal["exceeded", "clean", "open"]


def weigh(wrong: int, audited: int, *, budget: float, error: JudgeError) -> Finding:
    """Weigh how many audited hits were labelled wrong by a judge that errs.

    `budget` is the share of hits that may be wrong, over 0 and under 1.
    """
    power = 1 - error.false_right - error.false_wrong
    clean = error.false_wrong + power * budget / 2
    spent = error.false_wrong + power * budget
    likelihood = wrong * log(spent / clean) + (audited - wrong) * log((1 - spent) / (1 - clean))
    if likelihood >= _EXCEEDED:
        return "exceeded"
    if likelihood <= _CLEAN and audited >= _LEAST_AUDITS:
        return "clean"
    return "open"
