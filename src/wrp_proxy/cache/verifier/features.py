"""What the learned verifier looks at: the cosine, and what two questions leave of each other."""

from collections.abc import Callable, Collection, Iterable, Mapping
from itertools import pairwise
from typing import Any

from wrp_proxy.cache.guard import rules, spare
from wrp_proxy.cache.guard.comparison import Comparison
from wrp_proxy.cache.guard.reading import Reading

_MOST = 3
"""More words that are left are no worse."""
_MOST_SHARED = 8
_NEAR = 0.9

Measure = Callable[[Comparison], float]


def features(compared: Comparison, similarity: float) -> list[float]:
    """Return one number for each of `FEATURES`; the same in either order of the questions."""
    measured = [measure(compared) for measure in _MEASURES.values()]
    return [similarity, max(similarity - _NEAR, 0.0), *measured]


def _refused(rule: rules.Rule) -> Measure:
    return lambda compared: float(rule(compared) is not None)


def _left(compared: Comparison) -> list[int]:
    """Count the weighty words that are left, the smaller count first."""
    return sorted(min(len(words), _MOST) for words in spare.weighty(compared))


def _light(compared: Comparison) -> float:
    weighty = sum(map(len, spare.weighty(compared)))
    return float(min(len(compared.asked_only) + len(compared.known_only) - weighty, _MOST))


def _left_of(is_kind: Callable[[str, Reading], bool]) -> Measure:
    """Count the words that are left and of a kind."""
    return lambda compared: float(
        min(sum(is_kind(word, own) for left, own, _ in compared.sides() for word in left), _MOST)
    )


def _overlap(of: Callable[[Reading], Iterable[Any]]) -> Measure:
    """Jaccard's index: what is shared of all there is."""

    def measure(compared: Comparison) -> float:
        ours, theirs = set(of(compared.asked)), set(of(compared.known))
        return len(ours & theirs) / (len(ours | theirs) or 1)

    return measure


def _length_difference(compared: Comparison) -> float:
    shorter, longer = sorted((len(compared.asked.words), len(compared.known.words)))
    return (longer - shorter) / (longer or 1)


def _spelling(compared: Comparison) -> float:
    """Compare the letters of what is left: misspelled words share most of them."""
    ours, theirs = (set(_letter_pairs(left)) for left in (compared.asked_only, compared.known_only))
    return len(ours & theirs) / (len(ours | theirs) or 1)


def _letter_pairs(words: Collection[str]) -> Iterable[tuple[str, str]]:
    return pairwise(f" {' '.join(words)} ")


_MEASURES: Mapping[str, Measure] = {
    "light words left": _light,
    "words left on one side": lambda compared: float(_left(compared)[1]),
    "words left on both sides": lambda compared: float(_left(compared)[0]),
    "unlikely": _refused(spare.unlikely),
    "names left": _left_of(lambda word, own: word in own.names),
    "identifiers left": _left_of(lambda word, own: word in own.exact),
    "narrowing words left": _left_of(lambda word, _: spare.narrows(word)),
    "contrasting words left": _left_of(lambda word, _: spare.contrasts(word)),
    "spelling of words left": _spelling,
    "persons": _refused(rules.persons),
    "words shared": lambda compared: min(compared.shared, _MOST_SHARED) / _MOST_SHARED,
    "content overlap": _overlap(lambda reading: reading.content),
    "word overlap": _overlap(lambda reading: reading.words),
    "sequence overlap": _overlap(lambda reading: pairwise(reading.stems.values())),
    "length difference": _length_difference,
    "english": lambda compared: float(compared.is_english),
}
FEATURES = ("similarity", "similarity above .9", *_MEASURES)
