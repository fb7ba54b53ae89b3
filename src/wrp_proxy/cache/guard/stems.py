"""English words without their endings: plural, tense, adverb, and nouns made of verbs.

Lighter than Porter's (An algorithm for suffix stripping, 1980) on purpose: `refund` and
`refundable`, `employer` and `employee`, `organ` and `organic` stay different words.
"""

import re

from wrp_proxy.cache.guard.english import IRREGULAR

_VOWEL = re.compile("[aeiouy]")
_SHORTEST = 4
"""Shorter words have no ending to spare."""


def stem(word: str) -> str:
    """Return what a lower-case English word has in common with its other forms."""
    if word in IRREGULAR or len(word) < _SHORTEST or not word.isascii():
        return IRREGULAR.get(word, word)
    word = _without_plural(word)
    if word in IRREGULAR:
        return IRREGULAR[word]
    word = _without_tense(word)
    if word.endswith(("tion", "sion")) and len(word) > 7:
        word = word[:-3]
    if word.endswith("ly") and len(word) > 5:
        word = word[:-2]
    return _levelled(word)


def _without_plural(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is")):
        return word[:-1]
    return word


def _without_tense(word: str) -> str:
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    for ending in ("ing", "ed"):
        rest = word.removesuffix(ending)
        if rest != word and len(rest) > 2 and _VOWEL.search(rest):
            return rest[:-1] if _is_doubled(rest) else rest
    return word


def _is_doubled(rest: str) -> bool:
    return len(rest) > 3 and rest[-1] == rest[-2] and rest[-1] not in "sz"


def _levelled(word: str) -> str:
    """Level what endings leave behind: `mak` and `make`, `studi` and `study`, `travell`."""
    if len(word) > 3 and word[-1] == "e":
        word = word[:-1]
    if len(word) > 3 and word[-1] == "y":
        word = word[:-1] + "i"
    return word[:-1] if word.endswith("ll") and len(word) > 4 else word
