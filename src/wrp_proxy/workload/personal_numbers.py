"""Numbers of cards, accounts, telephones and persons."""

import re
from collections.abc import Callable, Iterator
from typing import NamedTuple

from wrp_proxy.workload import checksums
from wrp_proxy.workload.outlines import number_outline, places_of

_MOST_PLACES = 64
_BEFORE = rb"(?<![\w.+-])"
_BEHIND = rb"(?![\w-]|\.\d)"


class Shape(NamedTuple):
    """What a kind of number looks like."""

    kind: str
    outline: bytes
    pattern: re.Pattern[bytes]
    check: Callable[[str], bool]


def _always(_: str) -> bool:
    return True


def _shape(
    kind: str, outline: str, check: Callable[[str], bool] = _always, pattern: str = ""
) -> Shape:
    """Without a pattern, the outline says it all."""
    own = pattern or re.escape(outline).replace("0", r"\d").replace("A", "[A-Z]")
    whole = re.compile(_BEFORE + b"(?:" + own.encode() + b")" + _BEHIND)
    return Shape(kind, outline.encode(), whole, check)


_RESIDENT = r"[1-8]\d{5}(?:19|20)\d{9}[\dXx]"
_SSN = r"(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}"
_SHAPES = (
    _shape("card", "0" * 13, checksums.is_card, r"\d{13,19}"),
    _shape("card", "0000 0000 0000 0000", checksums.is_card),
    _shape("card", "0000-0000-0000-0000", checksums.is_card),
    _shape("card", "0000 000000 00000", checksums.is_card),
    _shape("card", "0000-000000-00000", checksums.is_card),
    _shape("iban", "AA00", checksums.is_iban, r"[A-Z]{2}\d{2}(?: ?[A-Z0-9]){11,30}"),
    _shape("national_id", "000-00-0000", pattern=_SSN),
    _shape("national_id", "AA 00 00 00 A", pattern=r"[A-CEGHJ-PR-TW-Z]{2}(?: \d\d){3} [A-D]"),
    _shape("national_id", "AA000000A", pattern=r"[A-CEGHJ-PR-TW-Z]{2}\d{6}[A-D]"),
    _shape("national_id", "00000000A", checksums.is_spanish_id),
    _shape("national_id", "00000000-A", checksums.is_spanish_id),
    _shape("national_id", "000.000.000-00", checksums.is_brazilian_id),
    _shape("national_id", "0" * 17, checksums.is_chinese_id, _RESIDENT),
    _shape("national_id", "AAAAAA00A00A000A"),
    _shape("phone", "000-000-0000"),
    _shape("phone", "000.000.0000"),
    _shape("phone", "000 000 0000"),
    _shape("phone", "(000) 000-0000"),
    _shape("phone", "(000)000-0000"),
    _shape("phone", "+0", pattern=r"\+[1-9]\d{0,2}(?:[ .()/-]{0,2}\d){7,13}"),
)
"""Persons of the United States, Britain, Spain, Brazil, China and Italy; elsewhere their numbers
look like any other."""


def kinds_of_numbers(ascii_text: bytes) -> Iterator[str]:
    """Name the kinds that are there, some of them twice."""
    outline = number_outline(ascii_text)
    for shape in _SHAPES:
        for place in places_of(outline, shape.outline, _MOST_PLACES):
            found = shape.pattern.match(ascii_text, place)
            if found is not None and shape.check(found.group().decode()):
                yield shape.kind
                break
