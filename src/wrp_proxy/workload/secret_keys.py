"""Keys, tokens and private keys of known vendors, by their beginnings."""

import re

from wrp_proxy.workload.outlines import places_of, token_outline

_WORD = "[A-Za-z0-9_-]"
_LETTER = "[A-Za-z0-9]"
_SHAPES = (
    f"sk-{_WORD}{{20,200}}",
    f"(?:sk|rk)_(?:live|test)_{_LETTER}{{16,200}}",
    f"whsec_{_LETTER}{{24,100}}",
    r"A(?:KI|SI)A[A-Z0-9]{16}\b",
    f"AIza{_WORD}{{35}}",
    rf"ya29\.{_WORD}{{20,300}}",
    f"gh[pousr]_{_LETTER}{{36}}",
    r"github_pat_[A-Za-z0-9_]{22,200}",
    f"glpat-{_WORD}{{20}}",
    r"xox[abeprs]-[A-Za-z0-9-]{10,200}",
    rf"SG\.{_WORD}{{16,64}}\.{_WORD}{{16,64}}",
    f"hf_{_LETTER}{{30,64}}",
    f"npm_{_LETTER}{{36}}",
    f"pypi-AgE{_WORD}{{40,300}}",
    "dop_v1_[a-f0-9]{64}",
    "shpat_[a-fA-F0-9]{32}",
    f"gsk_{_LETTER}{{40,80}}",
    f"xai-{_LETTER}{{60,100}}",
    f"pplx-{_LETTER}{{32,80}}",
    f"r8_{_LETTER}{{36,44}}",
    f"nvapi-{_WORD}{{40,100}}",
    "AGE-SECRET-KEY-1[A-Z0-9]{40,70}",
    rf"eyJ{_WORD}{{8,4000}}\.eyJ{_WORD}{{8,4000}}\.{_WORD}{{16,1000}}",
)
_KEY = re.compile("|".join(_SHAPES).encode())
"""Tried at the beginning of a long word only. The last is a JSON web token (RFC 7519)."""
_LONG = b"x" * 16
_MOST_PLACES = 512
_PRIVATE = re.compile(rb"-----BEGIN (?:[A-Z0-9]{1,12} ){0,3}PRIVATE KEY(?: BLOCK)?-----")
_STORAGE = re.compile(rb"AccountKey=[A-Za-z0-9+/]{60,100}")


def has_secret(ascii_text: bytes) -> bool:
    if b"PRIVATE KEY" in ascii_text and _PRIVATE.search(ascii_text):
        return True
    if b"AccountKey=" in ascii_text and _STORAGE.search(ascii_text):
        return True
    outline = token_outline(ascii_text)
    for place in places_of(outline, _LONG, _MOST_PLACES):
        is_beginning = place == 0 or outline[place - 1 : place] == b" "
        if is_beginning and _KEY.match(ascii_text, place):
            return True
    return False
