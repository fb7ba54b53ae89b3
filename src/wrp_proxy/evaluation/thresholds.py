"""From which mark on a verifier's word is good enough, by what people said of the same answers."""

from collections.abc import Iterable, Iterator

from wrp_proxy.accounting.graded import Graded
from wrp_proxy.grading.debiasing import is_person
from wrp_proxy.grading.verified import PREFIX
from wrp_proxy.verifiers.calibration import threshold_for

_SCORING = ("judge", "logprob")
"""Verifiers that give a mark; the others only know right and wrong."""
_PRECISION = 0.9
_LEAST = 50
"""Answers that both a verifier and a person have judged."""
_GOOD = 0.5


def threshold_lines(graded: Iterable[Graded]) -> Iterator[str]:
    """Yield a line per verifier of cascades that enough is known of."""
    rows = list(graded)
    for name in _SCORING:
        marked = list(_marked(rows, f"{PREFIX}{name}"))
        if len(marked) < _LEAST:
            continue
        found = threshold_for(marked, _PRECISION)
        told = f"{len(marked)} answers that people judged too"
        if found is None:
            yield f"verifier {name}: by {told}, none of its marks is right in {_PRECISION:.0%}"
        else:
            yield (
                f"verifier {name}: a threshold of {found:.2f} lets through what is good in "
                f"{_PRECISION:.0%}, by {told}"
            )


def _marked(rows: Iterable[Graded], source: str) -> Iterator[tuple[float, bool]]:
    for row in rows:
        marks = [one.value for one in row.opinions if one.source == source]
        people = [one.value for one in row.opinions if is_person(one.source)]
        if marks and people:
            yield marks[-1], sum(people) / len(people) >= _GOOD
