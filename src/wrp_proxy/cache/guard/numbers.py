"""Numbers, however they are written: `fifty`, `50`, `£50`, `2,700`, `15k`, `twenty-five`."""

import re
from collections.abc import Sequence

from wrp_proxy.cache.guard.languages import Language
from wrp_proxy.cache.guard.words import word_map, word_set

_WRITTEN = re.compile(
    r"(?P<currency>[$£€¥₹]?)(?P<sign>[+-]?)(?P<value>\d+(?:[.,:/]\d+)*)(?P<unit>[^\W\d_]*|%|°[cf]?)"
)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_MULTIPLES = {"k": 3, "bn": 9}
_SCALES = {
    "k": 3, "thousand": 3, "lakh": 5, "lakhs": 5, "lac": 5, "million": 6, "millions": 6, "crore": 7,
    "crores": 7, "billion": 9, "billions": 9, "trillion": 12,
}  # fmt: skip
CURRENCIES = {"$": "dollar", "£": "pound", "€": "euro", "¥": "yen", "₹": "rupee"}
_UNITS = word_set(
    "g gb tb mb kb kg kgs mg ml l m cm mm km mi ft h hr hrs min mins s sec secs ms am pm mph kmh"
    " w kw kwh v mah hz mhz ghz px usd eur gbp inr rs lb lbs oz c f th st nd rd % ° °c °f year yr"
    " yrs day days month months hour hours week weeks mp p"
)
_ORDINALS = frozenset({"st", "nd", "rd", "th"})
_RANKS = word_map(
    "1=first 2=second 3=third 4=fourth 5=fifth 6=sixth 7=seventh 8=eighth 9=ninth 10=tenth"
)


def written(chunk: str) -> tuple[str, ...] | None:
    """Return the words of a number with its currency and unit; None: it is something else.

    >>> written("£2,700")
    ('2700', 'pound')
    """
    match = _WRITTEN.fullmatch(chunk)
    if match is None:
        return None
    value, unit = match["value"], match["unit"]
    if _GROUPED.fullmatch(value):
        value = value.replace(",", "")
    power = _MULTIPLES.get(unit, 6 if unit == "m" and match["currency"] else 0)
    if power:
        value, unit = scaled(value, power), ""
    if unit and unit not in _UNITS:
        return None
    if unit in _ORDINALS:
        return (_RANKS.get(value, value),)
    sign = "-" if match["sign"] == "-" else ""
    words = [sign + value]
    if match["currency"]:
        words.append(CURRENCIES[match["currency"]])
    if unit:
        words.append({"%": "percent", "°": "degree"}.get(unit, unit.lstrip("°")))
    return tuple(words)


def scaled(value: str, power: int) -> str:
    """Shift the decimal point of a written number to the right.

    >>> scaled("1.5", 6)
    '1500000'
    """
    whole, _, part = value.replace(",", ".").partition(".")
    if not (whole + part).isdecimal():
        return f"{value}e{power}"
    shifted = (whole + part[:power].ljust(power, "0")).lstrip("0") or "0"
    return f"{shifted}.{part[power:]}" if part[power:] else shifted


def scale(word: str) -> int:
    """Return the power of ten that a word multiplies the number before it by; 0: none."""
    return _SCALES.get(word, 0)


def spelled(words: Sequence[str], language: Language) -> tuple[str, int]:
    """Read the number that begins the words; return it with how many words it takes, or 0.

    >>> spelled(["twenty", "five", "cups"], ENGLISH)
    ('25', 2)
    """
    total = current = taken = 0
    for place, word in enumerate(words):
        value = language.numerals.get(word)
        if value is None:
            if word in language.number_links and taken and place == taken:
                continue
            break
        if value >= 100:
            current = max(current, 1) * value
            if value > 100:
                total, current = total + current, 0
        elif taken and (current % 100 < 20 or current % 10 or value >= 10) and current % 100:
            break
        else:
            current += value
        taken = place + 1
    return str(total + current), taken
