"""Which texts have like lengths in tokens: told by their script and their share of digits.

A tokenizer has most words of English in its vocabulary, of other languages pieces of words, of some
scripts single characters or less, and it cuts numbers into groups of three digits at most. Prose
and programs differ less.
"""

from bisect import bisect_right
from typing import Final

_SCRIPTS: Final = ("ascii", "accented", "mixed", "wide")
_BYTES_PER_CHAR: Final = (1.004, 1.1, 2.0)
"""UTF-8 has 1 byte for a letter of English, 2 for a Cyrillic one or one with an accent, 3 for a
Chinese character."""
_WITH_BLANKS: Final = ("ascii", "accented")
_DIGIT_SHARES: Final = (0.01, 0.03, 0.08, 0.16, 0.28)
_LEAST_BLANKS: Final = 0.03
"""What has fewer is no words: base64, hashes, one line of packed data."""
_SAMPLED: Final = 512
_STEPS: Final = (1, 2, 3, 5, 7, 11, 17, 29, 47, 79, 131, 223, 373, 631, 1061, 1783, 3001, 5003)
"""One in so many characters is looked at: primes, as the columns of tables have other widths."""
_DIGITS: Final = b"0123456789"
COUNTED: Final = "counted"
"""Of what a tokenizer has counted, which may not be the upstream's."""
PRIORS: Final = {
    "ascii": 4.0,
    "accented": 3.4,
    "mixed": 3.4,
    "wide": 2.4,
    "packed": 2.0,
    COUNTED: 1.0,
}
"""Bytes per token, and tokens of the tokenizer per token of the upstream, before any is seen."""


def text_class_of(text: str, text_bytes: int) -> str:
    """Name the class of a text with so many bytes of UTF-8, by 500 to 850 of its characters.

    There are no more than thirty, whatever callers send.
    """
    chars = max(len(text), 1)
    script = _SCRIPTS[bisect_right(_BYTES_PER_CHAR, text_bytes / chars)]
    step = _STEPS[bisect_right(_STEPS, chars // _SAMPLED or 1) - 1]
    sample = text[::step].encode(errors="replace")
    size = max(len(sample), 1)
    if script in _WITH_BLANKS and sample.count(b" ") + sample.count(b"\n") < _LEAST_BLANKS * size:
        script = "packed"
    digits = len(sample) - len(sample.translate(None, _DIGITS))
    return f"{script}/{bisect_right(_DIGIT_SHARES, digits / size)}"


def prior_of(text_class: str) -> float:
    """Return bytes per token before any text of the class is seen."""
    return PRIORS.get(text_class.partition("/")[0], PRIORS["ascii"])
