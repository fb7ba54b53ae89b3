"""Judges that err: what they say, with their errors taken out.

A judge that is wrong with probability p says r; (r - p) / (1 - 2p) has the mean of the truth
(Natarajan et al., Learning with Noisy Labels, NeurIPS 2013, lemma 1), and a variance that is at
most (1 - 2p)^-2 times what that of a right verdict is at most. It lies outside of 0..1, where a
score must not be, and to clip it would undo it: of the verdicts 0 and 1 it is r again, wrong by
p (1 - 2q) in the mean where the truth is q. No value within 0..1 and weight for each verdict is
right for all q.

So it is told in two scores: the verdict itself, with the weight (1 - 2p)^2 that such noise leaves
it, and a correction, which `Score.replaces` makes a pure addition: as if 1 - r had been said
before, and r now, with the weight p (1 - 2p). A mean by weights then has no bias, for

    (1 - 2p)^2 r + p (1 - 2p) (r - (1 - r)) = (1 - 2p)^2 (r - p) / (1 - 2p).
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from wrp_proxy.grading.base import Take
from wrp_proxy.signals import Score
from wrp_proxy.types import Outcome

_MOST = 0.45
"""A judge that errs more often is not listened to: it hardly differs from a coin."""
_PRIOR_WRONG, _PRIOR_RIGHT = 1.0, 4.0
_LEAST_PAIRS = 20
_MACHINES = ("auto:", "verifier:", "shadow")
JUDGE = "judge"
"""The source of a model that judges, or its kind: `judge:NAME`."""


class Debiasing:
    """Knows how often each judge errs: as configured, or from 20 answers on that people have
    graded too (the mean of a Beta posterior, prior 1 wrong in 5).
    """

    def __init__(self, errors: Mapping[str, float] | None = None) -> None:
        """`errors`: source -> probability of a wrong verdict; it goes before what is estimated."""
        self._errors = dict(errors or {})
        self._estimates: dict[str, float] = {}

    def estimate(self, pairs: Iterable[tuple[str, float, float]]) -> None:
        """Forget earlier estimates; `pairs` are a judge, its score, and a person's of the same."""
        counts: dict[str, tuple[int, int]] = {}
        for source, judged, true in pairs:
            wrong, total = counts.get(source, (0, 0))
            counts[source] = (wrong + (_is_good(judged) != _is_good(true)), total + 1)
        self._estimates = {
            source: (wrong + _PRIOR_WRONG) / (total + _PRIOR_WRONG + _PRIOR_RIGHT)
            for source, (wrong, total) in counts.items()
            if total >= _LEAST_PAIRS
        }

    def error_of(self, source: str) -> float:
        """Return the probability of a wrong verdict; 0 of those of whom nothing is known."""
        return self._errors.get(source, self._estimates.get(source, 0.0))

    def scores(self, score: Score) -> tuple[Score, ...]:
        """Return what to learn instead; nothing of a judge that is no better than a coin."""
        error = self.error_of(score.source)
        if error <= 0:
            return (score,)
        if error > _MOST:
            return ()
        trust = 1 - 2 * error
        verdict = replace(score, weight=score.weight * trust**2)
        weight = score.weight * error * trust
        if score.replaces is None:
            return verdict, replace(score, weight=weight, replaces=1 - score.value)
        return verdict, replace(score, weight=2 * weight)

    def before(self, learn: Take) -> Take:
        """Let `learn` hear of judges only what is left without their errors."""

        def learn_without_bias(outcome: Outcome) -> None:
            if outcome.score is None:
                learn(outcome)
                return
            for score in self.scores(outcome.score):
                learn(replace(outcome, score=score))

        return learn_without_bias


def is_judge(source: str) -> bool:
    """Tell by its name, `judge` or `judge:NAME`, whether a source is a model that judges."""
    return source == JUDGE or source.startswith(f"{JUDGE}:")


def is_person(source: str) -> bool:
    return not is_judge(source) and not source.startswith(_MACHINES)


def pairs(said: Iterable[tuple[str, float]]) -> Iterator[tuple[str, float, float]]:
    """Pair what judges and people (their mean) say of one answer: for `estimate`."""
    opinions = list(said)
    people = [value for source, value in opinions if is_person(source)]
    if not people:
        return
    mean = sum(people) / len(people)
    yield from ((source, value, mean) for source, value in opinions if is_judge(source))


def _is_good(value: float) -> bool:
    return value >= 0.5
