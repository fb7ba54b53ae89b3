"""A question as the guard reads it."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache

from wrp_proxy.cache.guard.folding import fold
from wrp_proxy.cache.guard.languages import (
    ENGLISH,
    LANGUAGES,
    UNSPACED_NEGATION,
    Kind,
    Language,
    speakers,
)
from wrp_proxy.cache.guard.synonyms import canonical
from wrp_proxy.cache.guard.tokens import Token, tokens
from wrp_proxy.cache.guard.wording import settled

_ENGLISH_SHARE = 0.2
"""From this share of function words on, a text is surely English."""
_FOREIGN_SHARE = 0.2
"""The same of other languages; English is the first guess."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a text says, without what does not matter."""

    words: tuple[str, ...]
    """All its words in lower case, numbers in digits."""
    stems: Mapping[int, str]
    """By place in `words`, what identifies a word that carries meaning, in order."""
    content: Mapping[str, str]
    """The stems that are neither numbers nor scopes, each with the word it stands for."""
    all_stems: Set[str]
    """Those of the words that are ignored too: `best` has an opposite."""
    numbers: tuple[str, ...]
    negations: tuple[str, ...]
    scopes: tuple[str, ...]
    questions: tuple[str, ...]
    exact: Set[str]
    """Identifiers, code, operators, symbols."""
    names: Set[str]
    """Stems of words that are written like names."""
    language: Language
    is_english: bool
    """Surely so: only then a difference may be judged harmless."""
    is_ordered: bool
    """The order of its words must be kept, since too little is known of its language."""


def read_both(one: str, other: str) -> tuple[Reading, Reading]:
    """Read two texts in one language: that of the one whose language is sure."""
    readings = read(one), read(other)
    languages = {reading.language for reading in readings}
    if len(languages) == 1 or any(reading.is_english for reading in readings):
        return readings
    foreign = next(language for language in LANGUAGES[1:] if language in languages)
    return read(one, foreign), read(other, foreign)


@lru_cache(maxsize=256)
def read(text: str, language: Language | None = None) -> Reading:
    """Read a text of any language; None: tell the language by its words."""
    folded = fold(text)
    found = tokens(folded)
    language = language or _language([token.text for token in found], _is_latin(folded))
    found = settled(found, language)
    words = tuple([token.text for token in found])
    kinds = _kinds(found, language)
    stems = _stems(found, kinds, language)
    is_english = language is ENGLISH and _is_surely_english(words)
    return Reading(
        words=words,
        stems=stems,
        content=_content(words, kinds, stems),
        all_stems=frozenset([*map(canonical, words), *stems.values()]),
        numbers=_of(words, kinds, "number"),
        negations=_of(words, kinds, "negation") + tuple(UNSPACED_NEGATION.findall(folded)),
        scopes=_of(words, kinds, "scope"),
        questions=tuple([word for word in words if word in language.questions]),
        exact=frozenset([token.text for token in found if token.exact]),
        names=frozenset([stems[place] for place in stems if found[place].name]),
        language=language,
        is_english=is_english,
        is_ordered=language is not ENGLISH or not (is_english or _is_latin(folded)),
    )


def content_words(text: str) -> list[str]:
    """Return what identifies each word of a text that carries meaning, numbers included."""
    return list(read(text).stems.values())


def _is_latin(folded: str) -> bool:
    """Tell whether all letters are those of English."""
    return folded.isascii() or all(char.isascii() or not char.isalpha() for char in folded)


def _language(words: Sequence[str], is_latin: bool) -> Language:
    """Guess by the words that every text of a language has; English where in doubt."""
    if is_latin and _is_surely_english(words):
        return ENGLISH
    counts = dict.fromkeys(LANGUAGES, 0)
    for word in words:
        for language in speakers(word):
            counts[language] += 1
    best = max(
        LANGUAGES,
        key=lambda language: (counts[language], (language is ENGLISH) == is_latin),
    )
    is_sure = counts[best] > is_latin and counts[best] >= _FOREIGN_SHARE * len(words)
    return best if is_sure else ENGLISH


def _is_surely_english(words: Sequence[str]) -> bool:
    common = [word for word in words if word in ENGLISH.common]
    is_shared = len(common) == 1 and len(speakers(common[0])) > 1
    return len(common) >= _ENGLISH_SHARE * len(words) and not is_shared


def _kinds(found: Sequence[Token], language: Language) -> list[Kind]:
    kinds: list[Kind] = [
        "number"
        if token.number
        else "content"
        if token.exact
        else language.kinds.get(token.text, "content")
        for token in found
    ]
    for place, token in enumerate(found[1:], start=1):
        if token.text == "second" and kinds[place - 1] == "number":
            kinds[place] = "content"  # a unit
    return kinds


def _stems(found: Sequence[Token], kinds: Sequence[Kind], language: Language) -> dict[int, str]:
    """In English a negation is looked at by itself: `isn't it`, `is it not`."""
    left_out = ("ignored", "negation") if language is ENGLISH else ("ignored",)
    return {
        place: canonical(token.text)
        if language is ENGLISH and kinds[place] == "content" and not token.exact
        else token.text
        for place, token in enumerate(found)
        if kinds[place] not in left_out
    }


def _content(
    words: Sequence[str], kinds: Sequence[Kind], stems: Mapping[int, str]
) -> dict[str, str]:
    content: dict[str, str] = {}
    for place, stem in stems.items():
        if kinds[place] == "content":
            content.setdefault(stem, words[place])
    return content


def _of(words: Sequence[str], kinds: Sequence[Kind], wanted: Kind) -> tuple[str, ...]:
    return tuple([word for word, kind in zip(words, kinds, strict=True) if kind == wanted])
