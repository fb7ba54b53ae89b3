"""Outlines of a text, in which numbers and keys are found at the speed of `bytes.find`."""

import string
from collections.abc import Iterator

_SEPARATOR = ord(" ")
_TOKEN_CHARS = string.ascii_letters + string.digits + "_-."


def _table(classes: dict[str, str], rest: int | None = None) -> bytes:
    """Map each character of a class to the character that stands for it."""
    codes = bytearray(range(256)) if rest is None else bytearray([rest] * 256)
    for sign, chars in classes.items():
        for char in chars:
            codes[ord(char)] = ord(sign)
    return bytes(codes)


_NUMBERS = _table({"0": string.digits, "A": string.ascii_uppercase, "a": string.ascii_lowercase})
_TOKENS = _table({"x": _TOKEN_CHARS}, rest=_SEPARATOR)
_DIGITS = _table({"0": string.digits}, rest=_SEPARATOR)


def ascii_of(text: str) -> bytes:
    """Return one byte for each character."""
    return text.encode("ascii", "replace")


def number_outline(ascii_text: bytes) -> bytes:
    """Write 0 for a digit, A and a for letters: `SSN 078-05-1120` is `AAA 000-00-0000`."""
    return ascii_text.translate(_NUMBERS)


def token_outline(ascii_text: bytes) -> bytes:
    """Write x for all that a key may consist of, and a blank for the rest."""
    return ascii_text.translate(_TOKENS)


def groups_of_digits(text: str) -> int:
    """Count the numbers, each part of one that has a point."""
    return len(ascii_of(text).translate(_DIGITS).split())


def places_of(outline: bytes, shape: bytes, most: int) -> Iterator[int]:
    """Yield where the shape stands, without overlaps."""
    place = outline.find(shape)
    for _ in range(most):
        if place < 0:
            return
        yield place
        place = outline.find(shape, place + len(shape))
