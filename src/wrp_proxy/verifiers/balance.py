"""Brackets of languages like C."""

import re

_SKIPPED = (
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\\."
    r"|\"(?:[^\"\\\n]|\\.){0,1000}+\"|`(?:[^`\\]|\\.)*+(?:`|\Z)"
)
"""Comments, escapes and texts, in which brackets mean nothing; bounded, for linear time."""
_CHARACTER = r"'(?:[^'\\\n]|\\[^\n]{1,9}?)'"
_TEXT = r"'(?:[^'\\\n]|\\.){0,1000}+'"
_SIGNS = {
    has_texts: re.compile(
        f"{_SKIPPED}|{_TEXT if has_texts else _CHARACTER}|[()\\[\\]{{}}]", re.DOTALL
    )
    for has_texts in (True, False)
}
_CLOSES = {")": "(", "]": "[", "}": "{"}


def is_balanced(code: str, *, has_quoted_texts: bool) -> bool:
    """Tell whether each bracket is closed by its like.

    `has_quoted_texts`: a text may stand between apostrophes, not only a single character.
    """
    still_open: list[str] = []
    for found in _SIGNS[has_quoted_texts].finditer(code):
        sign = found[0]
        if sign in _CLOSES:
            if not still_open or still_open.pop() != _CLOSES[sign]:
                return False
        elif sign in _CLOSES.values():
            still_open.append(sign)
    return not still_open
