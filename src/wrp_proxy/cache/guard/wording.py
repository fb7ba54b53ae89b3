"""Words that mean something else together: spelled numbers, and phrases that hold a small word."""

from collections.abc import Iterator, Sequence

from wrp_proxy.cache.guard.languages import ENGLISH, Language
from wrp_proxy.cache.guard.numbers import scale, scaled, spelled
from wrp_proxy.cache.guard.tokens import Token
from wrp_proxy.cache.guard.words import word_set

_IDLE = frozenset(
    tuple(phrase.split("-"))
    for phrase in word_set(
        "of-all-time all-the-time all-time at-all in-all of-all after-all above-all all-over"
        " or-not why-not if-not each-other every-one mind-blowing so-far"
        " hi-team hey-team hello-team hi-all hello-all quick-question many-thanks in-advance"
        " till-date till-now until-now until-today"
    )
)
"""They add nothing, although one of their words does elsewhere."""
_IDLE_ENDS = frozenset(phrase[-1] for phrase in _IDLE)
_LONGEST_IDLE = 3
_LONGEST_NUMBER = 8
_UNDER = Token("under")


def settled(found: Sequence[Token], language: Language) -> list[Token]:
    """Return the words with numbers in digits and without idle phrases."""
    words = [token.text for token in found]
    if language is ENGLISH and not _IDLE_ENDS.isdisjoint(words):
        found = list(_without_idle(found, words))
        words = [token.text for token in found]
    if not language.numerals.keys().isdisjoint(words) or [token for token in found if token.number]:
        found = list(_with_digits(found, words, language))
    return _with_limits(found) if language is ENGLISH else list(found)


def _without_idle(found: Sequence[Token], words: Sequence[str]) -> Iterator[Token]:
    skip = 0
    for place, token in enumerate(found):
        if not skip:
            lengths = range(_LONGEST_IDLE, 1, -1)
            skip = next((n for n in lengths if tuple(words[place : place + n]) in _IDLE), 0)
        if skip:
            skip -= 1
        else:
            yield token


def _with_digits(
    found: Sequence[Token], words: Sequence[str], language: Language
) -> Iterator[Token]:
    """Put one number in place of `twenty five` and of `1.5 million`."""
    place = 0
    while place < len(found):
        token, taken = found[place], 1
        if token.number:
            power = scale(words[place + 1]) if place + 1 < len(words) else 0
            if power:
                token, taken = Token(scaled(token.text, power), number=True), 2
        elif token.text in language.numerals:
            value, taken = spelled(words[place : place + _LONGEST_NUMBER], language)
            token = Token(value, number=True)
        yield token
        place += taken


def _with_limits(found: Sequence[Token]) -> list[Token]:
    """Take `below` and, before a number, `within` for `under`."""
    return [
        _UNDER
        if token.text in ("below", "beneath")
        or (token.text == "within" and place + 1 < len(found) and found[place + 1].number)
        else token
        for place, token in enumerate(found)
    ]
