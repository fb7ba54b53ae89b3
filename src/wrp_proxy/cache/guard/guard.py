"""The lexical guard: the words of two questions must say the same, however near the vectors are."""

from collections.abc import Iterable

from wrp_proxy.cache.guard import rules, spare
from wrp_proxy.cache.guard.comparison import Comparison, compare
from wrp_proxy.cache.guard.figures import figures_differ
from wrp_proxy.cache.guard.reading import read_both

MAX_CHARACTERS = 4_000
_LONGEST_REASON = 120
_VOUCHED_FROM = 0.92
"""Cosine from which on a few plain words may differ: below it two questions are too far apart."""

SURE: tuple[rules.Rule, ...] = (
    rules.substance,
    rules.numbers,
    rules.negations,
    rules.contraries,
    rules.scopes,
    rules.questions,
)
"""What one of these finds makes another question, whatever else is the same."""


class LexicalGuard:
    """A Verifier that knows words, not meanings: no model, some tens of microseconds.

    Words that carry no meaning and synonyms may differ. What is left over on either side is a
    reason to refuse; with `strict` always, else unless it is little and the vectors are near.
    """

    def __init__(self, *, strict: bool = False) -> None:
        self._near: tuple[rules.Rule, ...] = (*SURE, spare.unlikely, rules.order)
        self._far: tuple[rules.Rule, ...] = (*SURE, spare.strangers, rules.order)
        if strict:
            self._near = self._far = (*self._far, rules.question_words, rules.persons)

    def refuse(self, asked: str, known: str, similarity: float) -> str | None:
        """Return why the answer to `known` is none to `asked`; None: the words allow it."""
        both = compared(asked, known)
        if both is None:
            return "too long to compare"
        if figures := figures_differ(asked, known):
            return figures
        return short(first_reason(self._near if similarity >= _VOUCHED_FROM else self._far, both))


def compared(asked: str, known: str) -> Comparison | None:
    """Read two questions and compare them; None: one of them is too long for that."""
    if max(len(asked), len(known)) > MAX_CHARACTERS:
        return None
    return compare(*read_both(asked, known))


def first_reason(tried: Iterable[rules.Rule], both: Comparison) -> str | None:
    return next((reason for rule in tried if (reason := rule(both)) is not None), None)


def short(reason: str | None) -> str | None:
    """Words of users are in a reason: leave nothing that a line of text cannot hold."""
    if reason is None:
        return None
    line = "".join([char if char.isprintable() else "?" for char in reason])
    return line if len(line) <= _LONGEST_REASON else f"{line[: _LONGEST_REASON - 3]}..."
