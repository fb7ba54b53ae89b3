"""The writing of a text, which gives away most languages that have one of their own."""

from bisect import bisect_right
from collections import Counter

_RANGES = (
    (0x41, 0x24F, "latin"),
    (0x370, 0x3FF, "greek"),
    (0x400, 0x52F, "cyrillic"),
    (0x531, 0x58F, "armenian"),
    (0x591, 0x5F4, "hebrew"),
    (0x600, 0x6FF, "arabic"),
    (0x900, 0x97F, "devanagari"),
    (0x980, 0x9FF, "bengali"),
    (0xA00, 0xA7F, "gurmukhi"),
    (0xA80, 0xAFF, "gujarati"),
    (0xB80, 0xBFF, "tamil"),
    (0xC00, 0xC7F, "telugu"),
    (0xC80, 0xCFF, "kannada"),
    (0xD00, 0xD7F, "malayalam"),
    (0xE00, 0xE7F, "thai"),
    (0x10A0, 0x10FF, "georgian"),
    (0x1100, 0x11FF, "hangul"),
    (0x1200, 0x137F, "ethiopic"),
    (0x1780, 0x17FF, "khmer"),
    (0x1E00, 0x1EFF, "latin"),
    (0x3041, 0x30FF, "kana"),
    (0x3400, 0x4DBF, "han"),
    (0x4E00, 0x9FFF, "han"),
    (0xAC00, 0xD7AF, "hangul"),
)
"""Unicode's blocks: first and last code point."""
_STARTS = [first for first, _, _ in _RANGES]
_WEIGHTS = {"han": 6, "kana": 4, "hangul": 4, "latin": 1}
_USUAL_WEIGHT = 2
"""A character of some stands for more; Latin ones are everywhere, in names and in programs."""


def letters_by_script(counts: Counter[str]) -> dict[str, int]:
    """Add up the letters of a text by the script that they belong to."""
    found: dict[str, int] = {}
    for char, count in counts.items():
        place = bisect_right(_STARTS, ord(char)) - 1
        if place < 0 or not char.isalpha():
            continue
        _, last, script = _RANGES[place]
        if ord(char) <= last:
            found[script] = found.get(script, 0) + count * _WEIGHTS.get(script, _USUAL_WEIGHT)
    return found
