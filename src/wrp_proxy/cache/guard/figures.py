"""Signs around numbers that change them and are no words: points, factorials, currencies, units."""

import re

_LEADING_POINT = re.compile(r"(?<![\w.])\.\d+")
_FACTORIAL = re.compile(r"\d\s?!(?!=)")
_CURRENCY = re.compile(r"[\N{DOLLAR SIGN}€£¥₹₽₩¢]")
_UNIT = re.compile(r"\d\s?([^\W\d_]{1,4})\b")


def figures_differ(asked: str, known: str) -> str | None:
    """Return what differs in the raw texts, where case and marks are still to be seen."""
    for what, sign in (("points", _LEADING_POINT), ("factorials", _FACTORIAL)):
        if sorted(sign.findall(asked)) != sorted(sign.findall(known)):
            return f"{what} differ"
    ours, theirs = set(_CURRENCY.findall(asked)), set(_CURRENCY.findall(known))
    if ours and theirs and ours != theirs:
        return f"currencies differ: {' '.join(sorted(ours))} / {' '.join(sorted(theirs))}"
    mine, yours = sorted(_UNIT.findall(asked)), sorted(_UNIT.findall(known))
    if mine != yours and sorted(map(str.lower, mine)) == sorted(map(str.lower, yours)):
        return f"units differ: {' '.join(mine)} / {' '.join(yours)}"
    return None
