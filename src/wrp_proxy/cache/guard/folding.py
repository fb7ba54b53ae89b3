"""Text as it is compared: one form of each character, nothing that cannot be seen."""

import unicodedata
from functools import lru_cache

_STRAIGHT = str.maketrans(
    dict.fromkeys("\u2018\u2019\u02bc\u00b4", "'")
    | dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", '"')
    | dict.fromkeys("\u2010\u2011\u2013\u2014", "-")
)
_UNSEEN = {"Cf", "Co", "Cs"}
_APART = {"<super": ("^", ""), "<sub": ("_", ""), "<fraction": (" ", " ")}


def fold(text: str) -> str:
    """Return the text in compatible, composed characters, its letters still in their case.

    Raised digits stay apart from the number before them: `5²` is `5^2`, not `52`.
    """
    if text.isascii():
        return text
    straight = unicodedata.normalize("NFC", text.translate(_STRAIGHT))
    return "".join([char if char.isascii() else _plain(char) for char in straight])


@lru_cache(maxsize=4096)
def _plain(char: str) -> str:
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    if unicodedata.category(char) in _UNSEEN:
        return ""
    before, after = _APART.get(unicodedata.decomposition(char).partition(">")[0], ("", ""))
    plain = unicodedata.normalize("NFKC", char).replace("\u2044", "/")
    return f"{before}{plain}{after}"
