"""Folds a text to what it asks: case, white space, marks that end sentences and politeness go."""

import re
import unicodedata

_MAX_CHARS = 2000
_APOSTROPHE = "\N{RIGHT SINGLE QUOTATION MARK}"
_LITERAL = re.compile(
    r"[`{}\[\]<>\\|/~^_=:;\n\t\"\N{LEFT DOUBLE QUOTATION MARK}«»]|\B'"
    r"|\d\s*[,!]|\d[^\w\s]\d|\d\s?[^\W\d_]{1,4}\b|[.!?,]\w"
)
"""What may begin code, a quotation, an address or a figure: there every sign may count."""
_ABOUT_WORDS = re.compile(
    r"\b(?:translat\w*|sa(?:y|id)\w*|mean\w*|spell\w*|words?|phrases?|sentences?|text|repl\w*"
    r"|respond\w*|answer\w*|writ\w*|th(?:is|at|ese|ose)|it|übersetz\w*|heißt|sag\w*|wort|dies\w*|das"
    r"|tradui\w*|traduc\w*|dice|dit|cela|ça)\b",
    re.IGNORECASE,
)
"""Signs that a text may be about words, such as those of politeness: nothing is taken off then."""
_GREETING = re.compile(
    r"(?:hi|hello|hey|hallo)(?: there| all| everyone)?\s*[,.!]\s*", re.IGNORECASE
)
_REQUEST = re.compile(r"(?:(?:could|can|would) you )?please,? |bitte,? ", re.IGNORECASE)
_THANKS = re.compile(
    r"\s*[,.!?]\s*(?:(?:many )?thanks(?: in advance| a lot| so much)?|thx|thank you"
    r"(?: very much| so much| in advance)?|please|bitte|(?:vielen )?dank|danke|merci|gracias|grazie"
    r"|por favor|per favore|s'il (?:vous|te) pla[iî]t)[\s.!]*",
    re.IGNORECASE,
)
_WORD = re.compile(r"[^\W_]+(?:'[^\W_]+)*|\S")
_ENDS = frozenset(
    ".!?,\N{HORIZONTAL ELLIPSIS}\N{IDEOGRAPHIC FULL STOP}\N{FULLWIDTH EXCLAMATION MARK}"
    "\N{FULLWIDTH QUESTION MARK}\N{INVERTED QUESTION MARK}\N{INVERTED EXCLAMATION MARK}"
)


def fold(text: str) -> str | None:
    """Return one form for all texts that differ in nothing that could change an answer.

    None where that cannot be told: code, quotations, addresses, figures with signs, long texts.
    Words in capitals stay so where others are not ("US" is not "us").
    """
    text = unicodedata.normalize("NFC", text.strip()).replace(_APOSTROPHE, "'")
    if len(text) > _MAX_CHARS or _LITERAL.search(text):
        return None
    words = [word for word in _WORD.findall(_plain(text)) if word not in _ENDS]
    is_shouted = not any(word.islower() for word in words)
    folded = (
        word if _is_proper(word, place) and not is_shouted else word.lower()
        for place, word in enumerate(words)
    )
    return " ".join(folded) or None


def _is_proper(word: str, place: int) -> bool:
    """Tell acronyms, and letters that stand for something, from words that begin a sentence."""
    return word.isupper() and word != "I" and (len(word) > 1 or place > 0)


def _plain(text: str) -> str:
    """Take politeness off, where marks set it apart from what is asked; never all of the text."""
    if _ABOUT_WORDS.search(text):
        return text
    for phrase in (_GREETING, _REQUEST):
        if (found := phrase.match(text)) and found.end() < len(text):
            text = text[found.end() :]
    for found in _THANKS.finditer(text):
        if found.start() and found.end() == len(text):
            return text[: found.start()]
    return text
