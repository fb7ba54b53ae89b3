"""The words of a text, as far as they can be told apart without a dictionary."""

import re
from functools import lru_cache
from typing import NamedTuple

from wrp_proxy.cache.guard.numbers import CURRENCIES, written

_AROUND = ".,!?;:'\"()[]`¿¡。、「」『』《》【】・"
"""Marks that may stand around a word without changing it."""
_WITHIN = re.compile(
    r"(?<!\d)[,;]|[,;](?!\d)|[!?()\[\]\"`¿¡。、「」『』《》【】・]+|\.\.+|(?<=[^\W\d_])(?:/(?=[^\W\d_])|\.(?=\d))"
)
"""Marks that end one word and begin another."""
_LONGEST_WORD = 64
"""What is longer is none: it is not taken apart, nor kept in a cache of words."""
_ENDS = (".", "!", "?", ":")
_CONTRACTIONS = {
    "won't": ("will", "not"),
    "can't": ("can", "not"),
    "cannot": ("can", "not"),
    "shan't": ("shall", "not"),
    "ain't": ("is", "not"),
    "dont": ("do", "not"),
    "doesnt": ("does", "not"),
    "didnt": ("did", "not"),
    "isnt": ("is", "not"),
    "wont": ("will", "not"),
    "cant": ("can", "not"),
    "whats": ("what", "is"),
    "hows": ("how", "is"),
    "whos": ("who", "is"),
    "im": ("i", "am"),
    "ive": ("i", "have"),
    "gonna": ("going", "to"),
    "wanna": ("want", "to"),
}
_SIGNS = {"&": "and", **CURRENCIES}
_CLITICS = frozenset({"s", "re", "ve", "ll", "d", "m"})
_UNSPACED = re.compile(
    r"[\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003fffd]"
)
"""Kana and Han: every character is taken for a word."""


class Token(NamedTuple):
    """A word in lower case, or whatever else stands between two spaces."""

    text: str
    name: bool = False
    """It is written like a name: a capital that does not begin a sentence."""
    exact: bool = False
    """It is an identifier, code, an operator of a search, a symbol: only itself is like it."""
    number: bool = False


def tokens(text: str) -> list[Token]:
    """Split a folded text into its words, in time linear in its length."""
    found: list[Token] = []
    begins = True
    for chunk in (text.lower() if text.isupper() else text).split():
        if chunk.isalpha() and chunk.isascii() and len(chunk) <= _LONGEST_WORD:
            found += _of_word(chunk, begins=begins)
            begins = False
            continue
        before = len(found)
        _add_chunk(found, chunk, begins=begins)
        begins = chunk.endswith(_ENDS) or (begins and len(found) == before)
    return found


@lru_cache(maxsize=16_384)
def _of_word(word: str, *, begins: bool) -> tuple[Token, ...]:
    if word == "US":
        return (Token("usa", name=True),)
    lower = word.casefold()
    parts = _CONTRACTIONS.get(lower)
    if parts:
        return tuple(Token(part) for part in parts)
    is_capital = word != lower and word[1:] == lower[1:]
    is_mixed = word[1:] != lower[1:]
    return (Token(lower, name=is_mixed or (is_capital and not begins)),)


def _add_chunk(found: list[Token], chunk: str, *, begins: bool) -> None:
    bare = chunk.strip(_AROUND)
    if not bare or not bare.strip("-'"):
        return
    if bare[0] == bare[-1] == "*":
        bare = bare.strip("*")
    for piece in _WITHIN.split(bare):
        if piece:
            _add_piece(found, piece.strip("'.") or piece, begins=begins)
            begins = False


def _add_piece(found: list[Token], piece: str, *, begins: bool) -> None:
    if _UNSPACED.search(piece):
        _add_unspaced(found, piece)
    elif piece.isalpha() and len(piece) <= _LONGEST_WORD:
        found += _of_word(piece, begins=begins)
    elif piece in _SIGNS:
        found.append(Token(_SIGNS[piece]))
    elif words := written(piece.casefold()):
        found.append(Token(words[0], number=not words[0].isalpha()))
        found.extend(Token(word) for word in words[1:])
    elif "'" in piece:
        _add_apostrophe(found, piece, begins=begins)
    elif parts := _parts(piece):
        for part in parts:
            _add_piece(found, part, begins=begins)
    else:
        found.append(Token(piece.casefold(), exact=True))


def _parts(piece: str) -> list[str]:
    """Take apart `gluten-free` and `U.S.`; empty: it is something else, or cannot be parted."""
    parts = piece.split("-")
    if len(parts) > 1 and all(part.isalpha() or part.isdecimal() for part in parts):
        return parts
    letters = piece.split(".")
    is_short = len(letters) > 1 and all(len(letter) == 1 and letter.isalpha() for letter in letters)
    return ["".join(letters)] if is_short else []


def _add_apostrophe(found: list[Token], piece: str, *, begins: bool) -> None:
    """Take apart what apostrophes join: `don't`, `what's`, `l'hôtel`."""
    lower = piece.casefold()
    if lower in _CONTRACTIONS:
        found.extend(Token(part) for part in _CONTRACTIONS[lower])
    elif lower.endswith("n't") and lower[:-3].isalpha():
        found.extend((Token(lower[:-3]), Token("not")))
    else:
        parts = [part for part in piece.split("'") if part]
        if len(parts) > 1 and parts[-1].casefold() in _CLITICS:
            parts.pop()
        for part in parts:
            _add_piece(found, part, begins=begins)


def _add_unspaced(found: list[Token], piece: str) -> None:
    rest = ""
    for char in piece:
        if _UNSPACED.match(char):
            if rest:
                _add_piece(found, rest, begins=True)
            rest = ""
            found.append(Token(char))
        else:
            rest += char
    if rest:
        _add_piece(found, rest, begins=True)
