"""Checksums of numbers that people and money go by: most of what only looks alike is sorted out."""

_IBANS = """
AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DK18 DO28
EE20 EG29 ES24 FI18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HR21 HU28 IE22 IL23 IQ23 IS26
IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 MC27 MD24 ME22 MK19 MR27 MT31 MU30 NL18
NO15 PK24 PL28 PS29 PT25 QA29 RO24 RS22 SA24 SC31 SE24 SI19 SK24 SM27 ST25 SV28 TL23 TN24
TR26 UA29 VA22 VG24 XK20
"""
"""Country and characters (ISO 13616 registry)."""
_IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in _IBANS.split()}
_CARD_PREFIXES = (
    "4",
    "51",
    "52",
    "53",
    "54",
    "55",
    "34",
    "37",
    "6011",
    "65",
    "35",
    "36",
    "38",
    "62",
)
_CARD_DIGITS = range(13, 20)
_DNI_LETTERS = "TRWAGMYFPDXBNJZSQVHLCKE"
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_RESIDENT_CHECKS = "10X98765432"


def is_card(text: str) -> bool:
    """Check issuer, length and Luhn's sum (ISO/IEC 7812-1)."""
    digits = "".join(filter(str.isdigit, text))
    is_issued = digits.startswith(_CARD_PREFIXES) or "2221" <= digits[:4] <= "2720"
    return is_issued and len(digits) in _CARD_DIGITS and _luhn(digits) % 10 == 0


def _luhn(digits: str) -> int:
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (1 + place % 2)
        total += value - 9 if value > 9 else value
    return total


def is_iban(text: str) -> bool:
    """Check length and remainder (ISO 13616); what follows the number is not looked at."""
    compact = text.replace(" ", "")
    length = _IBAN_LENGTHS.get(compact[:2])
    if length is None or len(compact) < length:
        return False
    number = compact[4:length] + compact[:4]
    return int("".join(str(int(char, 36)) for char in number)) % 97 == 1


def is_spanish_id(text: str) -> bool:
    digits, letter = text[:8], text[-1]
    return _DNI_LETTERS[int(digits) % 23] == letter


def is_brazilian_id(text: str) -> bool:
    """Check a CPF's two last digits."""
    digits = [int(char) for char in text if char.isdigit()]
    if len(set(digits)) == 1:
        return False
    for length in (9, 10):
        total = sum(digits[place] * (length + 1 - place) for place in range(length))
        if total * 10 % 11 % 10 != digits[length]:
            return False
    return True


def is_chinese_id(text: str) -> bool:
    """Check the last character (GB 11643)."""
    pairs = zip(_RESIDENT_WEIGHTS, text[:17], strict=True)
    total = sum(weight * int(digit) for weight, digit in pairs)
    return _RESIDENT_CHECKS[total % 11] == text[17].upper()
