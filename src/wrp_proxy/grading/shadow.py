"""Does another model, asked the same behind the caller's back, say the same?"""

import json
import unicodedata

from wrp_proxy.grading.base import Answer
from wrp_proxy.signals import Score

SOURCE = "shadow"
WEIGHT = 0.3
_LONGEST = 200
"""Characters: of longer texts, that they differ says nothing."""


def shadow(mine: Answer, other: Answer) -> Score | None:
    """Grade by agreement; None: the answers cannot be compared by their words."""
    agrees = _agree(mine, other)
    return None if agrees is None else Score(value=float(agrees), weight=WEIGHT, source=SOURCE)


def _agree(mine: Answer, other: Answer) -> bool | None:
    if mine.calls or other.calls:
        return _calls(mine) == _calls(other)
    one, two = _words(mine.text), _words(other.text)
    if one == two:
        return bool(one) or None
    if _is_json(mine.text) and _is_json(other.text):
        return bool(json.loads(mine.text) == json.loads(other.text))
    return False if max(len(one), len(two)) <= _LONGEST else None


def _calls(answer: Answer) -> list[tuple[str, object]]:
    """Name the calls, in any order; arguments that are no JSON stay as they are written."""
    calls = (
        (c.name, json.loads(c.arguments) if _is_json(c.arguments) else c.arguments)
        for c in answer.calls
    )
    return sorted(calls, key=lambda call: (call[0], json.dumps(call[1], sort_keys=True)))


def _is_json(text: str) -> bool:
    """Tell whether it is an object or a list, and not merely a word or a number."""
    if not text.lstrip().startswith(("{", "[")):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return False
    return True


def _words(text: str) -> str:
    """Leave out what two that agree may write differently: case, space, a last full stop."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split()).rstrip(".!。")
