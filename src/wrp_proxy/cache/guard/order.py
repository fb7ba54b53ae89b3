"""Who does what to whom: the order of words where it carries the meaning."""

from collections import Counter
from itertools import pairwise

from wrp_proxy.cache.guard.reading import Reading
from wrp_proxy.cache.guard.spare import LIGHT_STEMS
from wrp_proxy.cache.guard.words import word_set

_RELATIONS = word_set("to into onto from than by against as after before without outside inside")
"""Words that say what part the next one plays."""
_STRUCTURE = _RELATIONS | word_set("with in for per of on over at about around through")
_SYMMETRIC = word_set("and or vs versus the a an")
"""What may stand between two words that change places and mean the same."""
_LONG = 12
"""Words from which on their sequence counts: phrases may move, but not fall apart."""
_DETERMINERS = word_set("a an the this that these those my your our their his her its some any")


def is_swapped(asked: Reading, known: Reading) -> bool:
    """Say whether the same words play other parts: `from A to B`, `from B to A`."""
    ours, theirs = list(asked.stems.values()), list(known.stems.values())
    if asked.is_ordered or known.is_ordered or _has_symbols(asked, known):
        return ours != theirs
    if _parts_swapped(asked, known) or _is_scrambled(ours, theirs):
        return True
    return Counter(ours) == Counter(theirs) and _places_swapped(asked, known)


def _has_symbols(asked: Reading, known: Reading) -> bool:
    return any(not any(char.isalnum() for char in word) for word in asked.exact & known.exact)


def _is_scrambled(ours: list[str], theirs: list[str]) -> bool:
    """Tell whether long texts share their words but hardly a sequence of them."""
    if min(len(ours), len(theirs)) < _LONG:
        return False
    left, right = set(pairwise(ours)), set(pairwise(theirs))
    return 2 * len(left & right) < min(len(left), len(right))


def _parts_swapped(asked: Reading, known: Reading) -> bool:
    ours, theirs = _parts(asked), _parts(known)
    if _turned(ours, theirs) or _turned(theirs, ours):
        return True
    for relation in ours.keys() & theirs.keys():
        left, right = ours[relation] - theirs[relation], theirs[relation] - ours[relation]
        if not left.isdisjoint(known.stems.values()) and not right.isdisjoint(asked.stems.values()):
            return True
    return False


def _turned(ours: dict[str, set[str]], theirs: dict[str, set[str]]) -> bool:
    """Say whether one goes to what the other comes from."""
    to, source = ours.get("to", set()), ours.get("from", set())
    other_to, other_source = theirs.get("to", set()), theirs.get("from", set())
    return not (to - source).isdisjoint(other_source - other_to)


def _parts(reading: Reading) -> dict[str, set[str]]:
    """Return the words that follow each relation directly, but for determiners."""
    parts: dict[str, set[str]] = {}
    relation = ""
    for place, word in enumerate(reading.words):
        if word in _RELATIONS:
            relation = word
        elif relation and place in reading.stems:
            parts.setdefault(relation, set()).add(reading.stems[place])
            relation = ""
        elif word not in _DETERMINERS:
            relation = ""
    return parts


def _places_swapped(asked: Reading, known: Reading) -> bool:
    """Say whether two words have changed places in the same frame, and all the rest stays."""
    pairs = zip(asked.stems.items(), known.stems.items(), strict=True)
    moved = [(ours, theirs) for ours, theirs in pairs if ours[1] != theirs[1]]
    if len(moved) != 2 or any(":" in ours[1] for ours, _ in moved):
        return False  # operators of a search stand in any order
    ((ours_first, _), (theirs_first, _)), ((ours_second, _), (theirs_second, _)) = moved
    between = (
        *asked.words[ours_first + 1 : ours_second],
        *known.words[theirs_first + 1 : theirs_second],
    )
    return (
        LIGHT_STEMS.isdisjoint(ours for (_, ours), _ in moved)
        and not _SYMMETRIC.issuperset(between)
        and "between" not in (*asked.words, *known.words)
        and _frame(asked) == _frame(known)
    )


def _frame(reading: Reading) -> list[str]:
    return [word for word in reading.words if word in _STRUCTURE]
