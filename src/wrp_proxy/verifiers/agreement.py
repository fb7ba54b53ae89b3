"""Do others say the same?"""

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation

import msgspec

from wrp_proxy.verifiers.base import (
    NOT_APPLICABLE,
    PASSES,
    Answer,
    Question,
    Verdict,
    refused,
)

_FINAL = re.compile(
    r"(?:\\boxed\{([^{}]*)\}|####\s*(.+)|(?:answer|antwort|réponse|respuesta|risposta)"
    r"(?:\s+(?:is|ist|est|es|è))?\s*[:=]?\s*(.+))",
    re.IGNORECASE,
)
"""Where the answer stands in an answer that reasons first."""
_OPTION = re.compile(r"\(?([a-j])\)?(?:[.):].*)?", re.IGNORECASE | re.S)
_EDGES = " \t\n\r.,;:!?*_`'\"“”()[]{}$"
_DEFAULT_SHARE = 0.5
_JSON = msgspec.json.Encoder(order="deterministic")
_MAX_DIGITS = 40


class Agreement:
    """Pass what at least a share of the other answers agrees with; `threshold` is that share."""

    weight = 0.5

    def verify(self, question: Question, answer: Answer, threshold: float | None) -> Verdict:
        if not question.others:
            return NOT_APPLICABLE
        own = form_of(answer)
        share = sum(form_of(other) == own for other in question.others) / len(question.others)
        least = _DEFAULT_SHARE if threshold is None else threshold
        return PASSES if share >= least else refused("others say something else", share)


def grouped(answers: Sequence[Sequence[Answer]]) -> list[list[int]]:
    """Return the places of answers that say the same, each a list of choices.

    One without choices agrees with none.
    """
    groups: dict[tuple[str, ...], list[int]] = {}
    for place, choices in enumerate(answers):
        form = tuple(map(form_of, choices)) or (f"unread {place}", "")
        groups.setdefault(form, []).append(place)
    return list(groups.values())


def form_of(answer: Answer) -> str:
    """Return what answers have in common that say the same: JSON in one order, a final answer
    without what led to it, numbers by their value, all else without case and edges.
    """
    if answer.calls:
        calls = [[call.name, _canonical(call.arguments) or call.arguments] for call in answer.calls]
        return _JSON.encode(calls).decode()
    text = answer.text.strip()
    if text[:1] in {"{", "["} and (written := _canonical(text)):
        return written
    if finals := _FINAL.findall(text):
        text = next(part for part in (*finals[-1], text) if part)
    return _plain(text)


def _plain(text: str) -> str:
    words = " ".join(text.casefold().split()).strip(_EDGES)
    if option := _OPTION.fullmatch(words):
        return option[1]
    try:
        number = Decimal(words.replace(",", ""))
    except InvalidOperation:
        return words
    if not number.is_finite() or abs(number.adjusted()) > _MAX_DIGITS:
        return words
    return f"{number.normalize():f}"


def _canonical(text: str) -> str:
    try:
        return _JSON.encode(msgspec.json.decode(text)).decode()
    except (ValueError, RecursionError):
        return ""
