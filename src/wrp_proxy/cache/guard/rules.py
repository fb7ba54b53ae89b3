"""What makes two questions different, one rule each: it returns why, or None."""

from collections.abc import Callable, Iterable, Set
from itertools import pairwise

from wrp_proxy.cache.guard.comparison import MOST_SPARE, Comparison, are_kin
from wrp_proxy.cache.guard.contrasts import opposites
from wrp_proxy.cache.guard.english import LOOSE_SCOPES
from wrp_proxy.cache.guard.order import is_swapped
from wrp_proxy.cache.guard.reading import Reading
from wrp_proxy.cache.guard.synonyms import canonical
from wrp_proxy.cache.guard.words import word_set

Rule = Callable[[Comparison], str | None]

_ONE = word_set("one a an ein eine un une una uno um uma een")
_OPPOSITES = opposites()
_DENYING = ("un", "in", "im", "ir", "il", "dis", "non", "mis", "de", "anti", "ab")
_PARTICLES = {"in": "in", "on": "on", "up": "on", "out": "out", "off": "off", "down": "off"}
_PARTICLE_OPPOSITES = ({"in", "out"}, {"on", "off"}, {"on", "out"}, {"in", "off"})
_PERSONS = word_set("my your his her its our their should must ought")
_INTERCHANGEABLE = frozenset({"what", "which", "how"})


def substance(compared: Comparison) -> str | None:
    """Where nothing is said but small words, all of them count; and too much may be different."""
    asked, known = compared.asked, compared.known
    if not (asked.content or known.content) and asked.words != known.words:
        return "too little to compare"
    if max(len(compared.asked_only), len(compared.known_only)) > MOST_SPARE:
        return "other words"
    return None


def numbers(compared: Comparison) -> str | None:
    asked, known = compared.asked, compared.known
    ours, theirs = _numbers(asked, known), _numbers(known, asked)
    if ours != theirs:
        return f"numbers differ: {_told(ours - theirs)} / {_told(theirs - ours)}"
    if len(ours) > 1 and _counts_swapped(_counted(asked), _counted(known)):
        return "numbers change places"
    return None


def _numbers(reading: Reading, other: Reading) -> Set[str]:
    """A one may be an article on the other side."""
    found = set(reading.numbers)
    if "1" in found and "1" not in other.numbers and not _ONE.isdisjoint(other.words):
        found.discard("1")
    return found


def _counted(reading: Reading) -> dict[str, str]:
    """Return what each number counts: the word after it."""
    stems = reading.stems
    return {
        stem: stems[place + 1]
        for place, stem in stems.items()
        if stem in reading.numbers and place + 1 in stems
    }


def _counts_swapped(ours: dict[str, str], theirs: dict[str, str]) -> bool:
    return any(
        ours[number] != theirs[number]
        and ours[number] in theirs.values()
        and theirs[number] in ours.values()
        for number in ours.keys() & theirs.keys()
    )


def negations(compared: Comparison) -> str | None:
    return "negation" if len(compared.asked.negations) != len(compared.known.negations) else None


def contraries(compared: Comparison) -> str | None:
    """Find opposites, `un-` and `-less`, and verbs whose particle turns them round."""
    asked, known = compared.asked.all_stems, compared.known.all_stems
    ours = (*compared.asked_only, *(set(map(canonical, compared.asked.scopes)) - known))
    theirs = (*compared.known_only, *(set(map(canonical, compared.known.scopes)) - asked))
    for left, other, new in ((ours, known, known - asked), (theirs, asked, asked - known)):
        for word in left:
            met = _OPPOSITES.get(word, set()) & new or _denied(word, other)
            if met:
                return f"opposites: {_said(word, compared)} / {_said(min(met), compared)}"
    return _turned(_particles(compared.asked), _particles(compared.known))


def _said(stem: str, compared: Comparison) -> str:
    """Return a word that has the stem."""
    words = (*compared.asked.words, *compared.known.words)
    return next((word for word in words if canonical(word) == stem), stem)


def _denied(word: str, others: Set[str]) -> Set[str]:
    """Find what a word denies: `unpaid` denies `paid`, `painless` denies `painful`."""
    if word.endswith("less") and len(word) > 6:
        return {other for other in others if other.startswith(word[:-4]) and other[-4:] != "less"}
    if not word.startswith(_DENYING):
        return set()
    bare = [
        canonical(word[len(prefix) :])
        for prefix in _DENYING
        if word.startswith(prefix) and len(word) > len(prefix) + 2
    ]
    return {other for other in others if any(other == one or are_kin(one, other) for one in bare)}


def _particles(reading: Reading) -> dict[str, str]:
    return {
        canonical(verb): _PARTICLES[word]
        for verb, word in pairwise(reading.words)
        if word in _PARTICLES
    }


def _turned(ours: dict[str, str], theirs: dict[str, str]) -> str | None:
    for verb in ours.keys() & theirs.keys():
        if {ours[verb], theirs[verb]} in _PARTICLE_OPPOSITES:
            return f"opposites: {verb} {ours[verb]} / {theirs[verb]}"
    return None


def scopes(compared: Comparison) -> str | None:
    ours = set(compared.asked.scopes) - set(compared.known.scopes)
    theirs = set(compared.known.scopes) - set(compared.asked.scopes)
    if (ours and theirs) or not LOOSE_SCOPES.issuperset(ours | theirs):
        return f"scope: {_told(ours)} / {_told(theirs)}"
    return None


def questions(compared: Comparison) -> str | None:
    """`What` and `how` may ask for the same thing; who, when, where and why do not."""
    ours, theirs = _asked_for(compared.asked), _asked_for(compared.known)
    if ours and theirs and ours.isdisjoint(theirs):
        return f"asks {_told(ours)} / {_told(theirs)}"
    return None


def _asked_for(reading: Reading) -> Set[str]:
    asked = reading.questions
    if asked and reading.words[-1] == "why":
        asked = asked[:-1]  # `and why?` asks for reasons beside the answer
    return {"who" if word in ("whom", "whose") else word for word in asked} - _INTERCHANGEABLE


def question_words(compared: Comparison) -> str | None:
    """Compare what is asked for first, for who wants to be strict: `can I` is not `how can I`."""
    ours, theirs = _first_question(compared.asked), _first_question(compared.known)
    return f"asks {ours} / {theirs}" if ours != theirs else None


def persons(compared: Comparison) -> str | None:
    """Compare whose it is and what one ought to do, for who wants to be strict."""
    ours, theirs = (_PERSONS.intersection(side.words) for side in (compared.asked, compared.known))
    return f"{_told(ours)} / {_told(theirs)}" if ours != theirs else None


def _first_question(reading: Reading) -> str:
    word = next(iter(reading.questions), "whether")
    return "what" if word == "which" else word


def order(compared: Comparison) -> str | None:
    return "direction swapped" if is_swapped(compared.asked, compared.known) else None


def _told(words: Iterable[str]) -> str:
    return " ".join(sorted(words)) or "none"
