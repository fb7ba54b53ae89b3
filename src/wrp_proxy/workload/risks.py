"""Secrets and personal data that seem to be in a prompt: a warning, not a proof.

Patterns are of bounded length and tried only where the outline of a text says so: time is linear
in the text, and the text is bounded.
"""

import re

from wrp_proxy.signals import Signal
from wrp_proxy.workload.base import Findings
from wrp_proxy.workload.outlines import ascii_of, places_of
from wrp_proxy.workload.personal_numbers import kinds_of_numbers
from wrp_proxy.workload.prompt import Prompt
from wrp_proxy.workload.secret_keys import has_secret

_MOST_PLACES = 64
_DOMAIN = re.compile(rb"(?:[A-Za-z0-9-]{1,63}\.){1,8}[A-Za-z]{2,24}(?![\w-])")


class Risks:
    """Look at the first and the last 16 kB of all messages."""

    signal: Signal = "risks"
    budget_s = 0.005

    def read(self, prompt: Prompt, known: Findings) -> Findings:
        return Findings(risks=risks_in(prompt.ends))


def risks_in(text: str) -> frozenset[str]:
    """Name the kinds: secret, email, phone, card, iban, national_id."""
    ascii_text = ascii_of(text)
    kinds = set(kinds_of_numbers(ascii_text))
    if has_secret(ascii_text):
        kinds.add("secret")
    if _has_email(ascii_text):
        kinds.add("email")
    return frozenset(kinds)


def _has_email(text: bytes) -> bool:
    return any(
        text[place - 1 : place].isalnum() and _DOMAIN.match(text, place + 1)
        for place in places_of(text, b"@", _MOST_PLACES)
        if place
    )
