"""Two questions side by side: which words of one have none in the other."""

from collections.abc import Sequence
from dataclasses import dataclass

from wrp_proxy.cache.guard.reading import Reading
from wrp_proxy.cache.guard.words import word_set

_ENDINGS = word_set(
    "n an ian al iv er or ing ment ement at ion anc enc ness iti m d s is ic ous ual"
    " ist ism ern ful ar"
)
"""What may follow a shared beginning: `India, Indian`, `provide, provider`."""
_TWIN_ENDINGS = ({"c", "t"}, {"z", "s"}, {"er", "ment"}, {"ant", "anci"})
"""Pairs of which neither is the bare word: `important, importance`, `visualise, visualize`."""
_SHARED_LETTERS = 5
MOST_SPARE = 16
"""Words of one side without their like, beyond which two texts are not compared any closer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What is left of two readings when all that matches is struck out."""

    asked: Reading
    known: Reading
    asked_only: tuple[str, ...]
    known_only: tuple[str, ...]

    @property
    def is_english(self) -> bool:
        return self.asked.is_english and self.known.is_english

    @property
    def shared(self) -> int:
        """Count the words that both have."""
        return min(len(own.content) - len(left) for left, own, _ in self.sides())

    def sides(self) -> tuple[tuple[tuple[str, ...], Reading, Reading], ...]:
        """Return both sides: what is left of one, itself, the other."""
        return (
            (self.asked_only, self.asked, self.known),
            (self.known_only, self.known, self.asked),
        )


def compare(asked: Reading, known: Reading) -> Comparison:
    ours = [stem for stem in asked.content if stem not in known.content]
    theirs = [stem for stem in known.content if stem not in asked.content]
    is_english = asked.is_english and known.is_english
    if is_english and ours and theirs and max(len(ours), len(theirs)) <= MOST_SPARE:
        matched = _compounds(ours, theirs) | _compounds(theirs, ours) | _kin(ours, theirs)
        ours = [stem for stem in ours if stem not in matched]
        theirs = [stem for stem in theirs if stem not in matched]
    return Comparison(asked=asked, known=known, asked_only=tuple(ours), known_only=tuple(theirs))


def _compounds(ones: Sequence[str], parts: Sequence[str]) -> set[str]:
    """Match `website` with `web`, `site`."""
    return {
        word
        for one in ones
        for first in parts
        for rest in (one.removeprefix(first),)
        if rest not in (one, first) and rest in parts
        for word in (one, first, rest)
    }


def _kin(ours: Sequence[str], theirs: Sequence[str]) -> set[str]:
    """Match forms of one word, each with one; the same whichever side is first."""
    found = (sorted((one, other)) for one in ours for other in theirs if are_kin(one, other))
    matched: set[str] = set()
    for pair in sorted(found):
        if matched.isdisjoint(pair):
            matched.update(pair)
    return matched


def are_kin(word: str, other: str) -> bool:
    """Say whether two stems are forms of one word, or the same word misspelled."""
    shared = _shared_letters(word, other)
    if shared >= _SHARED_LETTERS:
        endings = {word[shared:], other[shared:]}
        if endings in _TWIN_ENDINGS or ("" in endings and endings <= _ENDINGS | {""}):
            return True
    return min(len(word), len(other)) > _SHARED_LETTERS and _undoubled(word) == _undoubled(other)


def _shared_letters(word: str, other: str) -> int:
    for place, (one, two) in enumerate(zip(word, other, strict=False)):
        if one != two:
            return place
    return min(len(word), len(other))


def _undoubled(word: str) -> list[str]:
    return [char for before, char in zip(" " + word, word, strict=False) if char != before]
