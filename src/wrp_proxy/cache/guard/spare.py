"""Words that one question has and the other has not: whether it is the same without them."""

from collections.abc import Sequence

from wrp_proxy.cache.guard.comparison import Comparison
from wrp_proxy.cache.guard.contrasts import contrasting
from wrp_proxy.cache.guard.english import CURRENCIES, LIGHT, NARROWING
from wrp_proxy.cache.guard.reading import Reading
from wrp_proxy.cache.guard.synonyms import canonical

LIGHT_STEMS = frozenset(map(canonical, LIGHT))
_NARROWING = frozenset(map(canonical, NARROWING))
_CURRENCIES = frozenset(map(canonical, CURRENCIES))
_CONTRASTING = contrasting()
_MISSING = ((6, 3), (2, 2), (1, 1))
"""Shared words from which on so many may be missing."""
_MOST_LEFT = 3
"""Words of one side beyond which nothing is known of a pair."""
_VOWELS = frozenset("aeiouy")


def weighty(compared: Comparison) -> tuple[list[str], list[str]]:
    """Return of both sides the words that are left and not light; all, where none is shared."""
    if not compared.shared:
        return list(compared.asked_only), list(compared.known_only)
    ours, theirs = (
        [
            word
            for word in left
            if word not in LIGHT_STEMS and not _is_known_currency(word, own, other)
        ]
        for left, own, other in compared.sides()
    )
    return ours, theirs


def _is_known_currency(word: str, own: Reading, other: Reading) -> bool:
    """`500` and `500 dollars` are the same where no other currency is named."""
    return word in _CURRENCIES and bool(own.numbers) and _CURRENCIES.isdisjoint(other.content)


def strangers(compared: Comparison) -> str | None:
    """Refuse any word that is left."""
    ours, theirs = weighty(compared)
    if ours and theirs:
        return f"'{_said(ours, compared.asked)}' stands for '{_said(theirs, compared.known)}'"
    if ours or theirs:
        return f"only one says '{_said(ours, compared.asked) or _said(theirs, compared.known)}'"
    return None


def _said(stems: Sequence[str], reading: Reading) -> str:
    return " ".join([reading.content[stem] for stem in stems])


def unlikely(compared: Comparison) -> str | None:
    """Refuse words that are left unless they are few and plain, and a near vector vouches for them.

    One plain word may stand for another, or one or two be missing, in texts that are surely
    English; names, identifiers, and words that narrow a question may not.
    """
    ours, theirs = weighty(compared)
    if not (ours or theirs):
        return None
    if compared.is_english and compared.shared:
        if len(ours) == len(theirs) == 1:
            fits = _may_differ(ours[0], compared.asked) and _may_differ(theirs[0], compared.known)
        else:
            fits = not (ours and theirs) and _may_be_missing(ours or theirs, compared)
        if fits:
            return None
    return strangers(compared)


def unheard(compared: Comparison) -> str | None:
    """Refuse what no labelled pair is like: identifiers, other languages, many words, a suffix."""
    ours, theirs = weighty(compared)
    sides = ((ours, compared.asked, compared.known), (theirs, compared.known, compared.asked))
    for left, own, other in sides:
        if left and (
            not compared.shared
            or own.is_ordered
            or len(left) > _MOST_LEFT
            or not own.exact.isdisjoint(left)
            or (len(left) > 1 and _is_appended(own, other))
        ):
            return strangers(compared)
    return None


def narrows(stem: str) -> bool:
    """Tell whether a word on one side alone makes another question."""
    return stem in _NARROWING


def contrasts(stem: str) -> bool:
    """Tell whether a word never stands for another one."""
    return stem in _CONTRASTING


def _may_differ(word: str, reading: Reading) -> bool:
    return not contrasts(word) and _is_plain(word, reading)


def _may_be_missing(spare: Sequence[str], compared: Comparison) -> bool:
    own, other = compared.asked, compared.known
    if not set(spare) <= own.content.keys():
        own, other = other, own
    counted = [word for word in spare if not _completes(word, own, other)]
    if len(counted) > 1 and _is_appended(own, other):
        return False
    most = next(most for shared, most in _MISSING if compared.shared >= shared)
    return len(counted) <= most and all(
        not narrows(word) and _is_plain(word, own) for word in counted
    )


def _is_plain(word: str, reading: Reading) -> bool:
    """Tell whether a word looks like one of everyday English, not like a name or noise."""
    return (
        word not in reading.names
        and word.isascii()
        and word.isalpha()
        and 2 < len(word) < 16
        and not _VOWELS.isdisjoint(word)
    )


def _completes(word: str, own: Reading, other: Reading) -> bool:
    """Tell whether a name is only said in full: `Donald Trump` and `Trump`."""
    if word not in own.names or narrows(word):
        return False
    return any(
        stem == word
        and any(
            own.stems.get(beside) in own.names and own.stems.get(beside) in other.content
            for beside in (place - 1, place + 1)
        )
        for place, stem in own.stems.items()
    )


def _is_appended(own: Reading, other: Reading) -> bool:
    """Tell whether a text is the other one and more: so do those who craft a collision."""
    size = len(other.words)
    return other.words in (own.words[:size], own.words[-size:])
